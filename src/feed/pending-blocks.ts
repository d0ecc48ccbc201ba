import type { FeedBlock } from "./feed-message.ts";

/** A block whose turn has not come, and the bytes of its frame. */
export interface PendingBlock extends FeedBlock {
  readonly size: number;
}

/** Blocks that are held until they can be executed, by number. */
export interface PendingBlocks {
  readonly byNumber: Map<number, PendingBlock>;
  /** Bytes of their frames. */
  bytes: number;
}

/** Messages held while their turn has not come; the connection is paused beyond. */
const MAXIMUM_PENDING = 64;
const MAXIMUM_PENDING_BYTES = 32 * 1024 * 1024;

export function emptyPendingBlocks(): PendingBlocks {
  return { byNumber: new Map(), bytes: 0 };
}

/** Holds a block, in the place of an earlier one of its number. */
export function addPending(pending: PendingBlocks, block: PendingBlock): void {
  removePending(pending, block.number);
  pending.byNumber.set(block.number, block);
  pending.bytes += block.size;
}

export function removePending(pending: PendingBlocks, number: number): void {
  const block = pending.byNumber.get(number);
  if (block === undefined) return;
  pending.byNumber.delete(number);
  pending.bytes -= block.size;
}

export function clearPending(pending: PendingBlocks): void {
  pending.byNumber.clear();
  pending.bytes = 0;
}

/** The block to execute next. */
export function lowestPending({ byNumber }: PendingBlocks): PendingBlock | undefined {
  return byNumber.get(Math.min(...byNumber.keys()));
}

/** Whether no more are to be held for now. */
export function isFull({ byNumber, bytes }: PendingBlocks): boolean {
  return byNumber.size >= MAXIMUM_PENDING || bytes >= MAXIMUM_PENDING_BYTES;
}

/** Whether a paused connection may go on. */
export function hasRoom({ byNumber }: PendingBlocks): boolean {
  return byNumber.size <= MAXIMUM_PENDING / 2;
}
