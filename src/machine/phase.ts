/**
 * What the next step of a machine does (docs/machine.md §6); twin of contracts/machine/types/Phase.sol. Up to `EndBlock`:
 * boundary states, named after the unit that comes next.
 */
export const Phase = {
  Halt: 0,
  LoadBatch: 1,
  BeginBlock: 2,
  Message: 3,
  Transaction: 4,
  EndBlock: 5,
  CountTransaction: 6,
  Absorb: 7,
  DecodeHeader: 8,
  CountCalldata: 9,
  DecodeAccessList: 10,
  DecodeAuthorizations: 11,
  DecodeSignature: 12,
  RecoverSender: 13,
  Validate: 14,
  BuyGas: 15,
  Authorize: 16,
  EnterTransaction: 17,
  LoadAccount: 18,
  LoadSlot: 19,
  EnterFrame: 20,
  EnterCode: 21,
  Precompile: 22,
  Execute: 23,
  Copy: 24,
  FinishKeccak: 25,
  FinishLog: 26,
  DepositCode: 27,
  ExitFrame: 28,
  Settle: 29,
  Flush: 30,
  EndTransaction: 31,
  ReadCalldata: 32,
  ReadElement: 33,
  InflateBlockHead: 34,
  InflateStored: 35,
  InflateSymbols: 36,
  ReadBlockHead: 37,
  OpenBlock: 38,
  EnterBlock: 39,
  ReadTransaction: 40,
  Mint: 41,
  Refund: 42,
  WriteContext: 43,
  EndMessage: 44,
  CreditFees: 45,
  SealBlock: 46,
} as const;

export type Phase = (typeof Phase)[keyof typeof Phase];

/** Whether a state of this phase lies between two units. */
export function isBoundary(phase: Phase): boolean {
  return phase <= Phase.EndBlock;
}

/**
 * The phase whose step the start of a unit of a chain is (docs/machine.md §16): that phase itself, unless it is a boundary before a
 * unit that starts with a step of another phase.
 */
export function underway(phase: Phase): Phase {
  switch (phase) {
    case Phase.BeginBlock:
      return Phase.ReadBlockHead;
    case Phase.Transaction:
      return Phase.ReadTransaction;
    case Phase.EndBlock:
      return Phase.CreditFees;
    default:
      return phase;
  }
}

const NAMES = Object.keys(Phase);

/** As docs/machine.md names it. */
export function phaseName(phase: Phase): string {
  return NAMES[phase] as string;
}
