import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Registry } from "prom-client";
import { createSenderRecovery } from "../../src/ethereum/index.ts";
import type { StateDatabase } from "../../src/ethereum/index.ts";
import { createInboxReader } from "../../src/l1/index.ts";
import type { BlobSource } from "../../src/l1/index.ts";
import { createChain, createFollower } from "../../src/node/index.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { createExecutionEngine } from "../../src/reference/index.ts";
import { genesisBlock, headerHash } from "../../src/rollup/index.ts";
import type { Block, RollupConfig } from "../../src/rollup/index.ts";
import { openNodeDatabase } from "../../src/storage/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import { createSimulatedL1, readerConfig } from "../../test/l1/simulated-l1.ts";
import type { SimulatedL1 } from "../../test/l1/simulated-l1.ts";
import { simulatedRollupConfig } from "../../test/l1/simulated-rollup-config.ts";

export interface FollowedChainOptions {
  /** Wei at genesis. */
  readonly balances: Readonly<Record<Address, bigint>>;
  /** Codes at genesis. */
  readonly codes: Readonly<Record<Address, Uint8Array>>;
  /** Writes the state that everything measured stands on, and gives its root. */
  readonly writeState: (database: StateDatabase, genesisRoot: Hash) => Promise<Hash>;
  /** Gas per second of L2 time; default 1,000,000,000. */
  readonly gasPerSecond?: bigint;
  /** Stands between the reader and the blobs of L1; default: they are taken as they are. */
  readonly wrapBlobs?: (blobs: BlobSource) => BlobSource;
}

/** A follower of a simulated L1, all of whose parts are a node's own, on a chain whose block 1 nobody has executed. */
export interface FollowedChain {
  readonly l1: SimulatedL1;
  readonly config: RollupConfig;
  readonly folder: string;
  readonly database: NodeDatabase;
  latest(): Block;
  block(number: number): Block;
  /** Reads L1 to its head without deriving anything. */
  read(): Promise<void>;
  /** Derives, executes and stores all batches that were read. */
  follow(): Promise<void>;
  /** Bytes of the node's folder. */
  size(): number;
  close(): Promise<void>;
}

export async function openFollowedChain(options: FollowedChainOptions): Promise<FollowedChain> {
  const folder = mkdtempSync(join(tmpdir(), "onestep-worst-case-"));
  const instruments = { logger: pino({ level: "silent" }), metrics: new Registry() };
  const { genesis, ...rest } = simulatedRollupConfig(options.balances, options.gasPerSecond);
  for (const [address, code] of Object.entries(options.codes))
    genesis.alloc[address as Address] = { nonce: 1, code: bytesToHex(code) };
  const config = readerConfig({ ...rest, genesis, genesisHash: genesisBlock(genesis).hash });
  const { chainId } = genesis;

  const database = await openNodeDatabase({ folder, genesisHash: config.genesisHash }, instruments);
  const { chain: store, inbox } = database;
  const engine = createExecutionEngine({ engine: "machine", chainId, state: store.state }, instruments);
  const l1 = createSimulatedL1();
  const reader = createInboxReader(
    {
      config,
      client: l1.client,
      inbox,
      blobs: options.wrapBlobs?.(l1.blobs) ?? l1.blobs,
      finality: { kind: "confirmations", depth: 3 },
    },
    instruments,
  );

  // Block 1 is what an empty batch 0 became.
  await createChain({ config, engine, store, inbox }, instruments);
  l1.mine({ kind: "force-include" });
  await reader.syncOnce();
  const parent = store.getBlock(0);
  if (parent === undefined) throw new Error("expected the genesis block to be stored");
  const stateRoot = await options.writeState(store.state, parent.header.stateRoot);
  const header = { ...parent.header, number: 1, parentHash: parent.hash, stateRoot };
  const first: Block = { ...parent, hash: headerHash(header), header };
  await store.appendBlock(first);
  await store.putDerivedBatch({
    batch: 0,
    lastBlock: 1,
    lastBlockHash: first.hash,
    nextMessage: 0,
    outboxRoot: header.outboxRoot,
  });

  // Opened again, as after a restart: the state is on the disk.
  const chain = await createChain({ config, engine, store, inbox }, instruments);
  const recovery = createSenderRecovery({ chainId }, instruments);
  const follower = createFollower({ chain, reader, recovery }, instruments);
  return {
    l1,
    config,
    folder,
    database,
    latest: chain.latest,
    block: (number) => {
      const block = store.getBlock(number);
      if (block === undefined) throw new Error(`expected block ${number} to be stored`);
      return block;
    },
    read: () => reader.syncOnce().then(() => undefined),
    follow: () => follower.syncOnce().then(() => undefined),
    size: () => {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    },
    close: async () => {
      await recovery.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
