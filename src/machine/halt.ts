import type { Machine } from "./machine.ts";
import { Phase } from "./phase.ts";
import { EMPTY_SLICE } from "./slice.ts";

/** An exceptional halt of the running frame (docs/machine.md §8): the next step is `ExitFrame` with status 0. */
export function halt(machine: Machine, reason: string): void {
  machine.pending = { kind: "exit", status: 0, output: EMPTY_SLICE, reason };
  machine.phase = Phase.ExitFrame;
}
