import type { CodeLengths, InflateState, Inflater } from "./inflate.ts";
import { MAXIMUM_CONTENT_SIZE, openPayload } from "./payload.ts";

/** Where inflating a payload stopped, as somebody needed no more than so many bytes. */
interface Stop {
  /** Bytes that had come out. */
  readonly size: number;
  readonly state: InflateState;
  readonly codeLengths: CodeLengths;
}

/**
 * Inflaters of one payload, each of which stands where its own reads have brought it, though the work is done once. Batches may
 * repeat a payload for little on L1, and a stream may be long before anything comes out of it: were it inflated for each of them,
 * nobody could keep up.
 *
 * Those who read the same content ask for the same bytes in the same order, some for fewer of them. One that goes another way is
 * given an inflater of its own.
 */
export function shareInflation(payload: Uint8Array): () => Inflater {
  const shared = openPayload(payload);
  /** By the bytes that were needed. */
  const stops = new Map<number, Stop>();
  const stopOf = (inflater: Inflater): Stop => ({
    size: inflater.output().length,
    state: inflater.state(),
    codeLengths: inflater.codeLengths(),
  });
  const begin = stopOf(shared);
  /** Where `shared` stands. */
  let last = begin;

  return () => {
    let current = begin;
    let own: Inflater | undefined;

    function inflateTo(end: number): void {
      const known = stops.get(end);
      if (known !== undefined) {
        current = known;
        return;
      }
      if (current !== last) {
        own = openPayload(payload);
        own.read(0, end);
        return;
      }
      shared.read(0, end);
      last = stopOf(shared);
      stops.set(end, last);
      current = last;
    }

    return {
      payload,
      state: () => own?.state() ?? current.state,
      codeLengths: () => own?.codeLengths() ?? current.codeLengths,
      output: () => own?.output() ?? shared.output().subarray(0, current.size),
      step: () => {
        throw new Error("inflation that is shared is not taken step by step");
      },
      copy: () => {
        if (own !== undefined) return own.copy();
        const copy = openPayload(payload);
        copy.read(0, current.size);
        // Whether it has ended is known once somebody asks for more.
        if (current.state.mode === "ended" && copy.state().mode !== "ended") copy.read(0, current.size + 1);
        return copy;
      },
      read(position, length) {
        const end = position + length;
        if (end > MAXIMUM_CONTENT_SIZE) return undefined;
        if (own === undefined && end > current.size && current.state.mode !== "ended") inflateTo(end);
        if (own !== undefined) return own.read(position, length);
        return end > current.size ? undefined : shared.output().subarray(position, end);
      },
    };
  };
}
