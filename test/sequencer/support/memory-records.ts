import type { RecordStore } from "../../../src/storage/index.ts";

/** A record store that lives as long as the test; `gate` may hold writes back. */
export function memoryRecords(): RecordStore & { gate: Promise<void>; readonly keys: () => string[]; writes: number } {
  const records = new Map<string, unknown>();
  return {
    gate: Promise.resolve(),
    writes: 0,
    keys: () => [...records.keys()],
    get: <T>(key: string) => records.get(key) as T | undefined,
    async put(key, value) {
      await this.gate;
      records.set(key, structuredClone(value));
    },
    async delete(key) {
      await this.gate;
      records.delete(key);
    },
    async write(changes) {
      this.writes += 1;
      await this.gate;
      for (const [key, value] of changes) {
        if (value === undefined) records.delete(key);
        else records.set(key, structuredClone(value));
      }
    },
    *entries<T>(prefix: string) {
      for (const key of [...records.keys()].sort()) {
        if (key.startsWith(prefix)) yield [key, structuredClone(records.get(key)) as T] as const;
      }
    },
  };
}
