import { FRAME_ERROR } from "../../ethereum/index.ts";
import { codeSlice } from "../code.ts";
import { beginCopy } from "../copy.ts";
import { COPY_WORD_GAS, OFFSET_LIMIT, expansionGas, wordsOf } from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { copyIn, expand, markDirty, sliceOf, tellBytes, tellSlice } from "../memory.ts";
import { Phase } from "../phase.ts";
import type { Slice } from "../slice.ts";
import { toOffset } from "../word.ts";
import { calldataOf } from "./environment.ts";

const COPY_GAS = 3;
/** Bytes that one step of the phase `Copy` moves. */
const STRIDE = 32_768;

export function calldatacopy(machine: Machine, frame: Frame): void {
  copyFrom(machine, frame, calldataOf(frame.context));
}

export function codecopy(machine: Machine, frame: Frame): void {
  copyFrom(machine, frame, codeSlice(frame.code));
}

/** RETURNDATACOPY (EIP-211): reading beyond the end halts, even of no bytes. */
export function returndatacopy(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  if (toOffset(frame.stack, top - 8) + toOffset(frame.stack, top - 16) > frame.returndata.bytes.length) {
    return halt(machine, FRAME_ERROR.returnDataOutOfBounds);
  }
  copyFrom(machine, frame, frame.returndata);
}

function copyFrom(machine: Machine, frame: Frame, source: Slice): void {
  const { stack, memory } = frame;
  const top = 8 * frame.stackSize - 8;
  const destination = toOffset(stack, top);
  const sourceOffset = toOffset(stack, top - 8);
  const length = toOffset(stack, top - 16);
  const gas = frame.gas - COPY_GAS - COPY_WORD_GAS * wordsOf(length) - expansionGas(memory, destination, length);
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas = gas;
  frame.stackSize -= 3;
  frame.pc++;
  expand(memory, destination, length);
  if (length > 0) beginCopy(machine, frame, source, sourceOffset, destination, length);
}

/** MCOPY (EIP-5656). */
export function mcopy(machine: Machine, frame: Frame): void {
  const { stack, memory } = frame;
  const top = 8 * frame.stackSize - 8;
  const destination = toOffset(stack, top);
  const sourceOffset = toOffset(stack, top - 8);
  const length = toOffset(stack, top - 16);
  const furthest = Math.max(destination, sourceOffset);
  const gas = frame.gas - COPY_GAS - COPY_WORD_GAS * wordsOf(length) - expansionGas(memory, furthest, length);
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas = gas;
  frame.stackSize -= 3;
  frame.pc++;
  if (length === 0) return;
  expand(memory, furthest, length);
  if (machine.isProving) {
    const all = sliceOf(memory, 0, memory.size);
    // The source stays as it was when the copy began. One step reads everything before it writes; more would not.
    const source = length > STRIDE ? { ...all, bytes: all.bytes.slice() } : all;
    beginCopy(machine, frame, source, sourceOffset, destination, length);
  } else {
    memory.bytes.copyWithin(destination, sourceOffset, sourceOffset + length);
    markDirty(memory, destination, length);
  }
}

/** The phase `Copy`: moves the next bytes of the pending copy, all of them at once unless proving (docs/machine.md §8). */
export function stepCopy(machine: Machine): void {
  const { frame, pending, recorder } = machine;
  if (frame === undefined || pending?.kind !== "copy") throw new Error("expected a frame and a pending copy");
  const { source, sourceOffset, destination, length } = pending;
  const part = machine.isProving ? Math.min(length, STRIDE) : length;
  if (recorder !== undefined) {
    tellSlice(recorder, source, sourceOffset, part);
    tellBytes(recorder, frame.memory.tree, destination, part);
  }
  copyIn(frame.memory, destination, source.bytes, sourceOffset, part);
  if (part === length) {
    machine.pending = undefined;
    machine.phase = Phase.Execute;
  } else {
    machine.pending = {
      kind: "copy",
      source,
      sourceOffset: Math.min(sourceOffset + part, OFFSET_LIMIT),
      destination: destination + part,
      length: length - part,
    };
  }
}
