import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWalletClient, custom, encodeDeployData, encodeFunctionData } from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createSenderRecovery } from "../../src/ethereum/index.ts";
import { createBlobArchive, createInboxReader, inboxAbi, rollupAbi, rollupBytecode } from "../../src/l1/index.ts";
import type { BlobArchive } from "../../src/l1/index.ts";
import { createChain, createFollower } from "../../src/node/index.ts";
import type { Chain } from "../../src/node/index.ts";
import { bytesToHex, hexToBytes, loadKzg, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { parametersOf } from "../../src/deployment/index.ts";
import { createGenesis, genesisBlock, loadPredeployCode } from "../../src/rollup/index.ts";
import type { Block, InboxMessage, RollupConfig } from "../../src/rollup/index.ts";
import { openNodeDatabase } from "../../src/storage/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import { createTestEngine } from "../engine.ts";
import { addressOf, createL1Fixture, createTestInstruments, KEYS } from "../l1-transactions/l1-fixture.ts";
import type { L1Fixture } from "../l1-transactions/l1-fixture.ts";
import { createInProcessTraces } from "../traces/in-process-traces.ts";
import type { InProcessTraces } from "../traces/in-process-traces.ts";
import { L1_BRIDGES } from "../predeploys.ts";

export const OPERATOR_KEY = KEYS[0]!;
export const OTHER_KEY = KEYS[1]!;
const DEPLOYER_KEY = KEYS[2]!;
/** Has ETH on L2 from genesis on. */
const L2_KEY: Hex = `0x${"42".repeat(32)}`;
const L2_CHAIN_ID = 7357;
/** Stands in for a prover: the rollup only asks whether there is code. */
const PROVER: Address = "0x000000000000000000000000000000000000901e";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** A rollup on an L1 in this process, and a node of it that only moves when a test says so. */
export interface RollupFixture {
  readonly l1: L1Fixture;
  readonly config: RollupConfig;
  readonly chain: Chain;
  readonly blobArchive: BlobArchive;
  /** Of the batches that are derived and traced: `follow` does both. */
  readonly traces: InProcessTraces;
  /** The node's database; outlives the roles, as a disk does. */
  readonly database: NodeDatabase;
  /** Builds the next L2 block: all messages known (unless told not to) and a transaction with this much data. */
  addBlock(options?: {
    readonly data?: Uint8Array;
    readonly readMessages?: boolean;
    readonly timestamp?: number;
  }): Promise<Block>;
  /** Makes `number` the latest L2 block, as the sequencer does when it has to build otherwise. */
  rewindTo(number: number): Promise<void>;
  /**
   * Follows L1 to its head: reads the Inbox, undoes what L1 took back, derives, and traces unless told not to. All that is derived
   * becomes final.
   */
  follow(options?: { readonly withTraces?: boolean }): Promise<void>;
  /** Enqueues a deposit from an account that is nobody's else. */
  deposit(): Promise<void>;
  /** Calls the Inbox from the deployer's account. */
  callInbox(data: Hex, value?: bigint): Promise<Hash>;
  l1Timestamp(): Promise<number>;
  close(): Promise<void>;
}

export async function createRollupFixture(
  parameters: Partial<RollupConfig["parameters"]> = {},
): Promise<RollupFixture> {
  const l1 = await createL1Fixture();
  const instruments = createTestInstruments();
  const l1Timestamp = async () => Number((await l1.client.getBlock()).timestamp);
  const deployer = createWalletClient({
    account: privateKeyToAccount(DEPLOYER_KEY),
    transport: custom({
      request: ({ method, params }: { method: string; params?: readonly unknown[] }) =>
        l1.rpc(method, ...(params ?? [])),
    }),
  });
  const l2Account = privateKeyToAccount(L2_KEY);

  const genesis = createGenesis({
    gasPerSecond: 1_000_000_000n,
    chainId: L2_CHAIN_ID,
    timestamp: await l1Timestamp(),
    feeRecipient: addressOf(OPERATOR_KEY),
    l1Bridges: L1_BRIDGES,
    predeployCode: await loadPredeployCode(),
    balances: { [toAddress(l2Account.address)]: 10n ** 24n },
  });
  const genesisHash = genesisBlock(genesis).hash;
  const chosen: RollupConfig["parameters"] = {
    operator: addressOf(OPERATOR_KEY),
    forceInclusionDelay: 12 * HOUR,
    selfSequencingDelay: DAY,
    contextInterval: HOUR,
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 1_250_000n,
    challengePeriod: 7 * DAY,
    minimumResponseTime: HOUR,
    claimBond: 10n ** 18n,
    unitBond: 10n ** 17n,
    claimTraceHeight: 32,
    unitTraceHeight: 25,
    ...parameters,
  };
  const contracts = await deploy();
  const config: RollupConfig = {
    l1ChainId: 31337,
    l1StartBlock: Number(await l1.client.getBlockNumber()),
    contracts,
    parameters: chosen,
    genesis,
    genesisHash,
  };

  async function deploy(): Promise<RollupConfig["contracts"]> {
    await l1.rpc("hardhat_setCode", PROVER, "0x00");
    const hash = await deployer.sendTransaction({
      chain: null,
      gas: 16_000_000n,
      data: encodeDeployData({
        abi: rollupAbi,
        bytecode: rollupBytecode,
        args: [parametersOf({ parameters: chosen, genesis, genesisHash }, PROVER)],
      }),
    });
    const { contractAddress } = await l1.client.getTransactionReceipt({ hash });
    if (contractAddress === null || contractAddress === undefined) throw new Error("the rollup was not deployed");
    const call = { address: contractAddress, abi: rollupAbi } as const;
    return {
      rollup: toAddress(contractAddress),
      inbox: toAddress(await l1.client.readContract({ ...call, functionName: "INBOX" })),
      stateCommitmentChain: toAddress(
        await l1.client.readContract({ ...call, functionName: "STATE_COMMITMENT_CHAIN" }),
      ),
      challengeGame: toAddress(await l1.client.readContract({ ...call, functionName: "CHALLENGE_GAME" })),
      portal: toAddress(await l1.client.readContract({ ...call, functionName: "PORTAL" })),
      prover: PROVER,
    };
  }

  const folder = mkdtempSync(join(tmpdir(), "onestep-roles-"));
  const database = await openNodeDatabase({ folder, genesisHash }, instruments);
  const { chain: store, inbox } = database;
  const engine = createTestEngine({ chainId: L2_CHAIN_ID, state: store.state }, instruments);
  const blobArchive = createBlobArchive({ records: database.records("blobs"), kzg: await loadKzg() });
  const chain = await createChain({ config, engine, store, inbox }, instruments);
  const traces = await createInProcessTraces(config, database);
  const { latest } = chain;

  async function addBlock({
    data,
    readMessages = true,
    timestamp,
  }: Parameters<RollupFixture["addBlock"]>[0] = {}): Promise<Block> {
    const parent = latest();
    const messages: InboxMessage[] = [];
    for (let index = parent.nextMessage; readMessages && index < inbox.messageCount(); index++)
      messages.push(inbox.getMessage(index)!);
    const account = await engine.getAccount(parent.header.stateRoot, toAddress(l2Account.address));
    const raw = await l2Account.signTransaction({
      type: "eip1559",
      chainId: L2_CHAIN_ID,
      nonce: Number(account?.nonce ?? 0n),
      to: l2Account.address,
      gas: 16_000_000n,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 1n,
      data: bytesToHex(data ?? Uint8Array.of(parent.header.number & 0xff)),
    });
    const block = await chain.exclusive(async (writer) =>
      writer.execute({
        timestamp: timestamp ?? Math.max(parent.header.timestamp, await l1Timestamp()),
        messages,
        transactions: [hexToBytes(raw)],
      }),
    );
    if (!block.transactions.some(({ kind }) => kind === "signed")) throw new Error("the L2 transaction was skipped");
    return block;
  }

  // A lower L1 head is a reorg here, never a lagging endpoint.
  const reader = createInboxReader(
    {
      config,
      client: l1.client,
      inbox,
      blobs: blobArchive,
      finality: { kind: "confirmations", depth: 0 },
      lagTolerance: 0,
    },
    instruments,
  );
  const recovery = createSenderRecovery({ chainId: L2_CHAIN_ID, workers: 1 }, instruments);
  const follower = createFollower({ chain, reader, recovery }, instruments);

  const callInbox = (data: Hex, value = 0n): Promise<Hash> =>
    deployer.sendTransaction({ chain: null, to: contracts.inbox, data, value, gas: 1_000_000n });

  return {
    l1,
    config,
    chain,
    blobArchive,
    traces,
    database,
    addBlock,
    rewindTo: async (number) => void (await chain.exclusive((writer) => writer.rewindTo(number))),
    follow: async ({ withTraces = true } = {}) => {
      await follower.syncOnce();
      if (withTraces) await traces.follow();
    },
    deposit: async () => {
      await callInbox(
        encodeFunctionData({ abi: inboxAbi, functionName: "depositEther", args: [addressOf(DEPLOYER_KEY)] }),
        1000n,
      );
    },
    callInbox,
    l1Timestamp,
    close: async () => {
      await follower.stop();
      await recovery.close();
      await database.close();
      await l1.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
