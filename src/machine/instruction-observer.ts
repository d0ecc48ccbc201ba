import type { Address } from "../primitives/index.ts";

/** An instruction as an observer sees it: before it runs, with the gas it is going to cost. */
export interface ObservedInstruction {
  readonly depth: number;
  readonly pc: number;
  readonly opcode: number;
  readonly opcodeName: string;
  readonly gas: bigint;
  /**
   * What the instruction costs, with what a call (but not a creation) passes on without the stipend; of an instruction that
   * halts, what its opcode costs at least.
   */
  readonly gasCost: bigint;
  readonly address: Address;
  readonly stack: readonly bigint[];
  readonly memory: Uint8Array;
  /** What RETURNDATACOPY would read. */
  readonly returnData: Uint8Array;
  /** The refund counter in gas; an SSTORE has moved it already. */
  readonly refund: bigint;
}

/** Sees the instructions of a transaction. */
export interface InstructionObserver {
  /**
   * Opcodes that `onStep` is told of; all if this is not given. What it is not told of runs much faster. An observer that
   * gives it is not told of calls that are refused.
   */
  readonly opcodes?: ReadonlySet<number>;
  /** An instruction, before it runs; the STOP behind the end of a code is one. The bytes are the observer's only until it returns. */
  onStep?(step: ObservedInstruction): void;
}
