import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeEventLog, getAbiItem, toEventSelector } from "viem";
import type { Log } from "../ethereum/index.ts";
import { outboxAbi } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import { bytesToHex, hexToBytes, partitionPoint, toAddress, ZERO_HASH } from "../primitives/index.ts";
import type { Hash, Logger } from "../primitives/index.ts";
import { OUTBOX_ADDRESS, withdrawalHash } from "../rollup/index.ts";
import type { Block, Withdrawal } from "../rollup/index.ts";
import type { BlockSummary, RecordStore } from "../storage/index.ts";
import { createWithdrawalTree } from "./withdrawal-tree.ts";

const MESSAGE_SENT = toEventSelector(getAbiItem({ abi: outboxAbi, name: "MessageSent" }));

/** A message in the Outbox tree and where it was sent. */
export interface SentWithdrawal {
  readonly withdrawal: Withdrawal;
  readonly blockNumber: number;
  readonly transactionHash: Hash;
}

/**
 * All L2→L1 messages in order, read from the Outbox's events of the canonical chain, with proofs against any block's
 * Outbox root. It follows the chain when asked, so it costs nothing until somebody withdraws; what it read is checked
 * against every header it passes.
 */
export interface OutboxIndex {
  /** Message `index`, if the latest block or one before it sent that many. */
  get(index: number): Promise<SentWithdrawal | undefined>;
  /**
   * Siblings that prove message `index` against the Outbox root of `block`. Throws a RangeError if the message is not
   * in it.
   */
  prove(index: number, block: Block): Promise<readonly Hash[]>;
}

/** The Outbox's events do not give the root a header has: the chain data is damaged, or read wrongly. */
export class OutboxMismatchError extends Error {
  override readonly name = "OutboxMismatchError";
}

/** A canonical block when it was read. */
interface Cursor {
  readonly blockNumber: number;
  readonly blockHash: Hash;
}

/** As kept in records: the leaf of a message and the block that sent it. */
interface StoredMessage extends Cursor {
  readonly leaf: Hash;
}

const BLOCKS_PER_TURN = 64;
const CURSOR_KEY = "cursor";
const MESSAGE_PREFIX = "message/";
/** The cursor of a chain without messages is saved every so many blocks. */
const CURSOR_INTERVAL = 10_000;

