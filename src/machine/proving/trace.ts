import { DIGEST_WORDS } from "../../primitives/index.ts";
import type { ProvenStep, Prover } from "./prover.ts";
import { treeOfTrace } from "./trace-tree.ts";
import type { TraceEntries, TraceTree } from "./trace-tree.ts";

/**
 * The trace of a unit (docs/machine.md §12): entry `index` is the state hash after step `index`, step 0 being `start`; `before` is
 * the boundary state the unit starts from, `length` the steps until the boundary state that ends it, `start` included. In
 * memory it takes 32 bytes a step and a quarter of a byte for nodes.
 */
export interface Trace extends TraceTree {
  /** The step to entry `index` with its witness: runs the unit again up to there. */
  prove(index: number): ProvenStep;
}

const CHUNK_HEIGHT = 16;
const CHUNK_ENTRIES = 2 ** CHUNK_HEIGHT;

/**
 * Runs a unit to its end. `begin` gives a prover of a fresh machine at the begin of the unit, the same each time it is
 * called: it is again for every witness.
 */
export function traceUnit(begin: () => Prover): Trace {
  const prover = begin();
  const before = prover.stateHash();
  const chunks: Int32Array[] = [];
  let length = 0;
  while (!prover.isDone()) {
    prover.step();
    const position = length % CHUNK_ENTRIES;
    if (position === 0) chunks.push(new Int32Array(CHUNK_ENTRIES * DIGEST_WORDS));
    prover.copyStateHash(chunks[chunks.length - 1] as Int32Array, position * DIGEST_WORDS);
    length++;
  }
  return {
    ...treeOfTrace(before, entriesOf(chunks, length)),
    prove: (index) => {
      if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`expected the index of a step, got ${index}`);
      const again = begin();
      for (let position = 0; position < index && !again.isDone(); position++) again.step();
      return again.prove();
    },
  };
}

function entriesOf(chunks: readonly Int32Array[], length: number): TraceEntries {
  return {
    length,
    read(first, count, target) {
      for (let done = 0; done < count;) {
        const index = first + done;
        const at = index % CHUNK_ENTRIES;
        const part = Math.min(count - done, CHUNK_ENTRIES - at);
        const chunk = chunks[Math.floor(index / CHUNK_ENTRIES)] as Int32Array;
        target.set(chunk.subarray(at * DIGEST_WORDS, (at + part) * DIGEST_WORDS), done * DIGEST_WORDS);
        done += part;
      }
    },
  };
}
