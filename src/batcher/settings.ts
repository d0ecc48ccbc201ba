import { BLOB_PAYLOAD_SIZE, largestFittingBlock } from "../batch/index.ts";
import { MAXIMUM_BLOBS_PER_TRANSACTION } from "../l1/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { BatcherError } from "./errors.ts";
import type { BatcherOptions, DataKind } from "./types.ts";

/** Bytes the Inbox takes as calldata (specification §2); with the rest of the call half of what geth's pool takes. */
export const MAXIMUM_CALLDATA_PAYLOAD = 65_536;
const MAXIMUM_BLOB_PAYLOAD = MAXIMUM_BLOBS_PER_TRANSACTION * BLOB_PAYLOAD_SIZE;

/**
 * Most bytes that a block's encoding may have, so that a batcher of that data kind can post it however little it compresses: a
 * block is never split over batches. Undefined where blobs hold more than any block.
 */
export function maximumBlockBytesFor(dataKind: DataKind): number | undefined {
  return dataKind === "calldata" ? largestFittingBlock(MAXIMUM_CALLDATA_PAYLOAD) : undefined;
}

/** The batcher's options with their defaults, and what the rollup says. */
export interface BatcherSettings {
  readonly dataKind: DataKind;
  readonly maximumPayloadBytes: number;
  readonly targetPayloadBytes: number;
  readonly maximumInFlight: number;
  /** Seconds of age of the oldest block not posted at which a batch is posted. */
  readonly interval: number;
  /** Seconds after which anyone may have a message included. */
  readonly forceInclusionDelay: number;
  /** Seconds before the end of that by which a message must be read. */
  readonly inclusionMargin: number;
  /** Milliseconds before a batch is tried again after the first that reverted. */
  readonly firstRetryDelay: number;
}

/** @throws BatcherError `invalid-options` */
export function resolveSettings(
  options: Omit<BatcherOptions, "chain" | "client" | "transactions" | "records" | "blobArchive" | "now">,
  { forceInclusionDelay }: Pick<RollupConfig["parameters"], "forceInclusionDelay">,
): BatcherSettings {
  const { dataKind } = options;
  const largestPayload = dataKind === "calldata" ? MAXIMUM_CALLDATA_PAYLOAD : MAXIMUM_BLOB_PAYLOAD;
  const maximumPayloadBytes = options.maximumPayloadBytes ?? largestPayload;
  const maximumInFlight = options.maximumInFlight ?? 1;
  if (maximumPayloadBytes > largestPayload) {
    throw new BatcherError({
      kind: "invalid-options",
      message: `expected at most ${largestPayload} payload bytes for data kind ${dataKind}, got ${maximumPayloadBytes}`,
    });
  }
  if (!Number.isSafeInteger(maximumInFlight) || maximumInFlight < 1) {
    throw new BatcherError({
      kind: "invalid-options",
      message: `expected at least one batch in flight, got ${maximumInFlight}`,
    });
  }
  return {
    dataKind,
    maximumPayloadBytes,
    targetPayloadBytes: options.targetPayloadBytes ?? maximumPayloadBytes,
    maximumInFlight,
    interval: options.interval ?? 60,
    forceInclusionDelay,
    inclusionMargin: options.inclusionMargin ?? Math.min(3600, Math.floor(forceInclusionDelay / 4)),
    firstRetryDelay: (options.retryDelay ?? 12) * 1000,
  };
}
