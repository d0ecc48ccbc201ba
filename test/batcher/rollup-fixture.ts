import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createWalletClient,
  custom,
  decodeFunctionData,
  encodeDeployData,
  encodeFunctionData,
  parseEventLogs,
} from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { blobsToPayload } from "../../src/batch/index.ts";
import {
  createEthereumjsEngine,
  createGenesis,
  genesisBlock,
  hashMessage,
  loadPredeployCode,
  stateHash,
} from "../../src/chain/index.ts";
import type { Block, InboxMessage, RollupConfig } from "../../src/chain/index.ts";
import { deriveBlocks } from "../../src/derivation/index.ts";
import type { Batch } from "../../src/derivation/index.ts";
import { createBlobArchive, inboxAbi, rollupAbi, rollupBytecode } from "../../src/l1/index.ts";
import type { BlobArchive } from "../../src/l1/index.ts";
import { createChain } from "../../src/node/index.ts";
import type { Chain, ChainWriter } from "../../src/node/index.ts";
import { bytesToHex, hexToBytes, loadKzg, toAddress, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { openNodeDatabase } from "../../src/storage/index.ts";
import type { InboxEvent, NodeDatabase } from "../../src/storage/index.ts";
import { addressOf, createL1Fixture, createTestInstruments, KEYS } from "../l1-transactions/l1-fixture.ts";
import type { L1Fixture } from "../l1-transactions/l1-fixture.ts";

export const OPERATOR_KEY = KEYS[0]!;
export const OTHER_KEY = KEYS[1]!;
const DEPLOYER_KEY = KEYS[2]!;
/** Has ETH on L2 from genesis on. */
const L2_KEY: Hex = `0x${"42".repeat(32)}`;
const L2_CHAIN_ID = 7357;

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** A rollup on an L1 in this process, and a node of it that only moves when a test says so. */
export interface RollupFixture {
  readonly l1: L1Fixture;
  readonly config: RollupConfig;
  readonly chain: Chain;
  readonly blobArchive: BlobArchive;
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
  /** Follows L1 to its head: reads the Inbox, undoes what L1 took back, derives. All that is derived becomes final. */
  follow(): Promise<void>;
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
    chainId: L2_CHAIN_ID,
    timestamp: await l1Timestamp(),
    feeRecipient: addressOf(OPERATOR_KEY),
    predeployCode: await loadPredeployCode(),
    balances: { [toAddress(l2Account.address)]: 10n ** 24n },
  });
  const genesisHash = genesisBlock(genesis).hash;
  const chosen: RollupConfig["parameters"] = {
    operator: addressOf(OPERATOR_KEY),
    forceInclusionDelay: 12 * HOUR,
    selfSequencingDelay: DAY,
    contextInterval: HOUR,
    challengePeriod: 7 * DAY,
    claimBond: 10n ** 18n,
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
    const hash = await deployer.sendTransaction({
      chain: null,
      gas: 16_000_000n,
      data: encodeDeployData({
        abi: rollupAbi,
        bytecode: rollupBytecode,
        args: [
          {
            operator: chosen.operator,
            forceInclusionDelay: BigInt(chosen.forceInclusionDelay),
            selfSequencingDelay: BigInt(chosen.selfSequencingDelay),
            contextInterval: BigInt(chosen.contextInterval),
            challengePeriod: BigInt(chosen.challengePeriod),
            claimBond: chosen.claimBond,
            genesisStateHash: stateHash({
              blockHash: genesisHash,
              outboxRoot: ZERO_HASH,
              batchCount: 0,
              messageCount: 0,
            }),
            challengeGame: ZERO_ADDRESS,
          },
        ],
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
      portal: toAddress(await l1.client.readContract({ ...call, functionName: "PORTAL" })),
    };
  }

  const folder = mkdtempSync(join(tmpdir(), "onestep-roles-"));
  const database = await openNodeDatabase({ folder, genesisHash }, instruments);
  const { chain: store, inbox } = database;
  const engine = createEthereumjsEngine({ chainId: L2_CHAIN_ID, state: store.state }, instruments);
  const blobArchive = createBlobArchive({ records: database.records("blobs"), kzg: await loadKzg() });
  const chain = await createChain({ config, engine, store, inbox }, instruments);
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

  async function readEvents(fromBlock: number, toBlock: number): Promise<readonly InboxEvent[]> {
    const logs = parseEventLogs({
      abi: inboxAbi,
      logs: await l1.client.getLogs({
        address: contracts.inbox,
        fromBlock: BigInt(fromBlock),
        toBlock: BigInt(toBlock),
      }),
    });
    const found: InboxEvent[] = [];
    for (const log of logs) {
      const origin = {
        block: { number: Number(log.blockNumber), hash: log.blockHash },
        transactionHash: log.transactionHash,
      };
      if (log.eventName === "BatchPosted") {
        found.push({ kind: "batch", batch: await readBatch(log.args, log.transactionHash), ...origin });
      } else if (log.eventName === "DepositEnqueued") {
        const { index, sender, to, enqueuedAt, mint, value, gasLimit, refundTo, data } = log.args;
        const body = {
          kind: "deposit",
          index: Number(index),
          enqueuedAt: Number(enqueuedAt),
          sender: toAddress(sender),
          to: toAddress(to),
          mint,
          value,
          gasLimit,
          refundTo: toAddress(refundTo),
          data: hexToBytes(data),
        } as const;
        found.push({ kind: "message", message: { ...body, hash: hashMessage(body) }, ...origin });
      } else if (log.eventName === "ContextEnqueued") {
        const { index, number, timestamp, baseFee, blobBaseFee, parentHash } = log.args;
        const body = {
          kind: "context",
          index: Number(index),
          enqueuedAt: Number(timestamp),
          number: Number(number),
          timestamp: Number(timestamp),
          baseFee,
          blobBaseFee,
          parentHash,
        } as const;
        found.push({ kind: "message", message: { ...body, hash: hashMessage(body) }, ...origin });
      }
    }
    return found;
  }

  async function readBatch(
    args: { index: bigint; kind: number; dataHash: Hash; messagesUpTo: bigint; number: bigint; timestamp: bigint },
    hash: Hash,
  ): Promise<Batch> {
    const transaction = await l1.client.getTransaction({ hash });
    const call = decodeFunctionData({ abi: inboxAbi, data: transaction.input });
    let payload: Uint8Array = new Uint8Array();
    if (args.kind === 1) {
      payload = blobsToPayload(
        (transaction.blobVersionedHashes ?? []).map((versionedHash) => blobArchive.get(versionedHash)!),
      );
    } else if (call.functionName === "postBatch") {
      payload = hexToBytes(call.args[1]);
    }
    return {
      index: Number(args.index),
      kind: args.kind === 1 ? "blobs" : "calldata",
      dataHash: args.dataHash,
      messagesUpTo: Number(args.messagesUpTo),
      number: Number(args.number),
      timestamp: Number(args.timestamp),
      payload,
    };
  }

  async function follow(): Promise<void> {
    const isOnL1 = async ({ number, hash }: { number: number; hash: Hash }) =>
      (await l1.rpc<{ hash: Hash } | null>("eth_getBlockByNumber", `0x${number.toString(16)}`, false))?.hash === hash;
    const synced = inbox.getSyncedBlock();
    if (synced !== undefined && !(await isOnL1(synced))) {
      let ancestor: { number: number; hash: Hash } | undefined;
      for (const checkpoint of inbox.getCheckpoints()) {
        if (await isOnL1(checkpoint)) {
          ancestor = checkpoint;
          break;
        }
      }
      await inbox.rewindTo(ancestor);
    }
    const head = await l1.client.getBlock();
    const from = (inbox.getSyncedBlock()?.number ?? config.l1StartBlock - 1) + 1;
    if (from <= Number(head.number)) {
      await inbox.append(await readEvents(from, Number(head.number)), { number: Number(head.number), hash: head.hash });
    }
    await chain.exclusive(async (writer) => {
      while (store.derivedBatchCount() < inbox.batchCount()) await derive(store.derivedBatchCount(), writer);
      const { safe, finalized } = store.getHeads();
      if (safe > finalized) await writer.setFinalized(safe);
    });
  }

  async function derive(index: number, writer: ChainWriter): Promise<void> {
    const previous = index === 0 ? undefined : store.getDerivedBatch(index - 1)!;
    let number = previous?.lastBlock ?? 0;
    const cursor = {
      nextBatch: index,
      nextMessage: previous?.nextMessage ?? 0,
      parentTimestamp: store.getHeader(number)!.timestamp,
    };
    const rules = { blockGasLimit: genesis.gasLimit };
    for (const input of deriveBlocks(cursor, inbox.getBatch(index)!, (message) => inbox.getMessage(message)!, rules)) {
      const derived = await writer.executeOn(store.getBlock(number)!, input);
      number++;
      if (store.getBlockHash(number) === derived.hash) continue;
      await writer.rewindTo(number - 1);
      await writer.append(derived);
    }
    const last = store.getBlock(number)!;
    await writer.putDerivedBatch({
      batch: index,
      lastBlock: number,
      lastBlockHash: last.hash,
      nextMessage: last.nextMessage,
      outboxRoot: last.header.outboxRoot,
    });
  }

  const callInbox = (data: Hex, value = 0n): Promise<Hash> =>
    deployer.sendTransaction({ chain: null, to: contracts.inbox, data, value, gas: 1_000_000n });

  return {
    l1,
    config,
    chain,
    blobArchive,
    database,
    addBlock,
    rewindTo: async (number) => void (await chain.exclusive((writer) => writer.rewindTo(number))),
    follow,
    deposit: async () => {
      await callInbox(
        encodeFunctionData({ abi: inboxAbi, functionName: "depositEther", args: [addressOf(DEPLOYER_KEY)] }),
        1000n,
      );
    },
    callInbox,
    l1Timestamp,
    close: async () => {
      await database.close();
      await l1.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
