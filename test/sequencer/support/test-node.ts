import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Registry } from "prom-client";
import { createChain } from "../../../src/node/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import { createGenesis, genesisBlock, hashMessage } from "../../../src/rollup/index.ts";
import type { ContextMessage, DepositMessage, InboxMessage, RollupConfig } from "../../../src/rollup/index.ts";
import { createMempool, createPoolState } from "../../../src/sequencer/index.ts";
import type { MempoolLimits } from "../../../src/sequencer/index.ts";
import { openNodeDatabase } from "../../../src/storage/index.ts";
import type { L1BlockReference } from "../../../src/storage/index.ts";
import { createTestEngine } from "../../engine.ts";
import { CHAIN_ID, ETHER, wallet } from "./wallets.ts";
import { IDLE_PREDEPLOYS, L1_BRIDGES } from "../../predeploys.ts";

export const GENESIS_TIME = 1_700_000_000;
export const logger = pino({ level: process.env["TEST_LOG"] ?? "silent" });

export const operator = wallet("operator");
export const FUNDED = ["alice", "bob", "carol"].map((name) => wallet(name));

export function testConfig({ forceInclusionDelay = 43_200, gasPerSecond = 1_000_000_000n } = {}): RollupConfig {
  const genesis = createGenesis({
    gasPerSecond,
    chainId: CHAIN_ID,
    timestamp: GENESIS_TIME,
    feeRecipient: ZERO_ADDRESS,
    // The engine writes the predeploys' storage itself; nobody calls them here.
    l1Bridges: L1_BRIDGES,
    predeployCode: IDLE_PREDEPLOYS,
    balances: Object.fromEntries(FUNDED.map(({ address }) => [address, 1_000n * ETHER])),
  });
  const contract: Address = `0x${"11".repeat(20)}`;
  return {
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
      operator: operator.address,
      forceInclusionDelay,
      selfSequencingDelay: 3_600,
      contextInterval: 60,
      depositGasCapacity: 60_000_000n,
      depositGasPerSecond: 1_250_000n,
      challengePeriod: 3_600,
      minimumResponseTime: 10,
      claimBond: 1n,
      unitBond: 1n,
      claimTraceHeight: 32,
      unitTraceHeight: 25,
    },
    genesis,
    genesisHash: genesisBlock(genesis).hash,
  };
}

export const l1Block = (number: number): L1BlockReference => ({
  number,
  hash: `0x${number.toString(16).padStart(64, "1")}`,
});

/** A node without L1: real engine, real storage in a folder of its own, and an Inbox the test fills. */
export async function createTestNode({
  config = testConfig(),
  folder,
}: { config?: RollupConfig; folder?: string } = {}) {
  const path = folder ?? (await mkdtemp(join(tmpdir(), "onestep-")));
  const metrics = new Registry();
  const instruments = { logger, metrics };
  const database = await openNodeDatabase({ folder: path, genesisHash: config.genesisHash }, instruments);
  const engine = createTestEngine({ chainId: CHAIN_ID, state: database.chain.state }, instruments);
  const chain = await createChain({ config, engine, store: database.chain, inbox: database.inbox }, instruments);

  return {
    chain,
    database,
    metrics,
    instruments,
    folder: path,
    mempool: (limits: Partial<MempoolLimits> = {}) =>
      createMempool(
        { chainId: CHAIN_ID, state: createPoolState(chain), journal: database.records("mempool"), limits },
        instruments,
      ),
    /** L1 blocks up to `synced` are known; `messages` stand in the first of them. */
    async receive(messages: readonly InboxMessage[], synced: number): Promise<void> {
      const block = l1Block((database.inbox.getSyncedBlock()?.number ?? 0) + 1);
      const events = messages.map((message) => ({
        kind: "message" as const,
        message,
        block,
        transactionHash: ZERO_HASH,
      }));
      await database.inbox.append(events, l1Block(synced));
    },
    async close({ keep = false }: { keep?: boolean } = {}): Promise<void> {
      await database.close();
      if (!keep) await rm(path, { recursive: true, force: true });
    },
  };
}
export type TestNode = Awaited<ReturnType<typeof createTestNode>>;

export function deposit(index: number, fields: Partial<Omit<DepositMessage, "hash">> = {}): DepositMessage {
  const sender = fields.sender ?? operator.address;
  const message: Omit<DepositMessage, "hash"> = {
    kind: "deposit",
    index,
    enqueuedAt: GENESIS_TIME,
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

export function context(index: number, fields: Partial<Omit<ContextMessage, "hash">> = {}): ContextMessage {
  const message: Omit<ContextMessage, "hash"> = {
    kind: "context",
    index,
    enqueuedAt: GENESIS_TIME,
    number: 100,
    timestamp: GENESIS_TIME,
    baseFee: 1_000_000_000n,
    blobBaseFee: 1n,
    parentHash: ZERO_HASH,
    ...fields,
  };
  return { ...message, hash: hashMessage(message) };
}
