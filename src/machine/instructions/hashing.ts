import { FRAME_ERROR } from "../../ethereum/index.ts";
import {
  KECCAK_RATE,
  KECCAK_STATE_SIZE,
  absorbBlocks,
  bytesToHex,
  concatBytes,
  keccak256Bytes,
  keccak256View,
  padMessage,
} from "../../primitives/index.ts";
import { KECCAK_GAS, KECCAK_WORD_GAS, expansionGas, wordsOf } from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { expand, sliceOf, tellBytes, tellSlice } from "../memory.ts";
import { Phase } from "../phase.ts";
import { fromHex, load, toOffset } from "../word.ts";

/** Bytes that are hashed within one step (docs/machine.md §7, §8). */
export const LONGEST_HASHED_AT_ONCE = 65_536;
/** Bytes that a step of the phase `Absorb` takes of a longer message. */
const STRIDE = 64 * KECCAK_RATE;

const NO_BYTES = new Uint8Array();
const NO_CONTEXT = `0x${"00".repeat(32)}` as const;

export function keccak256(machine: Machine, frame: Frame): void {
  const { stack, memory } = frame;
  const top = 8 * frame.stackSize - 8;
  const offset = toOffset(stack, top);
  const length = toOffset(stack, top - 8);
  const gas = frame.gas - KECCAK_GAS - KECCAK_WORD_GAS * wordsOf(length) - expansionGas(memory, offset, length);
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas = gas;
  frame.pc++;
  expand(memory, offset, length);
  if (machine.isProving && length > LONGEST_HASHED_AT_ONCE) {
    frame.stackSize -= 2;
    machine.pending = {
      kind: "absorb",
      resume: Phase.FinishKeccak,
      context: NO_CONTEXT,
      source: sliceOf(memory, offset, length),
      prefix: NO_BYTES,
      suffix: NO_BYTES,
      position: 0,
      sponge: undefined,
    };
    machine.phase = Phase.Absorb;
    return;
  }
  if (machine.recorder !== undefined) tellBytes(machine.recorder, memory.tree, offset, length);
  const data = length === 0 ? NO_BYTES : memory.bytes.subarray(offset, offset + length);
  load(stack, top - 8, keccak256View(data), 0);
  frame.stackSize--;
}

/** The phase `Absorb`: hashes the next part of a message, or all of a short one (docs/machine.md §7). */
export function stepAbsorb(machine: Machine): void {
  const { pending, recorder } = machine;
  if (pending?.kind !== "absorb") throw new Error("expected a pending absorb");
  const { resume, context, source, prefix, suffix, position, log } = pending;
  const message = { prefix, source: source.bytes, suffix };
  const length = prefix.length + source.bytes.length + suffix.length;
  let value: Uint8Array;
  if (!machine.isProving || (position === 0 && length <= LONGEST_HASHED_AT_ONCE)) {
    if (recorder !== undefined) tellSlice(recorder, source, 0, source.bytes.length);
    value = keccak256Bytes(prefix.length + suffix.length === 0 ? source.bytes : range(message, 0, length));
  } else {
    const isLast = length - position < STRIDE;
    const end = isLast ? length : position + STRIDE;
    if (recorder !== undefined) {
      const from = Math.max(0, position - prefix.length);
      tellSlice(recorder, source, from, Math.max(0, end - prefix.length - from));
    }
    const sponge = pending.sponge?.slice() ?? new Uint8Array(KECCAK_STATE_SIZE);
    const part = range(message, position, end);
    absorbBlocks(sponge, isLast ? padMessage(part) : part);
    if (!isLast) {
      machine.pending = { ...pending, position: end, sponge };
      return;
    }
    value = sponge.slice(0, 32);
  }
  machine.pending = { kind: "digest", value: bytesToHex(value), context, ...(log === undefined ? {} : { log }) };
  machine.phase = resume;
}

/** Bytes of `prefix ‖ source ‖ suffix` from `from` up to `to`. */
function range(
  message: { readonly prefix: Uint8Array; readonly source: Uint8Array; readonly suffix: Uint8Array },
  from: number,
  to: number,
): Uint8Array {
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const part of [message.prefix, message.source, message.suffix]) {
    const first = Math.max(0, from - begin);
    const behind = Math.min(part.length, to - begin);
    if (behind > first) parts.push(part.subarray(first, behind));
    begin += part.length;
  }
  return concatBytes(parts);
}

/** The phase `FinishKeccak`: pushes the digest of a long KECCAK256. */
export function stepFinishKeccak(machine: Machine): void {
  const { frame, pending } = machine;
  if (frame === undefined || pending?.kind !== "digest") throw new Error("expected a frame and a pending digest");
  fromHex(frame.stack, 8 * frame.stackSize, pending.value);
  frame.stackSize++;
  machine.pending = undefined;
  machine.phase = Phase.Execute;
}
