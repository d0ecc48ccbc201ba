import { createBatchBuilder } from "../batch/index.ts";
import type { BatchBuilder, EncodedBlock } from "../batch/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import type { ReadableChainStore } from "../storage/index.ts";

/** Blocks collected for the next batch, kept between steps so that each block is compressed once. */
export interface Draft {
  readonly firstBlock: number;
  readonly builder: BatchBuilder;
  /** The one before `firstBlock` as long as there are none. */
  lastBlock: number;
  lastBlockHash: Hash;
  /** Whether the block after the last did not fit. */
  full: boolean;
  /** Milliseconds of the wall clock when its first block was seen. */
  readonly since: number;
}

/** What a draft is made of. */
export type BlockSource = Pick<ReadableChainStore, "getBlock" | "getBlockHash" | "getHeads">;

/** @throws Error if the block is not in the store */
export function mustGetBlock(store: Pick<BlockSource, "getBlock">, number: number): Block {
  const block = store.getBlock(number);
  if (block === undefined) throw new Error(`L2 block ${number} is not in the store`);
  return block;
}

/** Whether a draft can go on: it begins where the next batch must, and its blocks are still the chain's. */
export function continuesAt(draft: Draft, firstBlock: number, store: Pick<BlockSource, "getBlockHash">): boolean {
  return draft.firstBlock === firstBlock && store.getBlockHash(draft.lastBlock) === draft.lastBlockHash;
}

/** A draft without blocks. `since` is in milliseconds. */
export function beginDraft(firstBlock: number, store: BlockSource, maximumBytes: number, since: number): Draft {
  return {
    firstBlock,
    builder: createBatchBuilder({ maximumBytes }),
    lastBlock: firstBlock - 1,
    lastBlockHash: mustGetBlock(store, firstBlock - 1).hash,
    full: false,
    since,
  };
}

/**
 * Adds the chain's blocks to a draft until it is full, or has all of those up to `lastTimestamp` (seconds). Gives the number
 * of a block that does not fit even alone.
 */
export function extendDraft(draft: Draft, store: BlockSource, lastTimestamp: number): { readonly tooLarge?: number } {
  const { latest } = store.getHeads();
  while (!draft.full && draft.lastBlock < latest) {
    const block = mustGetBlock(store, draft.lastBlock + 1);
    if (block.header.timestamp > lastTimestamp) break;
    if (!draft.builder.add(encode(block))) {
      if (draft.builder.blockCount === 0) return { tooLarge: block.header.number };
      draft.full = true;
      break;
    }
    draft.lastBlock = block.header.number;
    draft.lastBlockHash = block.hash;
  }
  return {};
}

function encode(block: Block): EncodedBlock {
  return {
    timestamp: block.header.timestamp,
    messages: block.nextMessage - block.firstMessage,
    transactions: block.transactions.flatMap((transaction) => (transaction.kind === "signed" ? [transaction.raw] : [])),
  };
}
