import { setImmediate } from "node:timers/promises";
import { bytesToHex, hexToBytes, partitionPoint } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import {
  bodyCodec,
  chainProgressCodec,
  derivedBatchCodec,
  locationCodec,
  receiptsCodec,
  summaryCodec,
} from "./codec.ts";
import type { ChainProgress } from "./codec.ts";
import { blockKey, hashKey, numberKey, numberOfKey, textKey } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { bloomTest, findLogsOfBlock } from "./log-search.ts";
import { createStateStore } from "./state-store.ts";
import type { TraceTables } from "./trace-store.ts";
import type { BlockSummary, ChainStore, DerivedBatch, LogFilter } from "./types.ts";

const PROGRESS_KEY = textKey("chain");
// One chunk is scanned in about a millisecond.
const LOG_SEARCH_CHUNK = 1024;
const EMPTY_BLOOM = `0x${"00".repeat(256)}`;

/** A chain store, with the part of a rewind that the Inbox store's own rewinds perform in their transaction. */
export interface ChainTables extends Omit<ChainStore, "close"> {
  /** Within `exclusive`: prepares forgetting the derived batches from `index` on; the result performs it in a commit. */
  prepareRewindDerived(index: number): () => void;
}

/** The chain's tables. `genesisHash` is the only block the chain may start with; `getRewindCount` is the Inbox store's. */
export function createChainTables(
  environment: Environment,
  {
    genesisHash,
    traces,
    getRewindCount,
  }: {
    readonly genesisHash: Hash;
    readonly traces: Pick<TraceTables, "prepareRewind">;
    readonly getRewindCount: () => number;
  },
): ChainTables {
  const meta = environment.table("meta");
  const summaries = environment.table("summaries");
  const bodies = environment.table("bodies");
  const receiptTable = environment.table("receipts");
  const blockNumbers = environment.table("block-numbers");
  const canonical = environment.table("canonical");
  const blooms = environment.table("blooms");
  const transactions = environment.table("transactions");
  const derivedBatches = environment.table("derived-batches");
  const state = createStateStore(environment);

  const progress = (): ChainProgress => {
    const record = meta.get(PROGRESS_KEY);
    return record === undefined
      ? { heads: { latest: 0, safe: 0, finalized: 0 }, derivedBatchCount: 0 }
      : chainProgressCodec.decode(record);
  };
  const putProgress = (value: ChainProgress) => meta.put(PROGRESS_KEY, chainProgressCodec.encode(value));

  const getBlockHash = (number: number): Hash | undefined => {
    if (!Number.isSafeInteger(number) || number < 0) return undefined;
    const hash = canonical.get(numberKey(number));
    return hash === undefined ? undefined : bytesToHex(hash);
  };
  const keyOfHash = (hash: Hash): Buffer | undefined => {
    const number = blockNumbers.get(hashKey(hash));
    return number === undefined ? undefined : blockKey(numberOfKey(number), hash);
  };
  const getSummaryByHash = (hash: Hash): BlockSummary | undefined => {
    const key = keyOfHash(hash);
    const record = key === undefined ? undefined : summaries.get(key);
    return record === undefined ? undefined : summaryCodec.decode(record);
  };
  const getSummary = (number: number): BlockSummary | undefined => {
    const hash = getBlockHash(number);
    const record = hash === undefined ? undefined : summaries.get(blockKey(number, hash));
    return record === undefined ? undefined : summaryCodec.decode(record);
  };
  const getReceipts = (hash: Hash) => {
    const key = keyOfHash(hash);
    const record = key === undefined ? undefined : receiptTable.get(key);
    return record === undefined ? undefined : receiptsCodec.decode(record);
  };
  const getBody = (hash: Hash) => {
    const key = keyOfHash(hash);
    const record = key === undefined ? undefined : bodies.get(key);
    return record === undefined ? undefined : bodyCodec.decode(record);
  };
  const getBlockByHash = (hash: Hash): Block | undefined => {
    const summary = getSummaryByHash(hash);
    const body = getBody(hash);
    const receipts = getReceipts(hash);
    if (summary === undefined || body === undefined || receipts === undefined) return undefined;
    return { ...summary, transactions: body.transactions, receipts };
  };
  const getBlock = (number: number): Block | undefined => {
    const hash = getBlockHash(number);
    return hash === undefined ? undefined : getBlockByHash(hash);
  };
  const getDerivedBatch = (index: number): DerivedBatch | undefined => {
    if (!Number.isSafeInteger(index) || index < 0) return undefined;
    const record = derivedBatches.get(numberKey(index));
    return record === undefined ? undefined : derivedBatchCodec.decode(record);
  };

  const requireChild = (
    block: Block,
    messageHashes: readonly Hash[],
    parent: { readonly number: number; readonly hash: Hash } | undefined,
  ) => {
    const { number, parentHash } = block.header;
    if (parent === undefined) {
      if (number !== 0 || block.hash !== genesisHash) {
        throw new Error(`expected the genesis block ${genesisHash}, got block ${number} ${block.hash}`);
      }
    } else if (number !== parent.number + 1 || parentHash !== parent.hash) {
      throw new Error(
        `expected a child of block ${parent.number} ${parent.hash}, got block ${number} ${block.hash} with parent ${parentHash}`,
      );
    }
    if (messageHashes.length !== block.nextMessage - block.firstMessage) {
      throw new Error(
        `expected the hashes of ${block.nextMessage - block.firstMessage} messages of block ${number}, got ${messageHashes.length}`,
      );
    }
  };

  const putBlock = (block: Block, messageHashes: readonly Hash[]) => {
    const { number, logsBloom } = block.header;
    const key = blockKey(number, block.hash);
    summaries.put(key, summaryCodec.encode(block));
    bodies.put(key, bodyCodec.encode({ transactions: block.transactions, messageHashes }));
    receiptTable.put(key, receiptsCodec.encode(block.receipts));
    blockNumbers.put(hashKey(block.hash), numberKey(number));
    canonical.put(numberKey(number), hashKey(block.hash));
    if (logsBloom !== EMPTY_BLOOM) blooms.put(numberKey(number), hexToBytes(logsBloom));
    block.transactions.forEach(({ hash }, index) =>
      transactions.put(hashKey(hash), locationCodec.encode({ blockNumber: number, index })),
    );
  };

  const appendBlocks: ChainStore["appendBlocks"] = (blocks) =>
    environment.exclusive("append blocks", async () => {
      const { heads, derivedBatchCount } = progress();
      const latestHash = getBlockHash(heads.latest);
      let parent = latestHash === undefined ? undefined : { number: heads.latest, hash: latestHash };
      for (const { block, messageHashes } of blocks) {
        requireChild(block, messageHashes, parent);
        parent = { number: block.header.number, hash: block.hash };
      }
      if (parent === undefined || blocks.length === 0) return;
      const latest = parent.number;
      await environment.commit(() => {
        state.stage();
        for (const { block, messageHashes } of blocks) putBlock(block, messageHashes);
        putProgress({ heads: { ...heads, latest }, derivedBatchCount });
      });
      state.settle();
    });

  /** Number of derived batches that end at or below block `number`: their last blocks never decrease. */
  const countDerivedUpTo = (number: number): number =>
    partitionPoint(0, progress().derivedBatchCount, (batch) => (getDerivedBatch(batch)?.lastBlock ?? 0) <= number);

  const prepareRewindDerived = (index: number) => {
    const { heads, derivedBatchCount } = progress();
    if (index >= derivedBatchCount) return () => undefined;
    const safe = getDerivedBatch(index - 1)?.lastBlock ?? 0;
    const rewindTraces = traces.prepareRewind(index);
    return () => {
      rewindTraces();
      for (let removed = index; removed < derivedBatchCount; removed++) derivedBatches.remove(numberKey(removed));
      putProgress({
        heads: { ...heads, safe, finalized: Math.min(heads.finalized, safe) },
        derivedBatchCount: index,
      });
    };
  };

  const putDerivedBatches: ChainStore["putDerivedBatches"] = (batches, rewindCount) =>
    environment.exclusive("put derived batches", async () => {
      const { heads, derivedBatchCount } = progress();
      let { safe } = heads;
      let count = derivedBatchCount;
      for (const { batch, lastBlock, lastBlockHash } of batches) {
        if (rewindCount !== undefined && rewindCount !== getRewindCount()) {
          throw new Error(`batch ${batch} was read before L1 took back blocks`);
        }
        if (batch !== count) throw new Error(`expected derived batch ${count}, got ${batch}`);
        const hash = getBlockHash(lastBlock);
        if (hash !== lastBlockHash) {
          throw new Error(`expected block ${lastBlock} to be ${hash ?? "there"}, got ${lastBlockHash}`);
        }
        if (lastBlock < safe) {
          throw new Error(`expected batch ${batch} to end at block ${safe} or later, got ${lastBlock}`);
        }
        safe = lastBlock;
        count++;
      }
      if (count === derivedBatchCount) return;
      await environment.commit(() => {
        for (const derived of batches) derivedBatches.put(numberKey(derived.batch), derivedBatchCodec.encode(derived));
        putProgress({ heads: { ...heads, safe }, derivedBatchCount: count });
      });
    });

  return {
    state,
    prepareRewindDerived,
    getHeads: () => progress().heads,
    getBlock,
    getBlockByHash,
    getBlockHash,
    getSummary,
    getSummaryByHash,
    getHeader: (number) => getSummary(number)?.header,
    getHeaderByHash: (hash) => getSummaryByHash(hash)?.header,
    getReceipts,
    getTransactions: (hash) => getBody(hash)?.transactions,
    getMessageHashes: (hash) => getBody(hash)?.messageHashes,
    getTransactionLocation(hash) {
      const record = transactions.get(hashKey(hash));
      return record === undefined ? undefined : locationCodec.decode(record);
    },

    async *findLogs({ fromBlock, toBlock }, filter: LogFilter) {
      const mayContain = bloomTest(filter);
      let next = Math.max(0, fromBlock);
      for (;;) {
        const end = Math.min(toBlock, progress().heads.latest) + 1;
        if (next >= end) return;
        const candidates: number[] = [];
        let scanned = 0;
        for (const { key, value } of blooms.getRange({
          start: numberKey(next),
          end: numberKey(end),
          limit: LOG_SEARCH_CHUNK,
        })) {
          scanned++;
          next = numberOfKey(key) + 1;
          if (mayContain(value)) candidates.push(next - 1);
        }
        for (const number of candidates) {
          const summary = getSummary(number);
          const receipts = summary === undefined ? undefined : getReceipts(summary.hash);
          if (summary !== undefined && receipts !== undefined) yield* findLogsOfBlock(summary, receipts, filter);
        }
        if (scanned < LOG_SEARCH_CHUNK) return;
        await setImmediate();
      }
    },

    appendBlock: (block, messageHashes = []) => appendBlocks([{ block, messageHashes }]),
    appendBlocks,

    rewindTo: (number) =>
      environment.exclusive("rewind chain", async () => {
        const { heads, derivedBatchCount } = progress();
        if (!Number.isSafeInteger(number) || number < 0 || number > heads.latest) {
          throw new RangeError(`expected a block number from 0 to the latest, ${heads.latest}, got ${number}`);
        }
        const removed: Block[] = [];
        for (let height = number + 1; height <= heads.latest; height++) {
          const block = getBlock(height);
          if (block === undefined) throw new Error(`corrupt database: block ${height} is missing`);
          removed.push(block);
        }
        if (removed.length === 0) return removed;
        const keptBatches = countDerivedUpTo(number);
        const safe = Math.min(heads.safe, getDerivedBatch(keptBatches - 1)?.lastBlock ?? 0);
        const rewindTraces = traces.prepareRewind(keptBatches);
        await environment.commit(() => {
          rewindTraces();
          for (const block of removed) {
            canonical.remove(numberKey(block.header.number));
            blooms.remove(numberKey(block.header.number));
            for (const { hash } of block.transactions) transactions.remove(hashKey(hash));
          }
          for (let batch = keptBatches; batch < derivedBatchCount; batch++) derivedBatches.remove(numberKey(batch));
          putProgress({
            heads: { latest: number, safe, finalized: Math.min(heads.finalized, safe) },
            derivedBatchCount: keptBatches,
          });
        });
        return removed;
      }),

    putDerivedBatch: (derived, rewindCount) => putDerivedBatches([derived], rewindCount),
    putDerivedBatches,
    getDerivedBatch,
    derivedBatchCount: () => progress().derivedBatchCount,
    rewindDerivedBatches: (index) =>
      environment.exclusive("rewind derived batches", async () => {
        if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`expected a batch index, got ${index}`);
        await environment.commit(prepareRewindDerived(index));
      }),
    findBatchOfBlock: (number) => getDerivedBatch(countDerivedUpTo(number - 1)),

    setFinalized: (number) =>
      environment.exclusive("set finalized", async () => {
        const { heads, derivedBatchCount } = progress();
        if (!Number.isSafeInteger(number) || number < heads.finalized || number > heads.safe) {
          throw new RangeError(
            `expected a block from the finalized ${heads.finalized} to the safe ${heads.safe}, got ${number}`,
          );
        }
        if (number === heads.finalized) return;
        await environment.commit(() => putProgress({ heads: { ...heads, finalized: number }, derivedBatchCount }));
      }),
  };
}
