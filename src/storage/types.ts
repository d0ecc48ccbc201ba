import type { Batch } from "../derivation/index.ts";
import type { Log, StateDatabase } from "../ethereum/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Block, BlockHeader, BlockTransaction, InboxMessage, Receipt } from "../rollup/index.ts";

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

/** A block without its transactions and receipts. */
export type BlockSummary = Pick<Block, "hash" | "header" | "firstMessage" | "nextMessage">;

/** Which logs to find, as of `eth_getLogs`. */
export interface LogFilter {
  /** Any of these; empty is any address. */
  readonly addresses: readonly Address[];
  /** At each position any of these; empty is any topic, but a log must have at least as many topics as positions. */
  readonly topics: readonly (readonly Hash[])[];
}

/** A log with its place in the chain. */
export interface FoundLog {
  readonly log: Log;
  readonly header: BlockHeader;
  readonly blockHash: Hash;
  readonly transactionHash: Hash;
  /** Position of the transaction in its block. */
  readonly transactionIndex: number;
  /** Position of the log in its block. */
  readonly logIndex: number;
}

/**
 * The L2 chain on disk, for reading. Reads are synchronous (memory-mapped). Methods that take a number see the canonical
 * chain; those that take a hash also see removed blocks. Before the genesis block is appended, there is no block and all
 * heads are 0.
 */
export interface ReadableChainStore {
  readonly state: StateDatabase;
  getHeads(): Heads;
  getBlock(number: number): Block | undefined;
  getBlockByHash(hash: Hash): Block | undefined;
  getBlockHash(number: number): Hash | undefined;
  /** Much cheaper than `getBlock`. */
  getSummary(number: number): BlockSummary | undefined;
  /** Much cheaper than `getBlockByHash`. */
  getSummaryByHash(hash: Hash): BlockSummary | undefined;
  getHeader(number: number): BlockHeader | undefined;
  getHeaderByHash(hash: Hash): BlockHeader | undefined;
  getTransactions(blockHash: Hash): readonly BlockTransaction[] | undefined;
  getReceipts(blockHash: Hash): readonly Receipt[] | undefined;
  /** Hashes of the Inbox messages a block consumed, contexts included, in order. */
  getMessageHashes(blockHash: Hash): readonly Hash[] | undefined;
  /**
   * Logs of the canonical blocks `fromBlock` … `toBlock` (both included, clamped to the latest) in order. Lets other work
   * run between chunks of blocks; blocks that leave the chain meanwhile are not found.
   */
  findLogs(range: { readonly fromBlock: number; readonly toBlock: number }, filter: LogFilter): AsyncIterable<FoundLog>;
  /** Canonical blocks only. */
  getTransactionLocation(hash: Hash): TransactionLocation | undefined;
  getDerivedBatch(index: number): DerivedBatch | undefined;
  /** Number of batches derived. */
  derivedBatchCount(): number;
  /** The first batch whose `lastBlock ≥ number`, if derived. */
  findBatchOfBlock(number: number): DerivedBatch | undefined;
}

/** The L2 chain on disk. Every writing method is one atomic, durable transaction. */
export interface ChainStore extends ReadableChainStore {
  /**
   * Appends a block on `latest`, the first one being the genesis block. Throws if it is not the child of the latest block.
   * @param messageHashes hashes of the `nextMessage - firstMessage` Inbox messages it consumed
   */
  appendBlock(block: Block, messageHashes?: readonly Hash[]): Promise<void>;
  /** As `appendBlock` for each of several blocks in order, all in one transaction, which costs little more than one. */
  appendBlocks(blocks: readonly { readonly block: Block; readonly messageHashes: readonly Hash[] }[]): Promise<void>;
  /**
   * Makes `number` the latest block and gives back the removed blocks, lowest first. Heads above it fall to it, and
   * derived batches that reach above it are forgotten.
   */
  rewindTo(number: number): Promise<readonly Block[]>;
  /**
   * Records what a batch became and advances `safe` to its last block. Batches come in order.
   * @param rewindCount `InboxStore.rewindCount` when the batch was read: throws if L1 has taken back anything since
   */
  putDerivedBatch(derived: DerivedBatch, rewindCount?: number): Promise<void>;
  /** As `putDerivedBatch` for each of several in order, all in one transaction, which costs little more than one. */
  putDerivedBatches(derived: readonly DerivedBatch[], rewindCount?: number): Promise<void>;
  /** Forgets derived batches from `index` on; `safe` and `finalized` fall back with them. */
  rewindDerivedBatches(index: number): Promise<void>;
  /** Advances the finalized head. Throws if it is above `safe` or below the finalized head. */
  setFinalized(number: number): Promise<void>;
  /** Closes the whole database, as `NodeDatabase.close`. */
  close(): Promise<void>;
}

/** What tells payloads apart: the hash is of the payload itself or of names of blobs, which only the kind says. */
export type PayloadIdentity = Pick<Batch, "kind" | "dataHash">;

/**
 * A batch to store. Its payload may be left out if the store has it, or an earlier batch stored with it brings it. With it come the
 * high bytes of the elements of its blobs, unless all are 0: whoever proves what the blobs were needs them.
 */
export type BatchToStore = Omit<Batch, "payload"> &
  Partial<Pick<Batch, "payload">> & { readonly highBytes?: Uint8Array | undefined };

