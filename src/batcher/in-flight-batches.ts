import type { RecordStore } from "../storage/index.ts";
import type { InFlightBatch } from "./types.ts";

/** The batches on their way to L1, on disk and in memory as they are there. */
export interface InFlightBatches {
  /** In the order of their blocks. */
  all(): readonly InFlightBatch[];
  /** Records a batch under the next sequence number. */
  add(batch: Omit<InFlightBatch, "sequence" | "purpose">): Promise<InFlightBatch>;
  remove(batch: InFlightBatch): Promise<void>;
}

const PREFIX = "batch/";
const batchKey = (sequence: number): string => `${PREFIX}${String(sequence).padStart(15, "0")}`;
const SEQUENCE_KEY = "next-sequence";

export function openInFlightBatches(records: RecordStore): InFlightBatches {
  let batches: readonly InFlightBatch[] = [...records.entries<InFlightBatch>(PREFIX)].map(([, batch]) => batch);
  return {
    all: () => batches,
    async add(fields) {
      const sequence = Math.max(records.get<number>(SEQUENCE_KEY) ?? 0, (batches.at(-1)?.sequence ?? -1) + 1);
      const batch = { sequence, purpose: `batch/${sequence}`, ...fields };
      await records.write([
        [SEQUENCE_KEY, sequence + 1],
        [batchKey(sequence), batch],
      ]);
      batches = [...batches, batch];
      return batch;
    },
    async remove(batch) {
      await records.delete(batchKey(batch.sequence));
      batches = batches.filter((other) => other !== batch);
    },
  };
}
