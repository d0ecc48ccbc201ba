import {
  createPublicClient,
  custom,
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  encodeFunctionResult,
} from "viem";
import { blobsToPayload } from "../../src/batch/index.ts";
import type { Batch } from "../../src/derivation/index.ts";
import { logsBloom } from "../../src/ethereum/index.ts";
import { BlobUnavailableError, inboxAbi } from "../../src/l1/index.ts";
import type { BlobSource, L1Client } from "../../src/l1/index.ts";
import { ZERO_ADDRESS, ZERO_HASH, bytesToHex, keccak256 } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { blobsHash, calldataHash, hashMessage } from "../../src/rollup/index.ts";
import type { ContextMessage, DepositMessage, InboxMessage, RollupConfig } from "../../src/rollup/index.ts";

export const INBOX: Address = `0x${"1b".repeat(20)}`;
export const L1_START = 3;
const SENDER: Address = `0x${"5e".repeat(20)}`;
const RECIPIENT: Address = `0x${"70".repeat(20)}`;

/** What happens in an L1 block; indices, hashes and times are filled in by the L1. */
export type InboxAction =
  | { readonly kind: "deposit"; readonly deposit?: Partial<DepositMessage> }
  | { readonly kind: "context" }
  /** Reads all messages before it unless told otherwise. */
  | { readonly kind: "batch"; readonly payload: Uint8Array; readonly messagesUpTo?: number }
  | {
      readonly kind: "blob-batch";
      readonly blobs: readonly Uint8Array[];
      /** By default stand-ins, which take less time. */
      readonly versionedHashes?: readonly Hash[];
      readonly messagesUpTo?: number;
      /** How often one transaction, a contract's, posts them; default 1. */
      readonly times?: number;
    }
  /** Reads all messages before it unless told otherwise. */
  | { readonly kind: "force-include"; readonly messagesUpTo?: number }
  /** Logs of the Inbox that are no entries, which anyone can have it write for little gas. */
  | { readonly kind: "ether-forwarded"; readonly times: number };

interface SimulatedLog {
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly transactionHash: Hash;
}

interface SimulatedBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestamp: number;
  readonly logs: readonly SimulatedLog[];
  readonly logsBloom: Hex;
  readonly transactions: readonly {
    readonly hash: Hash;
    readonly input: Hex;
    readonly blobVersionedHashes?: readonly Hash[];
  }[];
  readonly messages: readonly InboxMessage[];
  readonly batches: readonly Batch[];
}

type Interceptor = (method: string, params: readonly unknown[], answer: () => unknown) => unknown;

/** An L1 with nothing but an Inbox on it, whose blocks a test makes and takes back. */
export interface SimulatedL1 {
  readonly client: L1Client;
  readonly blobs: BlobSource;
  /** Answers in the place of L1, or throws. */
  intercept(interceptor: Interceptor | undefined): void;
  /** A block with these actions in order, each in a transaction of its own. */
  mine(...actions: readonly InboxAction[]): void;
  /** Takes back the blocks above `number`. Blocks made afterwards have other hashes, and a time of their own. */
  revertTo(number: number): void;
  head(): { readonly number: number; readonly hash: Hash; readonly timestamp: number };
  /** The two lists as of the head. */
  messages(): readonly InboxMessage[];
  batches(): readonly Batch[];
  /** Answers of `eth_getLogs` with more logs than this are refused. */
  logLimit: number;
  /** Methods asked for so far. */
  readonly calls: string[];
}

