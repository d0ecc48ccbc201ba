import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeEventLog, parseAbi, toEventSelector } from "viem";
import { OUTBOX_ADDRESS, withdrawalHash, type Block, type Log, type Withdrawal } from "../../chain/index.ts";
import type { Chain } from "../../node/index.ts";
import { bytesToHex, hexToBytes, toAddress, ZERO_HASH, type Hash, type Logger } from "../../primitives/index.ts";
import type { RecordStore } from "../../storage/index.ts";
import { createWithdrawalTree } from "./withdrawal-tree.ts";

const OUTBOX_ABI = parseAbi([
  "event MessageSent(uint256 indexed index, address indexed sender, address indexed target, uint256 value, uint256 minimumGas, bytes data)",
]);
const MESSAGE_SENT = toEventSelector(OUTBOX_ABI[0]);

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
  /** Messages a block sent in one of its transactions, in order. */
  ofTransaction(block: Block, transactionIndex: number): readonly Withdrawal[];
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

/** As kept in records: a message without what its key tells. */
interface StoredMessage {
  readonly blockNumber: number;
  readonly leaf: Hash;
}

interface Cursor {
  readonly blockNumber: number;
  readonly blockHash: Hash;
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
  // blockNumbers[i]: the block that sent message i; never decreases.
  const blockNumbers: number[] = [];
  let cursor: Cursor | undefined;
  let savedCursor = 0;
  let queue: Promise<void> = Promise.resolve();

  const genesis: Cursor = { blockNumber: 0, blockHash: chain.config.genesisHash };

  async function load(): Promise<Cursor> {
    for (const [, { blockNumber, leaf }] of records?.entries<StoredMessage>(MESSAGE_PREFIX) ?? []) {
      blockNumbers.push(blockNumber);
      tree.append(leaf);
    }
    const saved = records?.get<Cursor>(CURSOR_KEY) ?? genesis;
    savedCursor = saved.blockNumber;
    // A kill between two writes leaves messages the cursor does not know of: they are read again.
    await forgetAfter(saved.blockNumber);
    return saved;
  }

  // Records go before the cursor moves on, so that none of a block that left the chain is ever taken for one that is in it.
  async function forgetAfter(blockNumber: number): Promise<void> {
    let count = blockNumbers.length;
    while (count > 0 && (blockNumbers[count - 1] as number) > blockNumber) {
      count--;
      await records?.delete(messageKey(count));
    }
    blockNumbers.length = count;
    tree.truncate(count);
  }

  /** Messages sent up to and including block `number`. */
  function countAt(number: number): number {
    let low = 0;
    let high = blockNumbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((blockNumbers[middle] as number) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async function follow(): Promise<void> {
    let at = cursor ?? (await load());
    const { store } = chain;
    if (store.getBlock(at.blockNumber)?.hash !== at.blockHash) {
      at = commonBlock(at.blockNumber);
      await forgetAfter(at.blockNumber);
      await save(at);
      logger.info({ blockNumber: at.blockNumber }, "outbox index went back with the chain");
    }
    if (tree.root(tree.count) !== outboxRoot(at)) {
      logger.warn({ blockNumber: at.blockNumber }, "outbox index does not fit the chain: it is built again");
      await forgetAfter(0);
      at = genesis;
    }
    cursor = at;
    let root = outboxRoot(at);
    for (let turn = 1; ; turn++) {
      const block = store.getBlock(at.blockNumber + 1);
      if (block === undefined || block.header.parentHash !== at.blockHash) break;
      at = { blockNumber: block.header.number, blockHash: block.hash };
      if (block.header.outboxRoot !== root) {
        root = block.header.outboxRoot;
        await readBlock(block);
        checkRoot(root, at);
        await save(at);
      } else if (at.blockNumber - savedCursor >= CURSOR_INTERVAL) await save(at);
      cursor = at;
      if (turn % BLOCKS_PER_TURN === 0) await nextTurn();
    }
    cursor = at;
  }

  // Without the hashes of the blocks passed, the only sure statement about older ones is the Outbox root of the header.
  function commonBlock(from: number): Cursor {
    let number = Math.min(from, chain.store.getHeads().latest);
    for (; number > 0; number--) {
      const block = chain.store.getBlock(number);
      if (block !== undefined && tree.root(countAt(number)) === block.header.outboxRoot) {
        return { blockNumber: number, blockHash: block.hash };
      }
    }
    return genesis;
  }

  function outboxRoot({ blockNumber }: Cursor): Hash {
    return chain.store.getBlock(blockNumber)?.header.outboxRoot ?? ZERO_HASH;
  }

  function checkRoot(root: Hash, { blockNumber }: Cursor): void {
    const computed = tree.root(tree.count);
    if (computed !== root) {
      throw new OutboxMismatchError(`expected the Outbox root ${root} of block ${blockNumber}, its messages give ${computed}`);
    }
  }

  async function readBlock(block: Block): Promise<void> {
    for (const receipt of block.receipts) {
      for (const log of receipt.logs) {
        const withdrawal = decodeMessageSent(log);
        if (withdrawal === undefined) continue;
        if (withdrawal.index !== tree.count) {
          throw new OutboxMismatchError(`expected message ${tree.count} in block ${block.header.number}, got ${withdrawal.index}`);
        }
        const leaf = withdrawalHash(withdrawal);
        await records?.put(messageKey(tree.count), { blockNumber: block.header.number, leaf } satisfies StoredMessage);
        tree.append(leaf);
        blockNumbers.push(block.header.number);
      }
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
      await forgetAfter(cursor?.blockNumber ?? 0);
      throw error;
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  return {
    async get(index) {
      await followed();
      const blockNumber = blockNumbers[index];
      const block = blockNumber === undefined ? undefined : chain.store.getBlock(blockNumber);
      if (block === undefined) return undefined;
      for (const receipt of block.receipts) {
        for (const log of receipt.logs) {
          const withdrawal = decodeMessageSent(log);
          if (withdrawal?.index === index) return { withdrawal, blockNumber: block.header.number, transactionHash: receipt.transactionHash };
        }
      }
      return undefined;
    },
    ofTransaction: (block, transactionIndex) =>
      (block.receipts[transactionIndex]?.logs ?? []).map(decodeMessageSent).filter((withdrawal) => withdrawal !== undefined),
    async prove(index, block) {
      await followed();
      const count = countAt(block.header.number);
      const proof = tree.proof(index, count);
      if (tree.root(count) !== block.header.outboxRoot) {
        throw new OutboxMismatchError(`expected the Outbox root ${block.header.outboxRoot} of block ${block.header.number}, got ${tree.root(count)}`);
      }
      return proof;
    },
  };
}

// Zero-padded so that key order is index order.
function messageKey(index: number): string {
  return `${MESSAGE_PREFIX}${String(index).padStart(10, "0")}`;
}

/** The message a log of the Outbox reports; undefined for any other log. */
export function decodeMessageSent({ address, topics, data }: Log): Withdrawal | undefined {
  const [selector, ...indexed] = topics;
  if (address !== OUTBOX_ADDRESS || selector !== MESSAGE_SENT) return undefined;
  const { args } = decodeEventLog({ abi: OUTBOX_ABI, topics: [selector, ...indexed], data: bytesToHex(data) });
  return {
    index: Number(args.index),
    sender: toAddress(args.sender),
    target: toAddress(args.target),
    value: args.value,
    minimumGas: args.minimumGas,
    data: hexToBytes(args.data),
  };
}
