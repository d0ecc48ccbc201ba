import { NO_BLOCK_FIELDS } from "../machine/index.ts";
import type { BatchProgress } from "../machine/index.ts";
import type { Batch, DerivationCursor } from "./types.ts";

/** Stands for the stream of a payload that is read somewhere else. */
const STREAM_ELSEWHERE = {};

/** A batch of which nothing is derived yet. */
export function batchProgress(
  { nextMessage }: Pick<DerivationCursor, "nextMessage">,
  { messagesUpTo, timestamp }: Pick<Batch, "messagesUpTo" | "timestamp">,
): BatchProgress {
  return {
    ...NO_BLOCK_FIELDS,
    messageCount: nextMessage,
    messagesUpTo,
    batchTimestamp: timestamp,
    stream: STREAM_ELSEWHERE,
    position: 0,
    blockCount: 0,
  };
}