export function createOutboxIndex(
  { chain, records }: { readonly chain: Chain; readonly records: RecordStore | undefined },
  { logger }: { readonly logger: Logger },
): OutboxIndex {
  const tree = createWithdrawalTree();
  // sentIn[i]: the block that sent message i; its number never decreases.
  const sentIn: Cursor[] = [];
  let cursor: Cursor | undefined;
  let savedCursor = 0;
  let queue: Promise<void> = Promise.resolve();

  const genesis: Cursor = { blockNumber: 0, blockHash: chain.config.genesisHash };

  function load(): Cursor {
    for (const [, { blockNumber, blockHash, leaf }] of records?.entries<StoredMessage>(MESSAGE_PREFIX) ?? []) {
      sentIn.push({ blockNumber, blockHash });
      tree.append(leaf);
    }
    const saved = records?.get<Cursor>(CURSOR_KEY) ?? genesis;
    savedCursor = saved.blockNumber;
    return saved;
  }

  async function forgetAfter(at: Cursor): Promise<void> {
    const count = countAt(at.blockNumber);
    const forgotten = Array.from(
      { length: sentIn.length - count },
      (_, offset) => [messageKey(count + offset), undefined] as const,
    );
    await records?.write([...forgotten, [CURSOR_KEY, at]]);
    savedCursor = at.blockNumber;
    sentIn.length = count;
    tree.truncate(count);
  }

  /** Messages sent up to and including block `number`. */
  function countAt(number: number): number {
    return partitionPoint(0, sentIn.length, (index) => (sentIn[index] as Cursor).blockNumber <= number);
  }

  async function follow(): Promise<void> {
    let at = cursor ?? load();
    const { store } = chain;
    if (store.getBlockHash(at.blockNumber) !== at.blockHash) {
      at = lastCommonBlock();
      await forgetAfter(at);
      logger.info({ blockNumber: at.blockNumber }, "outbox index went back with the chain");
    }
    if (tree.root(tree.count) !== outboxRoot(at)) {
      logger.warn({ blockNumber: at.blockNumber }, "outbox index does not fit the chain: it is built again");
      at = genesis;
      await forgetAfter(at);
    }
    cursor = at;
    let root = outboxRoot(at);
    for (let turn = 1; ; turn++) {
      const block = store.getSummary(at.blockNumber + 1);
      if (block === undefined || block.header.parentHash !== at.blockHash) break;
      at = { blockNumber: block.header.number, blockHash: block.hash };
      if (block.header.outboxRoot !== root) {
        root = block.header.outboxRoot;
        await readBlock(block);
        checkRoot(root, at);
      } else if (at.blockNumber - savedCursor >= CURSOR_INTERVAL) await save(at);
      cursor = at;
      if (turn % BLOCKS_PER_TURN === 0) await nextTurn();
    }
    cursor = at;
  }

  /** The last block read that is known to be in the chain still: one that sent a message, or genesis. */
  function lastCommonBlock(): Cursor {
    return (
      sentIn.findLast(({ blockNumber, blockHash }) => chain.store.getBlockHash(blockNumber) === blockHash) ?? genesis
    );
  }

  function outboxRoot({ blockNumber }: Cursor): Hash {
    return chain.store.getHeader(blockNumber)?.outboxRoot ?? ZERO_HASH;
  }

  function checkRoot(root: Hash, { blockNumber }: Cursor): void {
    const computed = tree.root(tree.count);
    if (computed !== root) {
      throw new OutboxMismatchError(
        `expected the Outbox root ${root} of block ${blockNumber}, its messages give ${computed}`,
      );
    }
  }

  /** Takes a block's messages in; records and cursor are written as one. */
  async function readBlock(block: BlockSummary): Promise<void> {
    const withdrawals = (chain.store.getReceipts(block.hash) ?? []).flatMap(({ logs }) =>
      logs.map(decodeMessageSent).filter((found) => found !== undefined),
    );
    const leaves = withdrawals.map((withdrawal, offset) => {
      if (withdrawal.index === tree.count + offset) return withdrawalHash(withdrawal);
      throw new OutboxMismatchError(
        `expected message ${tree.count + offset} in block ${block.header.number}, got ${withdrawal.index}`,
      );
    });
    const at: Cursor = { blockNumber: block.header.number, blockHash: block.hash };
    const stored = leaves.map(
      (leaf, offset) => [messageKey(tree.count + offset), { ...at, leaf } satisfies StoredMessage] as const,
    );
    await records?.write([...stored, [CURSOR_KEY, at]]);
    savedCursor = at.blockNumber;
    for (const leaf of leaves) {
      tree.append(leaf);
      sentIn.push(at);
    }
  }

  async function save(at: Cursor): Promise<void> {
    await records?.put(CURSOR_KEY, at);
    savedCursor = at.blockNumber;
  }

  /** One follower at a time. */
  function followed(): Promise<void> {
    const turn = queue.then(follow).catch(async (error: unknown) => {
      // The block being read when it failed is read again next time.
      await forgetAfter(cursor ?? genesis);
      throw error;
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  return {
    async get(index) {
      await followed();
      const at = sentIn[index];
      if (at === undefined) return undefined;
      for (const { logs, transactionHash } of chain.store.getReceipts(at.blockHash) ?? []) {
        const withdrawal = logs.map(decodeMessageSent).find((found) => found?.index === index);
        if (withdrawal !== undefined) return { withdrawal, blockNumber: at.blockNumber, transactionHash };
      }
      return undefined;
    },
    async prove(index, block) {
      await followed();
      const count = countAt(block.header.number);
      const proof = tree.proof(index, count);
      if (tree.root(count) !== block.header.outboxRoot) {
        throw new OutboxMismatchError(
          `expected the Outbox root ${block.header.outboxRoot} of block ${block.header.number}, got ${tree.root(count)}`,
        );
      }
      return proof;
    },
  };
}

// Zero-padded so that key order is index order.
function messageKey(index: number): string {
  return `${MESSAGE_PREFIX}${String(index).padStart(16, "0")}`;
}

/** Messages a block sent in one of its transactions, in order. */
export function withdrawalsOfTransaction({ receipts }: Block, transactionIndex: number): readonly Withdrawal[] {
  return (receipts[transactionIndex]?.logs ?? [])
    .map(decodeMessageSent)
    .filter((withdrawal) => withdrawal !== undefined);
}

/** The message a log of the Outbox reports; undefined for any other log. */
export function decodeMessageSent({ address, topics, data }: Log): Withdrawal | undefined {
  const [selector, ...indexed] = topics;
  if (address !== OUTBOX_ADDRESS || selector !== MESSAGE_SENT) return undefined;
  const { args } = decodeEventLog({
    abi: outboxAbi,
    eventName: "MessageSent",
    topics: [selector, ...indexed],
    data: bytesToHex(data),
  });
  return {
    index: Number(args.index),
    sender: toAddress(args.sender),
    target: toAddress(args.target),
    value: args.value,
    minimumGas: args.minimumGas,
    data: hexToBytes(args.data),
  };
}
