import type { BlockProgress, ExitStatus } from "../machine.ts";
import { Phase, isBoundary } from "../phase.ts";

/**
 * The committed structs that steps open (docs/machine.md §6–§10) besides those that go without saying: the machine and the
 * pending operation always.
 */
export const Opens = {
  Frame: 1,
  FrameContext: 2,
  Transaction: 4,
  BlockContext: 8,
  Bloom: 16,
  ParentFrame: 32,
  SavedJournal: 64,
  BlockBloom: 128,
} as const;

const { Frame, FrameContext, Transaction, BlockContext, Bloom, ParentFrame, SavedJournal, BlockBloom } = Opens;

/** Exits that restore the journal. */
const HALT: ExitStatus = 0;
const REVERT: ExitStatus = 2;
const SKIPPED: BlockProgress["outcome"] = 2;

const BY_PHASE: Readonly<Partial<Record<Phase, number>>> = {
  // Without a chain.
  [Phase.Transaction]: BlockContext,
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
  [Phase.EndTransaction]: Transaction | BlockContext | Bloom | BlockBloom,
  [Phase.OpenBlock]: BlockContext,
  [Phase.Mint]: Transaction | BlockContext,
  [Phase.Refund]: Transaction,
  [Phase.CreditFees]: BlockContext,
  [Phase.SealBlock]: BlockContext | BlockBloom,
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

/** What is known of a step before it is taken. */
export interface ComingStep {
  /** At the begin of a unit of a chain, that of the step it begins with (`underway`). */
  readonly phase: Phase;
  /** Of the instruction; in `Execute` it tells what is opened. */
  readonly opcode: number;
  /** Of the pending `exit`, if there is one. */
  readonly exitStatus: ExitStatus | undefined;
}

/** What else of a step tells what it opens, when it is taken. */
export interface StepOutcome {
  readonly phase: Phase;
  /** Whether a frame runs. */
  readonly hasFrame: boolean;
  readonly blockOutcome: BlockProgress["outcome"];
}

/** Which of `Opens` a step opens, as a sum. */
export function opensOf(step: ComingStep, outcome: StepOutcome): number {
  let opens = BY_PHASE[step.phase] ?? 0;
  if (step.phase === Phase.Execute) opens |= BY_OPCODE[step.opcode] as number;
  if (step.phase === Phase.ExitFrame && outcome.phase !== Phase.DepositCode) {
    opens |= ParentFrame;
    if (!outcome.hasFrame) opens |= Transaction;
    if (step.exitStatus === HALT || step.exitStatus === REVERT) opens |= SavedJournal;
  }
  if (isDecoding(step.phase) && isBoundary(outcome.phase) && outcome.blockOutcome === SKIPPED) opens |= BlockContext;
  return opens;
}

/** Whether a step of this phase may skip a transaction. */
function isDecoding(phase: Phase): boolean {
  return phase >= Phase.CountTransaction && phase <= Phase.Validate;
}
