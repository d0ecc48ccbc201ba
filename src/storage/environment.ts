import { join } from "node:path";
import { open } from "lmdb";
import type { Database } from "lmdb";
import { withPadding } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";

/** One sorted table of binary keys and values. */
export interface Table extends Pick<Database<Uint8Array, Uint8Array>, "get" | "getRange" | "getKeys"> {
  /** A value with so many zeros behind it in its buffer. */
  getPadded(key: Uint8Array, zeros: number): Uint8Array | undefined;
  /** Length of a value, without a copy of it. */
  getLength(key: Uint8Array): number | undefined;
  /** Within `Environment.commit`, which tells of the outcome. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Within `Environment.commit`, which tells of the outcome. */
  remove(key: Uint8Array): void;
}

const TABLES = [
  "meta",
  "summaries",
  "bodies",
  "receipts",
  "block-numbers",
  "canonical",
  "blooms",
  "transactions",
  "derived-batches",
  "state",
  "messages",
  "message-indices",
  "batches",
  "payloads",
  "payload-batches",
  "payload-high-bytes",
  "checkpoints",
  "trace-batches",
  "trace-units",
  "records",
] as const;

/** The LMDB environment of a node: its tables, and the only way to write to them. */
export interface Environment {
  readonly table: (name: (typeof TABLES)[number]) => Table;
  /** Runs a task after all earlier ones have ended; what it reads is not changed by others before it writes. */
  exclusive<T>(operation: string, task: () => Promise<T>): Promise<T>;
  /** Performs the puts and removes of `change` in one transaction; resolves when it is on the disk. */
  commit(change: () => void): Promise<void>;
  /** Writes a compact copy of the environment to a file. */
  backup(path: string): Promise<void>;
  /** Waits for what was begun and closes the environment. */
  close(): Promise<void>;
}

/** Opens (creating if needed) the LMDB environment in a folder that is locked for this process. */
export function openEnvironment(folder: string, { metrics }: Pick<Instruments, "metrics">): Environment {
  const { root, tables } = openTables(folder, { readOnly: false });
  const { writeSeconds } = registerMetrics(metrics, "storage");
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const exclusive: Environment["exclusive"] = (operation, task) => {
    if (closed) return Promise.reject(new Error(`the database is closed: cannot ${operation}`));
    const stop = writeSeconds.startTimer({ operation });
    const result = last.then(task);
    last = result.then(
      () => stop(),
      () => stop(),
    );
    return result;
  };

  return {
    table: (name) => tables.get(name) as Table,
    exclusive,
    backup: (path) => exclusive("backup", () => root.backup(path, true)),
    async commit(change) {
      // A batch, not a transaction with callback: everything was read before, and no other thread waits for this one.
      try {
        await root.batch(change);
      } catch (error) {
        throw new Error("the database cannot be written to", { cause: await commitFailure(error) });
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await last;
      await root.close();
    },
  };
}

/** Why a write failed: LMDB gives the reason by a promise beside the error, which nobody else waits for. */
export async function commitFailure(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  const reason: unknown = await Promise.resolve(error.commitError).catch((cause: unknown) => cause);
  return reason ?? error;
}

/** The same environment on another thread of the process that has it open. Writing rejects. */
export function openEnvironmentForReading(folder: string): Environment & { refresh(): void } {
  const { root, tables } = openTables(folder, { readOnly: true });
  const refuse = () => Promise.reject(new Error("this thread only reads the database"));
  return {
    table: (name) => tables.get(name) as Table,
    exclusive: refuse,
    commit: refuse,
    backup: refuse,
    refresh: () => root.resetReadTxn(),
    close: () => root.close(),
  };
}

function openTables(folder: string, { readOnly }: { readonly readOnly: boolean }) {
  const root = open<Uint8Array, Uint8Array>({
    path: join(folder, "data.mdb"),
    encoding: "binary",
    keyEncoding: "binary",
    maxDbs: TABLES.length,
    // A commit is on the disk when it is reported.
    overlappingSync: false,
    readOnly,
  });
  const tables = new Map(
    TABLES.map((name) => [
      name,
      createTable(root.openDB<Uint8Array, Uint8Array>({ name, encoding: "binary", keyEncoding: "binary" })),
    ]),
  );
  return { root, tables };
}

function createTable(database: Database<Uint8Array, Uint8Array>): Table {
  const ignore = () => undefined;
  return {
    get: (key) => database.get(key),
    getPadded(key, zeros) {
      // Its buffer is longer, and good until the next read.
      const found = database.getBinaryFast(key);
      return found === undefined ? undefined : withPadding(found.subarray(0, found.length), zeros);
    },
    getLength: (key) => database.getBinaryFast(key)?.length,
    getRange: (options) => database.getRange(options),
    getKeys: (options) => database.getKeys(options),
    put: (key, value) => void database.put(key, value).catch(ignore),
    remove: (key) => void database.remove(key).catch(ignore),
  };
}

/** Key of a number: 8 bytes, big-endian, so that keys sort as numbers do. */
export function numberKey(number: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeUIntBE(number, 2, 6);
  return key;
}

export function numberOfKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(2, 6);
}

/** Key of a block: number, then hash, so that neighbours lie together and blocks of one height do not collide. */
export function blockKey(number: number, hash: Hash): Buffer {
  return Buffer.concat([numberKey(number), hexToBytes(hash)]);
}

export function hashKey(hash: Hash): Buffer {
  return Buffer.from(hash.slice(2), "hex");
}

export function textKey(text: string): Buffer {
  return Buffer.from(text, "utf8");
}