export function createSimulatedL1(startTime = 1_700_000_000): SimulatedL1 {
  let blocks: SimulatedBlock[] = [];
  let fork = 0;
  let interceptor: Interceptor | undefined;
  const blobsByHash = new Map<Hash, Uint8Array>();
  const calls: string[] = [];
  const all = <T>(pick: (block: SimulatedBlock) => readonly T[]): T[] => blocks.flatMap((block) => [...pick(block)]);

  const countOf = (list: "messages" | "batches"): number => blocks.reduce((sum, block) => sum + block[list].length, 0);

  const mine = (...actions: readonly InboxAction[]): void => {
    const number = blocks.length;
    const timestamp = startTime + number * 12 + fork;
    const messages: InboxMessage[] = [];
    const batches: Batch[] = [];
    const logs: SimulatedLog[] = [];
    const transactions: { hash: Hash; input: Hex; blobVersionedHashes?: readonly Hash[] }[] = [];
    const messagesBefore = countOf("messages");
    const batchesBefore = countOf("batches");
    const messageIndex = () => messagesBefore + messages.length;
    actions.forEach((action, position) => {
      const transactionHash = keccak256(Buffer.from(`transaction ${fork} ${number} ${position}`));
      let input: Hex = "0x";
      let blobVersionedHashes: readonly Hash[] | undefined;
      if (action.kind === "deposit" || action.kind === "context") {
        const message =
          action.kind === "deposit"
            ? makeDeposit(messageIndex(), timestamp, action.deposit)
            : makeContext(messageIndex(), number, timestamp);
        messages.push(message);
        logs.push({ ...encodeMessageLog(message), transactionHash });
      } else if (action.kind === "ether-forwarded") {
        const topics = encodeEventTopics({ abi: inboxAbi, eventName: "EtherForwarded" }) as Hex[];
        const data = encodeAbiParameters([{ type: "uint256" }], [0n]);
        logs.push(...Array.from({ length: action.times }, () => ({ topics, data, transactionHash })));
      } else {
        const payload =
          action.kind === "batch"
            ? action.payload
            : action.kind === "blob-batch"
              ? blobsToPayload(action.blobs)
              : new Uint8Array();
        const messagesUpTo = ("messagesUpTo" in action ? action.messagesUpTo : undefined) ?? messageIndex();
        if (action.kind === "batch") {
          input = encodeFunctionData({
            abi: inboxAbi,
            functionName: "postBatch",
            args: [BigInt(messagesUpTo), bytesToHex(payload)],
          });
        } else if (action.kind === "blob-batch") {
          const hashes = action.versionedHashes ?? action.blobs.map((blob) => keccak256(blob));
          blobVersionedHashes = hashes;
          action.blobs.forEach((blob, position) => blobsByHash.set(hashes[position]!, blob));
        }
        const before = batchesBefore + batches.length;
        for (let time = 0; time < ((action.kind === "blob-batch" ? action.times : undefined) ?? 1); time++) {
          const batch: Batch = {
            index: before + time,
            kind: action.kind === "blob-batch" ? "blobs" : "calldata",
            dataHash: blobVersionedHashes === undefined ? calldataHash(payload) : blobsHash(blobVersionedHashes),
            messagesUpTo,
            number,
            timestamp,
            payload,
          };
          batches.push(batch);
          logs.push({ ...encodeBatchLog(batch), transactionHash });
        }
      }
      transactions.push({
        hash: transactionHash,
        input,
        ...(blobVersionedHashes === undefined ? {} : { blobVersionedHashes }),
      });
    });
    const parentHash = blocks.at(-1)?.hash ?? ZERO_HASH;
    const hash = keccak256(Buffer.from(`block ${fork} ${number} ${parentHash} ${JSON.stringify(logs)}`));
    const bloom = bytesToHex(logsBloom(logs.map(({ topics }) => ({ address: INBOX, topics }))));
    blocks.push({ number, hash, parentHash, timestamp, logs, logsBloom: bloom, transactions, messages, batches });
  };

  const quantity = (value: number): Hex => `0x${value.toString(16)}`;
  const formatBlock = (block: SimulatedBlock | undefined) =>
    block === undefined
      ? null
      : {
          number: quantity(block.number),
          hash: block.hash,
          parentHash: block.parentHash,
          timestamp: quantity(block.timestamp),
          logsBloom: block.logsBloom,
          gasLimit: "0x1",
          gasUsed: "0x0",
          transactions: [],
        };
  const formatTransaction = (block: SimulatedBlock, transaction: SimulatedBlock["transactions"][number]) => ({
    ...transaction,
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    type: "0x2",
    from: ZERO_ADDRESS,
    to: INBOX,
    gas: "0x0",
    nonce: "0x0",
    value: "0x0",
  });
  /** Of the Inbox, as of a block. */
  const count = (data: Hex, last: SimulatedBlock): Hex => {
    const { functionName } = decodeFunctionData({ abi: inboxAbi, data });
    if (functionName !== "batchCount" && functionName !== "messageCount") throw rpcError(3, "execution reverted");
    const lists = blocks
      .slice(0, last.number + 1)
      .map(({ batches, messages }) => ({ batchCount: batches, messageCount: messages }));
    const result = BigInt(lists.reduce((sum, list) => sum + list[functionName].length, 0));
    return encodeFunctionResult({ abi: inboxAbi, functionName, result });
  };
  const formatLogs = (found: readonly SimulatedBlock[]) =>
    found.flatMap((block) =>
      block.logs.map((log, index) => ({
        ...log,
        address: INBOX,
        blockNumber: quantity(block.number),
        blockHash: block.hash,
        logIndex: quantity(index),
        transactionIndex: quantity(index),
        removed: false,
      })),
    );
  const answer = (method: string, params: readonly unknown[]): unknown => {
    switch (method) {
      case "eth_chainId":
        return "0x1";
      case "eth_getBlockByNumber": {
        const [at] = params as [string];
        return formatBlock(at === "latest" || at === "finalized" ? blocks.at(-1) : blocks[Number(at)]);
      }
      case "eth_getBlockByHash": {
        const block = blocks.find(({ hash }) => hash === params[0]);
        if (block === undefined) return null;
        const transactions = block.transactions.map((transaction) => formatTransaction(block, transaction));
        return {
          ...formatBlock(block),
          transactions: params[1] === true ? transactions : transactions.map(({ hash }) => hash),
        };
      }
      case "eth_call": {
        const [{ data }, at] = params as [{ data: Hex }, string | { blockHash: Hash }];
        const block = typeof at === "string" ? blocks[Number(at)] : blocks.find(({ hash }) => hash === at.blockHash);
        if (block === undefined) throw rpcError(-32000, "header not found");
        return count(data, block);
      }
      case "eth_getLogs": {
        const [filter] = params as [
          { blockHash?: Hash; fromBlock?: string; toBlock?: string; topics: readonly [readonly Hex[]] },
        ];
        const wanted = (found: readonly SimulatedBlock[]) =>
          formatLogs(found).filter(({ topics }) => filter.topics[0].includes(topics[0]!));
        const limited = <T>(found: readonly T[]): readonly T[] => {
          if (found.length > l1.logLimit) throw rpcError(-32005, `query returned more than ${l1.logLimit} results`);
          return found;
        };
        if (filter.blockHash !== undefined) {
          const block = blocks.find(({ hash }) => hash === filter.blockHash);
          if (block === undefined) throw rpcError(-32000, "unknown block");
          return limited(wanted([block]));
        }
        return limited(wanted(blocks.slice(Number(filter.fromBlock), Number(filter.toBlock) + 1)));
      }
      case "eth_getTransactionByHash": {
        for (const block of blocks) {
          const transaction = block.transactions.find(({ hash }) => hash === params[0]);
          if (transaction !== undefined) {
            return formatTransaction(block, transaction);
          }
        }
        return null;
      }
      default:
        throw rpcError(-32601, `no method ${method}`);
    }
  };
  const client: L1Client = createPublicClient({
    transport: custom(
      {
        request: async ({ method, params }: { method: string; params?: readonly unknown[] }) => {
          calls.push(method);
          const compute = () => answer(method, params ?? []);
          return interceptor === undefined ? compute() : interceptor(method, params ?? [], compute);
        },
      },
      { retryCount: 0 },
    ),
    cacheTime: 0,
  });

  const l1: SimulatedL1 = {
    client,
    blobs: {
      getBlobs: (request) => {
        const found = request.versionedHashes.map((hash) => blobsByHash.get(hash));
        return found.every((blob) => blob !== undefined)
          ? Promise.resolve(found)
          : Promise.reject(new BlobUnavailableError(request, []));
      },
    },
    intercept: (next) => void (interceptor = next),
    mine,
    revertTo(number) {
      blocks = blocks.slice(0, number + 1);
      fork++;
    },
    head() {
      const { number, hash, timestamp } = blocks.at(-1)!;
      return { number, hash, timestamp };
    },
    messages: () => all(({ messages }) => messages),
    batches: () => all(({ batches }) => batches),
    logLimit: Number.POSITIVE_INFINITY,
    calls,
  };
  for (let number = 0; number <= L1_START; number++) mine();
  return l1;
}

