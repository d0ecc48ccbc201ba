import type { Log } from "../ethereum/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";

/** The fields of a block header that vary; the constant ones are in `header.ts` (specification §4). */
export interface BlockHeader {
  readonly parentHash: Hash;
  readonly coinbase: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Hex;
  readonly number: number;
  /** Gas that stood at the disposal of its transactions, or the gas used where deposits used more (specification §4). */
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Most gas the bucket that pays for blocks and transactions holds; the same in every block of a chain. */
  readonly gasCapacity: bigint;
  /** Gas that each second of L2 time adds to the bucket: the chain's speed; the same in every block of a chain. */
  readonly gasPerSecond: bigint;
  /** Gas this block left in the bucket. */
  readonly gasLevel: bigint;
  /** Gas used beyond the target before this block: what its base fee depends on. */
  readonly gasExcess: bigint;
  /** Seconds. */
  readonly timestamp: number;
  readonly prevRandao: Hash;
  /** Wei per gas. */
  readonly baseFeePerGas: bigint;
  /** Root of the Outbox after this block; stands in the header's `withdrawalsRoot`. */
  readonly outboxRoot: Hash;
}

/** An Inbox message (specification §2). `index` and `hash` identify it; `enqueuedAt` is in L1 seconds. */
export type InboxMessage = DepositMessage | ContextMessage;

export interface DepositMessage {
  readonly kind: "deposit";
  readonly index: number;
  readonly hash: Hash;
  readonly enqueuedAt: number;
  readonly sender: Address;
  readonly to: Address;
  /** Wei. */
  readonly mint: bigint;
  /** Wei. */
  readonly value: bigint;
  readonly gasLimit: bigint;
  readonly refundTo: Address;
  readonly data: Uint8Array;
}

export interface ContextMessage {
  readonly kind: "context";
  readonly index: number;
  readonly hash: Hash;
  readonly enqueuedAt: number;
  /** L1 block number. */
  readonly number: number;
  /** L1 timestamp in seconds. */
  readonly timestamp: number;
  /** Wei per gas. */
  readonly baseFee: bigint;
  /** Wei per blob gas. */
  readonly blobBaseFee: bigint;
  readonly parentHash: Hash;
}

/** What derivation or the sequencer gives for one block: everything its execution depends on besides the parent. */
export interface BlockInput {
  /** Seconds; already clamped. */
  readonly timestamp: number;
  readonly messages: readonly InboxMessage[];
  /** Raw EIP-2718 bytes as they are listed, possibly invalid. */
  readonly transactions: readonly Uint8Array[];
}

/** A transaction as it stands in a block. */
export type BlockTransaction =
  | { readonly kind: "deposit"; readonly hash: Hash; readonly message: DepositMessage; readonly nonce: bigint }
  | { readonly kind: "signed"; readonly hash: Hash; readonly raw: Uint8Array; readonly sender: Address };

export interface Receipt {
  readonly transactionHash: Hash;
  readonly status: 0 | 1;
  /** Gas used by this transaction, data gas included. */
  readonly gasUsed: bigint;
  readonly cumulativeGasUsed: bigint;
  /** Data gas (specification §4); 0 for deposits. */
  readonly dataGas: bigint;
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly Log[];
  readonly contractAddress: Address | undefined;
}

/** A block with its results: what storage keeps and RPC serves. */
export interface Block {
  readonly hash: Hash;
  readonly header: BlockHeader;
  readonly transactions: readonly BlockTransaction[];
  readonly receipts: readonly Receipt[];
  /** Index of the first Inbox message this block consumed, were it to consume any. */
  readonly firstMessage: number;
  /** Index of the first Inbox message not consumed by the chain up to and including this block. */
  readonly nextMessage: number;
}

/** A message from L2 to L1 (specification §5). */
export interface Withdrawal {
  readonly index: number;
  readonly sender: Address;
  readonly target: Address;
  /** Wei. */
  readonly value: bigint;
  readonly minimumGas: bigint;
  readonly data: Uint8Array;
}
