import type { L1TransactionTrouble } from "./status.ts";

/** What this process met with a transaction that is not mined. It is not on disk: a new process finds it out again. */
export interface Progress {
  readonly trouble: L1TransactionTrouble | undefined;
  /** Milliseconds of the wall clock; undefined if it is to be broadcast by the next step. */
  readonly broadcastAt: number | undefined;
  /** Whether the last broadcast was refused for too low fees. */
  readonly underpriced: boolean;
}

const NONE: Progress = { trouble: undefined, broadcastAt: undefined, underpriced: false };

/** Progress by nonce. */
export interface ProgressTable {
  get(nonce: number): Progress;
  set(nonce: number, changes: Partial<Progress>): void;
  delete(nonce: number): void;
}

export function createProgressTable(): ProgressTable {
  const table = new Map<number, Progress>();
  const get = (nonce: number): Progress => table.get(nonce) ?? NONE;
  return {
    get,
    set: (nonce, changes) => void table.set(nonce, { ...get(nonce), ...changes }),
    delete: (nonce) => void table.delete(nonce),
  };
}