export function rpcError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The part of a configuration that the reader looks at. */
export function readerConfig(config: RollupConfig): RollupConfig {
  return { ...config, l1StartBlock: L1_START, contracts: { ...config.contracts, inbox: INBOX } };
}

function makeDeposit(index: number, enqueuedAt: number, fields: Partial<DepositMessage> = {}): DepositMessage {
  const body = {
    sender: SENDER,
    to: RECIPIENT,
    mint: 10n ** 15n,
    value: 0n,
    gasLimit: 0n,
    refundTo: SENDER,
    data: Uint8Array.of(index & 255),
    ...fields,
    kind: "deposit" as const,
    index,
    enqueuedAt,
  };
  return { ...body, hash: hashMessage(body) };
}

function makeContext(index: number, number: number, timestamp: number): ContextMessage {
  const body = {
    kind: "context" as const,
    index,
    enqueuedAt: timestamp,
    number,
    timestamp,
    baseFee: 7n * 10n ** 9n,
    blobBaseFee: 1n,
    parentHash: keccak256(Buffer.from(`parent ${number} ${timestamp}`)),
  };
  return { ...body, hash: hashMessage(body) };
}

function encodeMessageLog(message: InboxMessage): Pick<SimulatedLog, "topics" | "data"> {
  if (message.kind === "deposit") {
    const { index, sender, to } = message;
    return encodeLog("DepositEnqueued", { index: BigInt(index), sender, to }, [
      message.hash,
      BigInt(message.enqueuedAt),
      message.mint,
      message.value,
      message.gasLimit,
      message.refundTo,
      bytesToHex(message.data),
    ]);
  }
  return encodeLog("ContextEnqueued", { index: BigInt(message.index) }, [
    message.hash,
    BigInt(message.number),
    BigInt(message.timestamp),
    message.baseFee,
    message.blobBaseFee,
    message.parentHash,
  ]);
}

function encodeBatchLog(batch: Batch): Pick<SimulatedLog, "topics" | "data"> {
  return encodeLog("BatchPosted", { index: BigInt(batch.index) }, [
    batch.kind === "calldata" ? 0 : 1,
    batch.dataHash,
    BigInt(batch.messagesUpTo),
    BigInt(batch.number),
    BigInt(batch.timestamp),
  ]);
}

function encodeLog(
  eventName: "DepositEnqueued" | "ContextEnqueued" | "BatchPosted",
  indexed: object,
  values: readonly unknown[],
) {
  const event = inboxAbi.find((item) => item.type === "event" && item.name === eventName)!;
  const inputs = "inputs" in event ? event.inputs.filter((input) => !("indexed" in input && input.indexed)) : [];
  return {
    topics: encodeEventTopics({ abi: inboxAbi, eventName, args: indexed }) as Hex[],
    data: encodeAbiParameters(inputs, values as never),
  };
}
