import { createEthereumjsEngine, createSenderRecovery } from "../chain/index.ts";
import type { RollupConfig, SenderRecovery } from "../chain/index.ts";
import { createInboxReader } from "../l1/index.ts";
import type { BlobSource, InboxReader, L1Client, L1Finality } from "../l1/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { openNodeDatabase } from "../storage/index.ts";
import type { NodeDatabase } from "../storage/index.ts";
import { createChain } from "./chain.ts";
import { createFollower } from "./follower.ts";
import type { Follower } from "./follower.ts";
import type { Chain, SyncStatus } from "./types.ts";

export interface NodeOptions {
  readonly config: RollupConfig;
  /** Of the database; created if missing. */
  readonly folder: string;
  /** Of the chain `config.l1ChainId`; stays the caller's to close. */
  readonly client: L1Client;
  /** Where blobs are read from; may be made from the node's own database. */
  readonly blobs: BlobSource | ((database: NodeDatabase) => BlobSource);
  readonly finality: L1Finality;
  /** L1 blocks the node stays behind the L1 head; default 0. */
  readonly confirmations?: number;
  /** Seconds between looks at the L1 head; default 2. */
  readonly pollInterval?: number;
  /** Most L1 blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
}

/** A node that follows L1. Every other role works on its chain. */
export interface RollupNode {
  readonly database: NodeDatabase;
  readonly chain: Chain;
  readonly reader: InboxReader;
  readonly follower: Follower;
  readonly recovery: SenderRecovery;
  syncStatus(): SyncStatus;
  /** Starts reading L1 and deriving. */
  start(): void;
  /** Stops all of it and closes the database, after the block being executed. What uses the chain is to be stopped before. */
  stop(): Promise<void>;
}

/** Opens the database and puts a node together; nothing runs before `start`. @throws what `openNodeDatabase` and `createChain` throw */
export async function createNode(options: NodeOptions, instruments: Instruments): Promise<RollupNode> {
  const { config, folder, client, finality, confirmations, pollInterval, logRange } = options;
  const database = await openNodeDatabase({ folder, genesisHash: config.genesisHash }, instruments);
  let recovery: SenderRecovery | undefined;
  try {
    const { chain: store, inbox } = database;
    const { chainId } = config.genesis;
    const engine = createEthereumjsEngine({ chainId, state: store.state }, instruments);
    const chain = await createChain({ config, engine, store, inbox }, instruments);
    const blobs = typeof options.blobs === "function" ? options.blobs(database) : options.blobs;
    const reader = createInboxReader(
      {
        config,
        client,
        inbox,
        blobs,
        finality,
        ...(confirmations === undefined ? {} : { confirmations }),
        ...(pollInterval === undefined ? {} : { pollInterval }),
        ...(logRange === undefined ? {} : { logRange }),
      },
      instruments,
    );
    const opened = (recovery = createSenderRecovery({ chainId }, instruments));
    const follower = createFollower({ chain, reader, recovery }, instruments);
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      await Promise.all([reader.stop(), follower.stop()]);
      await opened.close();
      await database.close();
    };
    return {
      database,
      chain,
      reader,
      follower,
      recovery,
      syncStatus: follower.status,
      start() {
        reader.start();
        follower.start();
      },
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await recovery?.close();
    await database.close();
    throw error;
  }
}
