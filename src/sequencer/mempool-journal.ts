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

/** Changes that come while others are being written go to disk together, so that none waits for more than two writes. */
export function createMempoolJournal(records: RecordStore): MempoolJournal {
  let gathered = new Map<string, JournalRecord | undefined>();
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  function writeGathered(): Promise<void> {
    const changes = gathered;
    gathered = new Map();
    next = undefined;
    const write = records.write(changes);
    last = write.catch(() => undefined);
    return write;
  }

  function change(hash: Hash, record: JournalRecord | undefined): Promise<void> {
    gathered.set(PREFIX + hash, record);
    next ??= last.then(writeGathered);
    return next;
  }

  return {
    put: change,
    async delete(hashes) {
      await Promise.all(hashes.map((hash) => change(hash, undefined)));
    },
    *entries() {
      for (const [key, record] of records.entries<JournalRecord>(PREFIX)) {
        yield [key.slice(PREFIX.length) as Hash, record];
      }
    },
    async flushed() {
      await next?.catch(() => undefined);
      await last;
    },
  };
}