/** An Inbox event with the L1 block it stands in. */
export type InboxEvent =
  | {
      readonly kind: "message";
      readonly message: InboxMessage;
      readonly block: L1BlockReference;
      readonly transactionHash: Hash;
    }
  | {
      readonly kind: "batch";
      readonly batch: BatchToStore;
      readonly block: L1BlockReference;
      readonly transactionHash: Hash;
    };

/** The Inbox's two lists as read from L1, on disk, for reading. */
export interface ReadableInboxStore {
  /** Last L1 block whose events are stored, if any. */
  getSyncedBlock(): L1BlockReference | undefined;
  /**
   * L1 blocks that were once synced or hold an event, highest first, for finding a common ancestor after a reorg: all
   * recent ones, and ever fewer of the older ones.
   */
  getCheckpoints(): readonly L1BlockReference[];
  /** Number of rewinds so far: while it stays the same, entries once read are still there. */
  rewindCount(): number;
  messageCount(): number;
  batchCount(): number;
  getMessage(index: number): InboxMessage | undefined;
  getBatch(index: number): Batch | undefined;
  /** As `getBatch`, without reading the payload, which may have 4 MB. */
  getBatchRecord(index: number): Omit<Batch, "payload"> | undefined;
  /** The payload that some batch has. */
  getPayload(identity: PayloadIdentity): Uint8Array | undefined;
  /** The high bytes of the elements of the blobs that a payload was taken out of; undefined if all are 0, or there are none. */
  getHighBytes(identity: PayloadIdentity): Uint8Array | undefined;
  /** Whether some batch has this payload. */
  hasPayload(identity: PayloadIdentity): boolean;
  /** L1 block and transaction of an entry. */
  getMessageOrigin(index: number): { readonly block: L1BlockReference; readonly transactionHash: Hash } | undefined;
  getBatchOrigin(index: number): { readonly block: L1BlockReference; readonly transactionHash: Hash } | undefined;
  findMessageByHash(hash: Hash): InboxMessage | undefined;
}

/** The Inbox's two lists as read from L1, on disk. */
export interface InboxStore extends ReadableInboxStore {
  /**
   * Stores the events of L1 blocks after the synced one up to `synced` (in order) atomically. A payload is stored once,
   * however many batches have it. Throws if an entry is not the next of its list, or a payload is missing.
   */
  append(events: readonly InboxEvent[], synced: L1BlockReference): Promise<void>;
  /**
   * Drops everything from L1 blocks after `block` (and the payloads that no other batch has), which becomes the synced one; in the same transaction, the chain
   * forgets the derived batches that are gone, as by `ChainStore.rewindDerivedBatches`. Undefined drops all.
   */
  rewindTo(
    block: L1BlockReference | undefined,
  ): Promise<{ readonly batchCount: number; readonly messageCount: number }>;
}

/** Where the units of a batch stand among those of all batches. */
export interface TracedBatch {
  readonly firstUnit: number;
  /** At least 1. */
  readonly unitCount: number;
  /** keccak256 of the hashes of its units, one after another. */
  readonly checksum: Hash;
}

/**
 * The boundary states of the machine after every unit of derived batches (docs/machine.md §16): their hashes, of 32 bytes each, from
 * the first batch on as far as they are known. For reading.
 */
export interface ReadableTraceStore {
  /** Number of batches whose units are stored. */
  batchCount(): number;
  /** Number of units of all of them. */
  unitCount(): number;
  getBatch(index: number): TracedBatch | undefined;
  /** The hashes of `count` units from unit `first` of all on. @throws RangeError if they are not all there */
  readUnits(first: number, count: number): Uint8Array;
}

/** The boundary states of the machine, on disk. They are forgotten in the transaction in which their batch is no more derived. */
export interface TraceStore extends ReadableTraceStore {
  /**
   * Stores the hashes of the units of the next batches, in order, in one atomic, durable transaction.
   * @param rewindCount `InboxStore.rewindCount` when the batches were read: throws if L1 has taken back anything since, or
   * a batch is not the next one, or not derived
   */
  appendBatches(
    batches: readonly { readonly batch: number; readonly hashes: Uint8Array }[],
    rewindCount: number,
  ): Promise<void>;
}

/**
 * Small durable key-value records of the roles (pending L1 transactions, mempool journal, …). Values are what the
 * structured clone algorithm takes: bigint, Uint8Array, Map, Date, … keep their type. Keys are 1 to 1,000 bytes of UTF-8.
 */
export interface RecordStore {
  get<T>(key: string): T | undefined;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Several changes in one atomic, durable transaction; an undefined value deletes. */
  write(changes: Iterable<readonly [key: string, value: unknown]>): Promise<void>;
  /** Entries whose key starts with `prefix`, in key order. */
  entries<T>(prefix: string): Iterable<readonly [key: string, value: T]>;
}

/** Opens (creating if needed) the database of one node in a folder. */
export interface NodeDatabase {
  readonly chain: ChainStore;
  readonly inbox: InboxStore;
  readonly traces: TraceStore;
  records(namespace: string): RecordStore;
  /** Writes a copy of the database, as it is at one moment, to a file that does not exist; it is `data.mdb` of another folder. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/** The database of one node, read on another thread of the process that has it open. */
export interface NodeDatabaseReader {
  readonly chain: ReadableChainStore;
  readonly inbox: ReadableInboxStore;
  readonly traces: ReadableTraceStore;
  /** What is read until the thread waits next is one state of the database: the newest as of this call. */
  refresh(): void;
  close(): Promise<void>;
}
