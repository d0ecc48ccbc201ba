import type { Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { encodeBlockFrame, encodeFeedBlock } from "./feed-message.ts";
import type { FeedBlock } from "./feed-message.ts";

/** The signed frames of the blocks sent last, and the sequence given last. */
export interface FeedFrames {
  readonly byHash: Map<Hash, Uint8Array>;
  /** Bytes of the frames. */
  bytes: number;
  sequence: number;
}

const CACHED_BYTES = 32 * 1024 * 1024;

export function emptyFeedFrames(): FeedFrames {
  return { byHash: new Map(), bytes: 0, sequence: 0 };
}

/** A block is signed once while its frame is cached, with a sequence above all given before. */
export function frameOf(
  frames: FeedFrames,
  block: Block,
  { sign, now }: { readonly sign: (content: Uint8Array) => Uint8Array; readonly now: number },
): Uint8Array {
  const cached = frames.byHash.get(block.hash);
  if (cached !== undefined) return cached;
  frames.sequence = nextSequence(frames.sequence, now);
  const content = encodeFeedBlock(feedBlockOf(block, frames.sequence));
  const frame = encodeBlockFrame({ signature: sign(content), content });
  frames.byHash.set(block.hash, frame);
  frames.bytes += frame.length;
  for (const [hash, oldest] of frames.byHash) {
    if (frames.bytes <= CACHED_BYTES) break;
    frames.byHash.delete(hash);
    frames.bytes -= oldest.length;
  }
  return frame;
}

/** Above the one given last, and above those given before a restart. `now` is Unix time in milliseconds. */
export function nextSequence(last: number, now: number): number {
  return Math.max(last + 1, now);
}

function feedBlockOf({ hash, header, firstMessage, nextMessage, transactions }: Block, sequence: number): FeedBlock {
  return {
    sequence,
    number: header.number,
    parentHash: header.parentHash,
    blockHash: hash,
    firstMessage,
    block: {
      timestamp: header.timestamp,
      messages: nextMessage - firstMessage,
      transactions: transactions.flatMap((entry) => (entry.kind === "signed" ? [entry.raw] : [])),
    },
  };
}
