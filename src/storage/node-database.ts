import { resolve } from "node:path";
import { bytesToHex } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import { createChainTables } from "./chain-store.ts";
import type { ChainTables } from "./chain-store.ts";
import { hashKey, numberKey, numberOfKey, openEnvironment, openEnvironmentForReading, textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { DatabaseOpenError } from "./errors.ts";
import { lockFolder } from "./folder-lock.ts";
import { createInboxStore } from "./inbox-store.ts";
import { createRecordStore } from "./record-store.ts";
import { createTraceTables } from "./trace-store.ts";
import type { InboxStore, NodeDatabase, NodeDatabaseReader, TraceStore } from "./types.ts";

/** Version of the tables and records; raised with any change that older software could not read. */
export const DATABASE_VERSION = 3;

const VERSION_KEY = textKey("version");
const GENESIS_KEY = textKey("genesis");

export interface NodeDatabaseOptions {
  /** Created if missing. */
  readonly folder: string;
  /** Hash of the only genesis block the chain may have. */
  readonly genesisHash: Hash;
}

/**
 * Opens (creating if needed) the database of one node, for this process alone.
 * @throws DatabaseOpenError if another process has it open, or it is of another rollup or format version
 */
export async function openNodeDatabase(
  options: NodeDatabaseOptions,
  { logger, metrics }: Instruments,
): Promise<NodeDatabase> {
  const folder = resolve(options.folder);
  const unlock = lockFolder(folder);
  let environment: Environment | undefined;
  try {
    environment = openEnvironment(folder, { metrics });
    await identify(environment, folder, options.genesisHash);
  } catch (error) {
    await environment?.close();
    unlock();
    throw error;
  }
  const opened = environment;
  const { chain, inbox, traces } = createStores(opened, options.genesisHash);
  const { latest, safe, finalized } = chain.getHeads();
  logger.info({ folder, latest, safe, finalized, batches: inbox.batchCount() }, "database opened");

  const close = async () => {
    await opened.close();
    unlock();
  };
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= close());
  return {
    chain: { ...chain, close: closeOnce },
    inbox,
    traces,
    records: (namespace) => createRecordStore(opened, namespace),
    backup: (path) => opened.backup(path),
    close: closeOnce,
  };
}

/** Reads, on a worker thread, the database that this process has open. It must be closed, or the thread ended, before that. */
export function openNodeDatabaseReader(options: NodeDatabaseOptions): NodeDatabaseReader {
  const environment = openEnvironmentForReading(resolve(options.folder));
  return {
    ...createStores(environment, options.genesisHash),
    refresh: () => environment.refresh(),
    close: () => environment.close(),
  };
}

/** The stores of an environment, of which those below forget what stands on what those above forget. */
function createStores(
  environment: Environment,
  genesisHash: Hash,
): { readonly chain: ChainTables; readonly inbox: InboxStore; readonly traces: TraceStore } {
  const getRewindCount = (): number => inbox.rewindCount();
  const traces = createTraceTables(environment, { derivedBatchCount: () => chain.derivedBatchCount(), getRewindCount });
  const chain: ChainTables = createChainTables(environment, { genesisHash, traces, getRewindCount });
  const inbox: InboxStore = createInboxStore(environment, chain);
  return { chain, inbox, traces };
}

/** Checks that the database is of this version and rollup; a new one becomes so. */
async function identify(environment: Environment, folder: string, genesisHash: Hash): Promise<void> {
  const meta = environment.table("meta");
  const version = meta.get(VERSION_KEY);
  const genesis = meta.get(GENESIS_KEY);
  if (version === undefined || genesis === undefined) {
    await environment.commit(() => {
      meta.put(VERSION_KEY, numberKey(DATABASE_VERSION));
      meta.put(GENESIS_KEY, hashKey(genesisHash));
    });
    return;
  }
  const actualVersion = numberOfKey(version);
  if (actualVersion !== DATABASE_VERSION) {
    throw new DatabaseOpenError({ kind: "other-version", folder, expected: DATABASE_VERSION, actual: actualVersion });
  }
  const actual = bytesToHex(genesis);
  if (actual !== genesisHash)
    throw new DatabaseOpenError({ kind: "other-genesis", folder, expected: genesisHash, actual });
}
