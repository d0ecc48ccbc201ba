import { withPadding } from "../ethereum/index.ts";
import type { StateDatabase } from "../ethereum/index.ts";
import type { Environment } from "./environment.ts";

/** Trie nodes and code, and what of them still has to be written. */
export interface StateStore extends StateDatabase {
  /** Puts everything not yet written; to be called within a commit. */
  stage(): void;
  /** The commit with what was staged is on the disk. */
  settle(): void;
}

// Until a block that refers to them is appended, nodes wait in memory, so that both take one transaction; blocks that are
// never appended must not fill it.
const MAXIMUM_WAITING_BYTES = 64 * 1024 * 1024;

export function createStateStore(environment: Environment): StateStore {
  const table = environment.table("state");
  const keyOf = (hash: Uint8Array) => Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
  const waiting = new Map<string, Uint8Array>();
  let waitingBytes = 0;
  let staged: readonly string[] = [];

  const store: StateStore = {
    get(hash) {
      const known = waiting.get(keyOf(hash));
      if (known !== undefined) return known;
      const stored = table.get(hash);
      return stored === undefined ? undefined : new Uint8Array(stored.buffer, stored.byteOffset, stored.length);
    },
    getPadded(hash, zeros) {
      const known = waiting.get(keyOf(hash));
      return known === undefined ? table.getPadded(hash, zeros) : withPadding(known, zeros);
    },
    getLength: (hash) => waiting.get(keyOf(hash))?.length ?? table.getLength(hash),
    putMany(entries) {
      for (const [hash, value] of entries) {
        const key = keyOf(hash);
        if (waiting.has(key)) continue;
        waiting.set(key, value);
        waitingBytes += value.length;
      }
      if (waitingBytes < MAXIMUM_WAITING_BYTES) return;
      return environment.exclusive("store state", async () => {
        await environment.commit(() => store.stage());
        store.settle();
      });
    },
    stage() {
      staged = [...waiting.keys()];
      for (const [key, value] of waiting) table.put(Buffer.from(key, "latin1"), value);
    },
    settle() {
      for (const key of staged) {
        waitingBytes -= waiting.get(key)?.length ?? 0;
        waiting.delete(key);
      }
      staged = [];
    },
  };
  return store;
}
