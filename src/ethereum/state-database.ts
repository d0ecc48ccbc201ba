/** Content-addressed store of trie nodes and code; written by `seal`, never pruned (history stays readable). */
export interface StateDatabase {
  get(hash: Uint8Array): Uint8Array | undefined;
  /** Length of what `get` gives, where that takes less than to get it. */
  getLength?(hash: Uint8Array): number | undefined;
  /** What `get` gives, with so many zeros behind it in its buffer and nothing else; where that saves a copy. */
  getPadded?(hash: Uint8Array, zeros: number): Uint8Array | undefined;
  /** Durable no later than the next committed write of the block that refers to it. */
  putMany(entries: readonly (readonly [hash: Uint8Array, value: Uint8Array])[]): void | Promise<void>;
}

/** A StateDatabase that lives in memory and forgets everything with the process: for tests and one-off computations. */
export function createMemoryStateDatabase(): StateDatabase {
  // Latin-1 keeps one character a byte, the shortest string key of a hash.
  const keyOf = (hash: Uint8Array) => Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
  const entries = new Map<string, Uint8Array>();
  return {
    get: (hash) => entries.get(keyOf(hash)),
    putMany: (added) => {
      for (const [hash, value] of added) entries.set(keyOf(hash), value);
    },
  };
}

/** A copy of bytes, with so many zeros behind it in its buffer and nothing else. */
export function withPadding(bytes: Uint8Array, zeros: number): Uint8Array {
  const padded = new Uint8Array(bytes.length + zeros);
  padded.set(bytes);
  return padded.subarray(0, bytes.length);
}
