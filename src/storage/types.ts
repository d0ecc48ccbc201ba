import type { Block, InboxMessage, StateDatabase } from "../chain/index.ts";
import type { Batch } from "../derivation/index.ts";
import type { Hash } from "../primitives/index.ts";

/** An L1 block by number and hash. */
export interface L1BlockReference {
  readonly number: number;
  readonly hash: Hash;
}

/** The three heads of the L2 chain, by block number. `finalized ≤ safe ≤ latest`. */
export interface Heads {
  readonly latest: number;
  /** Last block whose batch is on L1. */
  readonly safe: number;
  /** Last block whose batch is in a final L1 block. */
  readonly finalized: number;
}

/** What derivation made of a batch: `lastBlock` is the last L2 block up to and including it. */
export interface DerivedBatch {
  readonly batch: number;
  readonly lastBlock: number;
  readonly lastBlockHash: Hash;
  readonly nextMessage: number;
  readonly outboxRoot: Hash;
}

export interface TransactionLocation {
  readonly blockNumber: number;
  readonly index: number;
}

/** The L2 chain on disk. Reads are synchronous (memory-mapped); every writing method is one atomic, durable transaction. */
export interface ChainStore {
  readonly state: StateDatabase;
  getHeads(): Heads;
  getBlock(number: number): Block | undefined;
  getBlockByHash(hash: Hash): Block | undefined;
  /** Canonical blocks only. */
  getTransactionLocation(hash: Hash): TransactionLocation | undefined;
  /** Appends a block on `latest`. Throws if it is not the child of the latest block. */
  appendBlock(block: Block): Promise<void>;
  /** Makes `number` the latest block and gives back the removed blocks, lowest first. Heads above it fall to it. */
  rewindTo(number: number): Promise<readonly Block[]>;
  /** Records what a batch became and advances `safe` to its last block. Batches come in order. */
  putDerivedBatch(derived: DerivedBatch): Promise<void>;
  getDerivedBatch(index: number): DerivedBatch | undefined;
  /** Number of batches derived. */
  derivedBatchCount(): number;
  /** Forgets derived batches from `index` on; `safe` and `finalized` fall back with them. */
  rewindDerivedBatches(index: number): Promise<void>;
  /** The first batch whose `lastBlock ≥ number`, if derived. */
  findBatchOfBlock(number: number): DerivedBatch | undefined;
  setFinalized(number: number): Promise<void>;
  close(): Promise<void>;
}

/** An Inbox event with the L1 block it stands in. */
export type InboxEvent =
  | { readonly kind: "message"; readonly message: InboxMessage; readonly block: L1BlockReference; readonly transactionHash: Hash }
  | { readonly kind: "batch"; readonly batch: Batch; readonly block: L1BlockReference; readonly transactionHash: Hash };

/** The Inbox's two lists as read from L1, on disk. */
export interface InboxStore {
  /** Last L1 block whose events are stored, if any. */
  getSyncedBlock(): L1BlockReference | undefined;
  /** Hash of a recent L1 block that was a synced block once, for finding a common ancestor after a reorg. */
  getCheckpoints(): readonly L1BlockReference[];
  /** Stores the events of L1 blocks up to `synced` (in order) atomically. */
  append(events: readonly InboxEvent[], synced: L1BlockReference): Promise<void>;
  /** Drops everything from L1 blocks after `block`. */
  rewindTo(block: L1BlockReference | undefined): Promise<{ readonly batchCount: number; readonly messageCount: number }>;
  messageCount(): number;
  batchCount(): number;
  getMessage(index: number): InboxMessage | undefined;
  getBatch(index: number): Batch | undefined;
  /** L1 block and transaction of an entry. */
  getMessageOrigin(index: number): { readonly block: L1BlockReference; readonly transactionHash: Hash } | undefined;
  getBatchOrigin(index: number): { readonly block: L1BlockReference; readonly transactionHash: Hash } | undefined;
  findMessageByHash(hash: Hash): InboxMessage | undefined;
}

/** Small durable key-value records of the roles (pending L1 transactions, mempool journal, …). */
export interface RecordStore {
  get<T>(key: string): T | undefined;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Entries whose key starts with `prefix`, in key order. */
  entries<T>(prefix: string): Iterable<readonly [key: string, value: T]>;
}

/** Opens (creating if needed) the database of one node in a folder. */
export interface NodeDatabase {
  readonly chain: ChainStore;
  readonly inbox: InboxStore;
  records(namespace: string): RecordStore;
  close(): Promise<void>;
}

