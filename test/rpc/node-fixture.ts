import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonRpcProvider, Wallet, keccak256 as ethersKeccak, toUtf8Bytes } from "ethers";
import pino from "pino";
import { Registry } from "prom-client";
import { createPublicClient, createWalletClient, defineChain, http } from "viem";
import type { Hex as ViemHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createChain } from "../../src/node/index.ts";
import type { SyncStatus, TransactionPool } from "../../src/node/index.ts";
import { toAddress, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { createGenesis, genesisBlock, hashMessage, loadPredeployCode } from "../../src/rollup/index.ts";
import type { Block, ContextMessage, DepositMessage, InboxMessage, RollupConfig } from "../../src/rollup/index.ts";
import { createRpcServer } from "../../src/rpc/index.ts";
import type { RpcServerOptions } from "../../src/rpc/index.ts";
import { createMempool, createPoolState, createSequencer } from "../../src/sequencer/index.ts";
import { openNodeDatabase } from "../../src/storage/index.ts";
import type { L1BlockReference } from "../../src/storage/index.ts";
import { createTestEngine, readerEngine } from "../engine.ts";
import { L1_BRIDGES } from "../predeploys.ts";

export const CHAIN_ID = 4242;
export const ETHER = 10n ** 18n;
export const GWEI = 10n ** 9n;
export const GENESIS_TIMESTAMP = 1_700_000_000;

export function privateKey(name: string): ViemHex {
  return ethersKeccak(toUtf8Bytes(name)) as ViemHex;
}

const FUNDED = ["alice", "bob", "carol", "dave", "erin", "frank"] as const;
export type Name = (typeof FUNDED)[number];

/**
 * A sequencing node without L1: real engine, real storage in a folder of its own, real mempool and sequencer, an Inbox the
 * test fills, and the RPC server on a free port.
 */
export async function startNode(
  options: { readonly rpc?: Partial<RpcServerOptions>; readonly sequencing?: boolean } = {},
) {
  const genesis = createGenesis({
    gasPerSecond: 1_000_000_000n,
    chainId: CHAIN_ID,
    timestamp: GENESIS_TIMESTAMP,
    feeRecipient: ZERO_ADDRESS,
    l1Bridges: L1_BRIDGES,
    predeployCode: await loadPredeployCode(),
    balances: Object.fromEntries(
      FUNDED.map((name) => [toAddress(new Wallet(privateKey(name)).address), 1_000n * ETHER]),
    ),
  });
  const contract: Address = `0x${"11".repeat(20)}`;
  const config: RollupConfig = {
    l1ChainId: 1,
    l1StartBlock: 0,
    contracts: {
      rollup: contract,
      inbox: contract,
      stateCommitmentChain: contract,
      challengeGame: contract,
      portal: contract,
      prover: contract,
    },
    parameters: {
      operator: contract,
      forceInclusionDelay: 43_200,
      selfSequencingDelay: 3_600,
      contextInterval: 60,
      depositGasCapacity: 60_000_000n,
      depositGasPerSecond: 1_250_000n,
      challengePeriod: 3_600,
      minimumResponseTime: 10,
      claimBond: ETHER,
      unitBond: ETHER,
      claimTraceHeight: 32,
      unitTraceHeight: 25,
    },
    genesis,
    genesisHash: genesisBlock(genesis).hash,
  };
  const folder = await mkdtemp(join(tmpdir(), "onestep-rpc-"));
  const metrics = new Registry();
  const instruments = { logger: pino({ level: process.env["TEST_LOG"] ?? "silent" }), metrics };
  const database = await openNodeDatabase({ folder, genesisHash: config.genesisHash }, instruments);
  const engine = createTestEngine({ chainId: CHAIN_ID, state: database.chain.state }, instruments);
  const chain = await createChain({ config, engine, store: database.chain, inbox: database.inbox }, instruments);
  const mempool = await createMempool(
    { chainId: CHAIN_ID, state: createPoolState(chain), journal: database.records("mempool") },
    instruments,
  );
  const sequencer = createSequencer(
    {
      chain,
      mempool,
      mode: { kind: "on-demand" },
      messageConfirmations: 0,
      l1Timestamp: () => Math.floor(Date.now() / 1_000),
    },
    instruments,
  );
  if (options.sequencing ?? true) sequencer.start();
  let l1Lag = 0;
  const syncStatus = (): SyncStatus => {
    const synced = database.inbox.getSyncedBlock();
    return {
      l1Head: synced === undefined ? undefined : { ...synced, number: synced.number + l1Lag },
      l1Synced: synced,
      batchCount: database.inbox.batchCount(),
      derivedBatchCount: database.chain.derivedBatchCount(),
      underivedSince: database.inbox.getBatchRecord(database.chain.derivedBatchCount())?.number,
      messageCount: database.inbox.messageCount(),
      ...database.chain.getHeads(),
    };
  };
  const pool: TransactionPool = mempool;
  const server = createRpcServer(
    {
      chain,
      readers: { folder, ...readerEngine() },
      pool,
      syncStatus,
      port: 0,
      records: database.records("rpc"),
      ...options.rpc,
    },
    instruments,
  );
  const { url, webSocketUrl, port } = await server.start();

  const l1Block = (number: number): L1BlockReference => ({
    number,
    hash: `0x${number.toString(16).padStart(64, "1")}`,
  });

  return {
    folder,
    chain,
    config,
    database,
    mempool,
    sequencer,
    server,
    instruments,
    url,
    webSocketUrl,
    port,
    setL1Lag: (blocks: number) => void (l1Lag = blocks),
    /** Puts messages into the Inbox, in an L1 block after those known. */
    async receive(messages: readonly InboxMessage[]): Promise<void> {
      const block = l1Block((database.inbox.getSyncedBlock()?.number ?? 0) + 1);
      await database.inbox.append(
        messages.map((message) => ({ kind: "message" as const, message, block, transactionHash: ZERO_HASH })),
        block,
      );
    },
    /** A batch on L1 that holds all blocks so far, already derived. */
    async postBatch(): Promise<void> {
      const block = l1Block((database.inbox.getSyncedBlock()?.number ?? 0) + 1);
      const latest = chain.latest();
      const index = database.inbox.batchCount();
      const batch = {
        index,
        kind: "calldata" as const,
        dataHash: ZERO_HASH,
        messagesUpTo: latest.nextMessage,
        number: block.number,
        timestamp: GENESIS_TIMESTAMP,
        payload: new Uint8Array(),
      };
      await database.inbox.append([{ kind: "batch", batch, block, transactionHash: ZERO_HASH }], block);
      await chain.exclusive((writer) =>
        writer.putDerivedBatch({
          batch: index,
          lastBlock: latest.header.number,
          lastBlockHash: latest.hash,
          nextMessage: latest.nextMessage,
          outboxRoot: latest.header.outboxRoot,
        }),
      );
    },
    /** Resolves with the first block that satisfies the condition, from now on. */
    nextBlock: (condition: (block: Block) => boolean = () => true) =>
      new Promise<Block>((resolve) => {
        const listener = (block: Block): void => {
          if (!condition(block)) return;
          chain.events.off("block", listener);
          resolve(block);
        };
        chain.events.on("block", listener);
      }),
    async close(): Promise<void> {
      await server.stop();
      await sequencer.stop();
      await mempool.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type TestNode = Awaited<ReturnType<typeof startNode>>;

export function deposit(index: number, fields: Partial<DepositMessage> = {}): DepositMessage {
  const sender = fields.sender ?? `0x${"aa".repeat(20)}`;
  const message: Omit<DepositMessage, "hash"> = {
    kind: "deposit",
    index,
    enqueuedAt: GENESIS_TIMESTAMP,
    sender,
    to: `0x${"de".repeat(20)}`,
    mint: ETHER,
    value: 1n,
    gasLimit: 100_000n,
    refundTo: sender,
    data: new Uint8Array(),
    ...fields,
  };
  return { ...message, hash: hashMessage(message) };
}

export function context(index: number, fields: Partial<ContextMessage> = {}): ContextMessage {
  const message: Omit<ContextMessage, "hash"> = {
    kind: "context",
    index,
    enqueuedAt: GENESIS_TIMESTAMP,
    number: 100,
    timestamp: GENESIS_TIMESTAMP,
    baseFee: 20n * GWEI,
    blobBaseFee: GWEI,
    parentHash: `0x${"77".repeat(32)}`,
    ...fields,
  };
  return { ...message, hash: hashMessage(message) };
}

/** An ethers wallet with its library's defaults. */
export function ethersWallet(
  node: TestNode,
  name: string,
): { readonly provider: JsonRpcProvider; readonly wallet: Wallet } {
  const provider = new JsonRpcProvider(node.url, CHAIN_ID, {
    staticNetwork: true,
    pollingInterval: 20,
    cacheTimeout: -1,
  });
  return { provider, wallet: new Wallet(privateKey(name), provider) };
}

/** viem clients with their library's defaults. */
export function viemClients(node: TestNode, name: string) {
  const chain = defineChain({
    id: CHAIN_ID,
    name: "Onestep",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [node.url] } },
  });
  const account = privateKeyToAccount(privateKey(name));
  const shared = { chain, transport: http(node.url, { retryCount: 0 }), pollingInterval: 20, cacheTime: 0 };
  return { account, chain, reader: createPublicClient(shared), wallet: createWalletClient({ ...shared, account }) };
}

export interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: string | number | null;
  readonly result?: never;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** One JSON-RPC call over HTTP, as plain as can be. */
export async function ask(node: Pick<TestNode, "url">, method: string, ...params: unknown[]): Promise<RpcAnswer> {
  const response = await fetch(node.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as RpcAnswer;
}

/** The result of a call that must succeed. */
export async function result<T>(node: Pick<TestNode, "url">, method: string, ...params: unknown[]): Promise<T> {
  const answer = await ask(node, method, ...params);
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
  return answer.result as T;
}

/** Resolves when `condition` holds, asked after each turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

export type { Hash, Hex };
