import type { Machine } from "./machine.ts";
import { EMPTY_SLICE } from "./machine.ts";
import { Phase } from "./phase.ts";

/** Why a frame halts exceptionally, in the words of the RPC's other engine. */
export const HALT = {
  outOfGas: "out of gas",
  stackUnderflow: "stack underflow",
  stackOverflow: "stack overflow",
  invalidOpcode: "invalid opcode",
  invalidJump: "invalid JUMP",
  outOfRange: "value out of range",
  staticStateChange: "static state change",
  initcodeTooLong: "initcode exceeds max initcode size",
} as const;

/** An exceptional halt of the running frame (docs/machine.md §8): the next step is `ExitFrame` with status 0. */
export function halt(machine: Machine, reason: string): void {
  machine.pending = { kind: "exit", status: 0, output: EMPTY_SLICE, reason };
  machine.phase = Phase.ExitFrame;
}
