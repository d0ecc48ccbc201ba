import { deserialize, serialize } from "node:v8";
import { textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { RecordStore } from "./types.ts";

// LMDB keys hold at most 1,978 bytes; namespace and separator take their part.
const MAXIMUM_KEY_BYTES = 1000;
const MAXIMUM_NAMESPACE_BYTES = 100;

/** The records of one namespace. */
export function createRecordStore(environment: Environment, namespace: string): RecordStore {
  const table = environment.table("records");
  if (namespace === "" || namespace.includes("\0") || Buffer.byteLength(namespace) > MAXIMUM_NAMESPACE_BYTES) {
    throw new RangeError(
      `expected a namespace of 1 to ${MAXIMUM_NAMESPACE_BYTES} bytes without NUL, got ${JSON.stringify(namespace)}`,
    );
  }
  const prefix = textKey(`${namespace}\0`);
  const keyOf = (key: string): Buffer => {
    const length = Buffer.byteLength(key);
    if (length === 0 || length > MAXIMUM_KEY_BYTES) {
      throw new RangeError(`expected a key of 1 to ${MAXIMUM_KEY_BYTES} bytes, got ${length}: ${key.slice(0, 80)}`);
    }
    return Buffer.concat([prefix, textKey(key)]);
  };
  const write = async (changes: Iterable<readonly [key: string, value: unknown]>) => {
    // What the caller changes afterwards must not matter, so values are serialized before the queue is waited for.
    const encoded = [...changes].map(
      ([key, value]) => [keyOf(key), value === undefined ? undefined : serialize(value)] as const,
    );
    await environment.exclusive("write records", () =>
      environment.commit(() => {
        for (const [key, value] of encoded) {
          if (value === undefined) table.remove(key);
          else table.put(key, value);
        }
      }),
    );
  };
  return {
    get<T>(key: string): T | undefined {
      const value = table.get(keyOf(key));
      return value === undefined ? undefined : (deserialize(value) as T);
    },
    write,
    put: (key, value) => write([[key, value]]),
    delete: (key) => write([[key, undefined]]),
    *entries<T>(keyPrefix: string) {
      const start = Buffer.concat([prefix, textKey(keyPrefix)]);
      for (const { key, value } of table.getRange({ start })) {
        if (Buffer.compare(key.subarray(0, start.length), start) !== 0) return;
        yield [Buffer.from(key.subarray(prefix.length)).toString("utf8"), deserialize(value) as T] as const;
      }
    },
  };
}
