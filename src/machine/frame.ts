import { EMPTY_CODE } from "./code.ts";
import type { FrameContext, Machine, Pending } from "./machine.ts";
import { createMemory } from "./memory.ts";
import type { Memory } from "./memory.ts";
import { Phase } from "./phase.ts";
import { EMPTY_SLICE } from "./slice.ts";

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

/** Capacity above which a memory is not kept for the next frame of its depth, in bytes. */
const KEPT_CAPACITY = 65_536;

/**
 * A new frame becomes the running one; its first step is `EnterFrame`. Its caller, if any, is suspended as it is.
 *
 * In fast mode a callee's memory is used again by its caller's next callee. Who may still see it then? Its return data: the
 * caller's, which every call and creation empties, and that of nobody else. What the outermost frame returns is for good.
 */
export function beginFrame(machine: Machine, context: FrameContext, gas: number): void {
  const { depth } = context;
  let space = machine.stacks[depth];
  if (space === undefined || space.memory.bytes.length > KEPT_CAPACITY) {
    space = { stack: space?.stack ?? new Uint32Array(STACK_LIMBS), memory: createMemory() };
    machine.stacks[depth] = space;
  }
  const { stack, memory } = space;
  const isMemoryFree = depth > 0 && !machine.isProving;
  if (isMemoryFree) clearMemory(memory);
  machine.frame = {
    context,
    code: EMPTY_CODE,
    pc: 0,
    gas,
    stack,
    stackSize: 0,
    memory: isMemoryFree ? memory : createMemory(),
    returndata: EMPTY_SLICE,
  };
  machine.phase = Phase.EnterFrame;
}

function clearMemory(memory: Memory): void {
  memory.bytes.fill(0, 0, memory.size);
  memory.words = 0;
  memory.size = 0;
  memory.tree = undefined;
  memory.dirtyFrom = Number.MAX_SAFE_INTEGER;
  memory.dirtyTo = 0;
}

/** The running frame ends: its next step is `ExitFrame`. */
export function exitWith(machine: Machine, exit: Exit): void {
  machine.pending = exit;
  machine.phase = Phase.ExitFrame;
}
