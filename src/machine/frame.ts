import { EMPTY_CODE } from "./code.ts";
import { EMPTY_SLICE } from "./machine.ts";
import type { FrameContext, Machine, Pending } from "./machine.ts";
import { createMemory } from "./memory.ts";
import { Phase } from "./phase.ts";

/** What makes a frame (`FrameContext.kind`): an opcode. */
export const FRAME_KIND = {
  create: 0xf0,
  call: 0xf1,
  callcode: 0xf2,
  delegatecall: 0xf4,
  create2: 0xf5,
  staticcall: 0xfa,
} as const;

const STACK_LIMBS = 8 * 1_024;

export type Exit = Extract<Pending, { readonly kind: "exit" }>;

/** How STOP and the end of the code leave a frame. */
export const EXIT_SUCCESS: Exit = { kind: "exit", status: 1, output: EMPTY_SLICE, reason: undefined };

/** A new frame becomes the running one; its first step is `EnterFrame`. Its caller, if any, is suspended as it is. */
export function beginFrame(machine: Machine, context: FrameContext, gas: number): void {
  const { depth } = context;
  const stack = (machine.stacks[depth] ??= new Uint32Array(STACK_LIMBS));
  machine.frame = {
    context,
    code: EMPTY_CODE,
    pc: 0,
    gas,
    stack,
    stackSize: 0,
    memory: createMemory(),
    returndata: EMPTY_SLICE,
  };
  machine.phase = Phase.EnterFrame;
}

/** The running frame ends: its next step is `ExitFrame`. */
export function exitWith(machine: Machine, exit: Exit): void {
  machine.pending = exit;
  machine.phase = Phase.ExitFrame;
}
