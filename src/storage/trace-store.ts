import { concatBytes, keccak256 } from "../primitives/index.ts";
import { traceProgressCodec, tracedBatchCodec } from "./codec.ts";
import type { TraceProgress } from "./codec.ts";
import { numberKey, textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { TraceStore, TracedBatch } from "./types.ts";

const PROGRESS_KEY = textKey("traces");

const HASH_SIZE = 32;

/** Hashes of one record: with what LMDB adds, 32 KiB take nine pages, an eighth more than the hashes themselves. */
const CHUNK_UNITS = 1024;

/** A trace store, with the part of a rewind that other stores perform in their transaction. */
export interface TraceTables extends TraceStore {
  /** Within `exclusive`: prepares forgetting the traces of batches from `index` on; the result performs it in a commit. */
  prepareRewind(index: number): () => void;
}

/** The tables of traces. The two counts are those of the chain store and of the Inbox store. */
export function createTraceTables(
  environment: Environment,
  {
    derivedBatchCount,
    getRewindCount,
  }: { readonly derivedBatchCount: () => number; readonly getRewindCount: () => number },
): TraceTables {
  const meta = environment.table("meta");
  const batches = environment.table("trace-batches");
  const units = environment.table("trace-units");

  const progress = (): TraceProgress => {
    const record = meta.get(PROGRESS_KEY);
    return record === undefined ? { batchCount: 0, unitCount: 0 } : traceProgressCodec.decode(record);
  };
  const putProgress = (value: TraceProgress) => meta.put(PROGRESS_KEY, traceProgressCodec.encode(value));
  const getBatch = (index: number): TracedBatch | undefined => {
    if (!Number.isSafeInteger(index) || index < 0) return undefined;
    const record = batches.get(numberKey(index));
    return record === undefined ? undefined : tracedBatchCodec.decode(record);
  };
  /** The first `count` hashes of a chunk. */
  const readChunk = (chunk: number, count: number): Uint8Array => {
    const record = units.get(numberKey(chunk));
    if (record === undefined || record.length < count * HASH_SIZE) {
      throw new Error(`corrupt database: unit ${chunk * CHUNK_UNITS + count - 1} of the traces is missing`);
    }
    return record.subarray(0, count * HASH_SIZE);
  };

  return {
    batchCount: () => progress().batchCount,
    unitCount: () => progress().unitCount,
    getBatch,
    readUnits(first, count) {
      const { unitCount } = progress();
      if (first < 0 || count < 0 || first + count > unitCount) {
        throw new RangeError(`expected units below ${unitCount}, got ${count} from ${first} on`);
      }
      const hashes = new Uint8Array(count * HASH_SIZE);
      for (let done = 0; done < count;) {
        const at = (first + done) % CHUNK_UNITS;
        const part = Math.min(count - done, CHUNK_UNITS - at);
        const chunk = readChunk(Math.floor((first + done) / CHUNK_UNITS), at + part);
        hashes.set(chunk.subarray(at * HASH_SIZE), done * HASH_SIZE);
        done += part;
      }
      return hashes;
    },

    appendBatches: (added, rewindCount) =>
      environment.exclusive("append traces", async () => {
        const before = progress();
        if (rewindCount !== getRewindCount()) {
          throw new Error(`batch ${before.batchCount} was read before L1 took back blocks`);
        }
        let { batchCount, unitCount } = before;
        const records: TracedBatch[] = [];
        for (const { batch, hashes } of added) {
          if (batch !== batchCount) throw new Error(`expected the trace of batch ${batchCount}, got that of ${batch}`);
          if (batch >= derivedBatchCount()) throw new Error(`batch ${batch} is not derived`);
          if (hashes.length === 0 || hashes.length % HASH_SIZE !== 0) {
            throw new RangeError(`expected the hashes of the units of batch ${batch}, got ${hashes.length} bytes`);
          }
          const count = hashes.length / HASH_SIZE;
          records.push({ firstUnit: unitCount, unitCount: count, checksum: keccak256(hashes) });
          unitCount += count;
          batchCount++;
        }
        if (records.length === 0) return;
        const firstChunk = Math.floor(before.unitCount / CHUNK_UNITS);
        const kept = before.unitCount % CHUNK_UNITS;
        const content = concatBytes([
          ...(kept === 0 ? [] : [readChunk(firstChunk, kept)]),
          ...added.map(({ hashes }) => hashes),
        ]);
        await environment.commit(() => {
          records.forEach((record, index) =>
            batches.put(numberKey(before.batchCount + index), tracedBatchCodec.encode(record)),
          );
          for (let at = 0; at < content.length; at += CHUNK_UNITS * HASH_SIZE) {
            const chunk = firstChunk + at / (CHUNK_UNITS * HASH_SIZE);
            units.put(numberKey(chunk), content.subarray(at, at + CHUNK_UNITS * HASH_SIZE));
          }
          putProgress({ batchCount, unitCount });
        });
      }),

    prepareRewind(index) {
      const { batchCount, unitCount } = progress();
      if (index >= batchCount) return () => undefined;
      const kept = getBatch(index)?.firstUnit;
      if (kept === undefined) throw new Error(`corrupt database: the trace of batch ${index} is missing`);
      return () => {
        for (let removed = index; removed < batchCount; removed++) batches.remove(numberKey(removed));
        // What remains beyond the last unit in its chunk is written over by the next append.
        const keptChunks = Math.ceil(kept / CHUNK_UNITS);
        for (let chunk = keptChunks; chunk < Math.ceil(unitCount / CHUNK_UNITS); chunk++)
          units.remove(numberKey(chunk));
        putProgress({ batchCount: index, unitCount: kept });
      };
    },
  };
}
