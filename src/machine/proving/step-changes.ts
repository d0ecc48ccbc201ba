import type { Pending } from "../machine.ts";
import { OPCODES } from "../opcodes.ts";
import { Phase, isBoundary } from "../phase.ts";

// What of the commitment a step can have changed: all else need not be hashed again.

/** Whether the TransactionContext may differ after a step of this phase. `hasFrame`: whether a frame runs after it. */
export function changesTransaction(phase: Phase, hasFrame: boolean): boolean {
  // The outermost frame hands its gas and status to the transaction.
  if (phase === Phase.ExitFrame) return !hasFrame;
  const isBegin = phase >= Phase.CountTransaction && phase <= Phase.EnterTransaction;
  return (
    isBoundary(phase) ||
    isBegin ||
    phase === Phase.Settle ||
    phase === Phase.EndTransaction ||
    phase === Phase.ReadTransaction ||
    phase === Phase.Mint
  );
}

/** Whether the chain around the transactions may differ after a step of this phase, which led to `next`. */
export function changesChain(phase: Phase, next: Phase): boolean {
  return isBoundary(phase) || isBoundary(next) || phase >= Phase.ReadCalldata;
}

/**
 * Whether a frame that ran before a step of this phase, and still runs, may differ from the committed one. `next` and
 * `pending` are the machine's after the step.
 */
export function changesFrame(phase: Phase, next: Phase, pending: Pending | undefined): boolean {
  if (next === Phase.LoadAccount || next === Phase.LoadSlot) return false;
  // An exceptional halt leaves the frame as it was committed before.
  if (pending?.kind === "exit" && pending.status === 0) return false;
  return phase >= Phase.EnterFrame && phase <= Phase.DepositCode;
}

/** Items that an instruction takes or looks at. */
export function popsOf(opcode: number): number {
  return OPCODES[opcode]?.pops ?? 0;
}

const FIRST_DUP = 0x80;
const LAST_DUP = 0x8f;

/** Items at the bottom of a stack of `size` that a step of this phase, or its instruction, leaves as they are. */
export function unchangedItems(phase: Phase, opcode: number, size: number): number {
  if (phase !== Phase.Execute || (opcode >= FIRST_DUP && opcode <= LAST_DUP)) return size;
  return Math.max(0, size - popsOf(opcode));
}
