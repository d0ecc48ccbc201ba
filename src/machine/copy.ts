import { OFFSET_LIMIT } from "./gas.ts";
import type { Frame, Machine } from "./machine.ts";
import { copyIn } from "./memory.ts";
import { Phase } from "./phase.ts";
import type { Slice } from "./slice.ts";

/**
 * Begins to copy `length` > 0 bytes of a slice into the memory of the running frame, which is large enough: at once, or
 * when proving in `Copy` steps from the next one on (docs/machine.md §8).
 */
export function beginCopy(
  machine: Machine,
  frame: Frame,
  source: Slice,
  sourceOffset: number,
  destination: number,
  length: number,
): void {
  if (machine.isProving) {
    machine.pending = {
      kind: "copy",
      source,
      sourceOffset: Math.min(sourceOffset, OFFSET_LIMIT),
      destination,
      length,
    };
    machine.phase = Phase.Copy;
  } else {
    copyIn(frame.memory, destination, source.bytes, sourceOffset, length);
  }
}
