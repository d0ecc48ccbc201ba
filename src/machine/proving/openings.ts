import { Phase } from "../phase.ts";

/**
 * The committed structs that steps open (docs/machine.md §6–§10) besides those that go without saying: the machine and the
 * pending operation always, and what only the outcome of a step tells.
 */
export const Opens = {
  Frame: 1,
  FrameContext: 2,
  Transaction: 4,
  BlockContext: 8,
  Bloom: 16,
} as const;

const { Frame, FrameContext, Transaction, BlockContext, Bloom } = Opens;

const BY_PHASE: Readonly<Partial<Record<Phase, number>>> = {
  [Phase.CountTransaction]: Transaction,
  [Phase.DecodeHeader]: Transaction | BlockContext,
  [Phase.CountCalldata]: Transaction,
  [Phase.DecodeAccessList]: Transaction,
  [Phase.DecodeAuthorizations]: Transaction,
  [Phase.DecodeSignature]: Transaction | BlockContext,
  [Phase.RecoverSender]: Transaction,
  [Phase.Validate]: Transaction | BlockContext,
  [Phase.BuyGas]: Transaction | BlockContext,
  [Phase.Authorize]: Transaction | BlockContext,
  [Phase.EnterTransaction]: Transaction,
  [Phase.EnterFrame]: Frame | FrameContext,
  [Phase.EnterCode]: Frame | FrameContext,
  [Phase.Precompile]: Frame | FrameContext,
  [Phase.Execute]: Frame,
  [Phase.Copy]: Frame,
  [Phase.FinishKeccak]: Frame,
  [Phase.FinishLog]: Frame | FrameContext,
  [Phase.DepositCode]: Frame | FrameContext,
  [Phase.ExitFrame]: Frame | FrameContext,
  [Phase.Settle]: Transaction | BlockContext,
  [Phase.EndTransaction]: Transaction | BlockContext | Bloom,
};

/** ADDRESS, CALLER, CALLVALUE, CALLDATALOAD, CALLDATASIZE, CALLDATACOPY, SELFBALANCE, storage, calls, SELFDESTRUCT. */
const OPENS_FRAME_CONTEXT = [
  0x30, 0x33, 0x34, 0x35, 0x36, 0x37, 0x47, 0x54, 0x55, 0x5c, 0x5d, 0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa, 0xff,
];
const LOGS = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4];
/** ORIGIN, GASPRICE. */
const OPENS_TRANSACTION = [0x32, 0x3a];
/** BLOCKHASH … CHAINID, BASEFEE, BLOBBASEFEE. */
const OPENS_BLOCK_CONTEXT = [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x48, 0x4a];

const BY_OPCODE: readonly number[] = Array.from({ length: 256 }, (_, opcode) => {
  let opens = 0;
  if (OPENS_FRAME_CONTEXT.includes(opcode)) opens |= FrameContext;
  if (LOGS.includes(opcode)) opens |= FrameContext | Bloom;
  if (OPENS_TRANSACTION.includes(opcode)) opens |= Transaction;
  if (OPENS_BLOCK_CONTEXT.includes(opcode)) opens |= BlockContext;
  return opens;
});

/** What the step of a phase opens; in `Execute` the opcode tells. `isStart`: the first step of a unit. */
export function opensOf(phase: Phase, opcode: number, isStart: boolean): number {
  if (isStart) return BlockContext;
  return (BY_PHASE[phase] ?? 0) | (phase === Phase.Execute ? (BY_OPCODE[opcode] as number) : 0);
}
