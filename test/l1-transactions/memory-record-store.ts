import { deserialize, serialize } from "node:v8";
import type { RecordStore } from "../../src/storage/index.ts";

/** What is thrown where a test kills the process. */
export class Killed extends Error {
  constructor() {
    super("killed");
    this.name = "Killed";
  }
}

/** A record store whose disk outlives the objects that write to it, and that can kill the writer at any write. */
export interface TestDisk {
  /** A process's view of the disk. After its death every operation throws `Killed`. */
  open(kill?: { readonly atWrite: number; readonly when: "before" | "after" }): RecordStore;
  /** Writes since the last `open`. */
  writes(): number;
}

export function createTestDisk(): TestDisk {
  // Values are serialized, so a record that only works as a live object fails here.
  const disk = new Map<string, Buffer>();
  let writes = 0;
  return {
    open(kill) {
      writes = 0;
      let dead = false;
      const alive = (): void => {
        if (dead) throw new Killed();
      };
      const write = (apply: () => void): void => {
        alive();
        writes++;
        if (writes === kill?.atWrite) {
          if (kill.when === "after") apply();
          dead = true;
          throw new Killed();
        }
        apply();
      };
      return {
        get<T>(key: string): T | undefined {
          alive();
          const value = disk.get(key);
          return value === undefined ? undefined : (deserialize(value) as T);
        },
        put: async (key, value) => write(() => void disk.set(key, serialize(value))),
        delete: async (key) => write(() => void disk.delete(key)),
        write: async (changes) =>
          write(() => {
            for (const [key, value] of changes) {
              if (value === undefined) disk.delete(key);
              else disk.set(key, serialize(value));
            }
          }),
        *entries<T>(prefix: string): Generator<readonly [string, T]> {
          alive();
          for (const [key, value] of [...disk].sort(([a], [b]) => (a < b ? -1 : 1))) {
            if (key.startsWith(prefix)) yield [key, deserialize(value) as T];
          }
        },
      };
    },
    writes: () => writes,
  };
}
