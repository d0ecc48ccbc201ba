import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";

/** An acknowledged transaction on disk. */
export interface JournalRecord {
  readonly raw: Uint8Array;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
}

/** The acknowledged transactions that no final block holds yet, on disk by transaction hash. */
export interface MempoolJournal {
  /** Resolves when the record is durable. */
  put(hash: Hash, record: JournalRecord): Promise<void>;
  delete(hashes: readonly Hash[]): Promise<void>;
  entries(): Iterable<readonly [hash: Hash, record: JournalRecord]>;
  /** Resolves when all writes asked for are done. */
  flushed(): Promise<void>;
}

const PREFIX = "transaction/";

export function createMempoolJournal(records: RecordStore): MempoolJournal {
  const writes = new Set<Promise<void>>();

  function track(write: Promise<void>): Promise<void> {
    const tracked = write.finally(() => writes.delete(tracked));
    writes.add(tracked);
    return tracked;
  }

  return {
    put: (hash, record) => track(records.put(PREFIX + hash, record)),
    delete: (hashes) => track(records.write(hashes.map((hash) => [PREFIX + hash, undefined] as const))),
    *entries() {
      for (const [key, record] of records.entries<JournalRecord>(PREFIX)) {
        yield [key.slice(PREFIX.length) as Hash, record];
      }
    },
    async flushed() {
      await Promise.allSettled(writes);
    },
  };
}
