import type { Inflater } from "../../batch/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { BatchRecord, ChainState, ContextBody } from "../../rollup/index.ts";
import type { BufferTree } from "../commitments.ts";

// What is around the transactions (docs/machine.md §16): the structs of contracts/machine/types/ with live values in place of
// their hashes. Amounts of gas that blocks count are bigints, as in headers.

/** A payload and what has been inflated of it. */
export interface Stream {
  readonly inflater: Inflater;
  /** Commitments to the payload and to the first bytes of the content; of all of it where there is a prover. */
  payloadTree: BufferTree | undefined;
  contentTree: BufferTree | undefined;
  /** Bytes of the content that `contentTree` commits to. */
  committedLength: number;
}

/** A deposit under way. */
export interface Deposit {
  readonly kind: "deposit";
  /** Wei. */
  readonly mint: bigint;
  readonly refundTo: Address;
  /** Balance of the sender before `mint`, in wei; 0 until then. */
  readonly balanceBefore: bigint;
}

/** A context message under way. */
export interface Context {
  readonly kind: "context";
  readonly body: ContextBody;
}

/** Between batches: all there is of a machine then. */
export interface BetweenBatches {
  readonly kind: "between-batches";
  readonly state: ChainState;
}

/** Within a batch. The fields from `transactionsLeft` on are 0 between blocks. */
export interface Chain {
  readonly kind: "in-batch";
  /** Of the last block. */
  blockHash: Hash;
  outboxRoot: Hash;
  /** Batches before this one, which is its index. */
  readonly batchCount: number;
  /** Messages read so far. */
  messageCount: number;
  readonly messagesUpTo: number;
  /** L1 seconds. */
  readonly batchTimestamp: number;
  /** Undefined once the payload has ended: nothing more is read. */
  stream: Stream | undefined;
  /** In the content: what is parsed next. */
  position: number;
  /** Blocks the payload has given. */
  blockCount: number;
  /** Listed transactions of the block still to come. */
  transactionsLeft: number;
  /** Index at which the messages of the block end. */
  messagesEnd: number;
  /** What messages of the block may still weigh, in gas. */
  messageWeight: bigint;
  /** Gas in the bucket. */
  gasLeft: bigint;
  /** Gas used by deposits of the block. */
  depositGas: bigint;
  /** For the header of the block. */
  gasExcess: bigint;
  gasCapacity: bigint;
  gasPerSecond: bigint;
  /** The message under way. */
  message: Deposit | Context | undefined;
}

/** What of a Chain decides which blocks, messages and transactions a batch gives. */
export interface BatchProgress extends Pick<
  Chain,
  | "messageCount"
  | "messagesUpTo"
  | "batchTimestamp"
  | "position"
  | "blockCount"
  | "transactionsLeft"
  | "messagesEnd"
  | "messageWeight"
  | "gasLeft"
> {
  /** Undefined once the payload has ended. */
  stream: object | undefined;
}

/** `Chain` as `LoadBatch` makes it: before the first block of a batch. */
export function newChain(
  { blockHash, outboxRoot, batchCount, messageCount }: ChainState,
  { messagesUpTo, timestamp }: Pick<BatchRecord, "messagesUpTo" | "timestamp">,
): Chain {
  return {
    kind: "in-batch",
    blockHash,
    outboxRoot,
    batchCount,
    messageCount,
    messagesUpTo,
    batchTimestamp: timestamp,
    stream: undefined,
    position: 0,
    blockCount: 0,
    ...NO_BLOCK_FIELDS,
  };
}

/** The fields of a Chain that belong to a block, between blocks. */
export const NO_BLOCK_FIELDS = {
  transactionsLeft: 0,
  messagesEnd: 0,
  messageWeight: 0n,
  gasLeft: 0n,
  depositGas: 0n,
  gasExcess: 0n,
  gasCapacity: 0n,
  gasPerSecond: 0n,
  message: undefined,
} as const;

/** `The payload ends`: nothing more is read of it. */
export function endPayload(chain: BatchProgress): void {
  chain.stream = undefined;
  chain.transactionsLeft = 0;
}
