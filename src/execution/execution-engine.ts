import type { AccessListItem, Authorization, Log, SignedTransaction, SkipReason } from "../ethereum/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { Block, BlockHeader, InboxMessage, Receipt, BlockEnvironment } from "../rollup/index.ts";
import type { ExecutionObserver } from "./observer.ts";
import type { StateOverrides } from "./state-overrides.ts";
import type { ProcessingResult } from "./transaction-executor.ts";
import type { TransactionMessage } from "./transaction-message.ts";

export type TransactionOutcome =
  { readonly kind: "included"; readonly receipt: Receipt } | { readonly kind: "skipped"; readonly reason: SkipReason };

/**
 * One block being executed on top of its parent. Calls must not overlap: each is awaited before the next. A call that
 * rejects (the database failed, a message out of turn) ends the block: every further one rejects.
 */
export interface BlockExecution {
  readonly environment: BlockEnvironment;
  /** Gas used so far. */
  readonly gasUsed: bigint;
  /** Gas of the bucket that is left for transactions (specification §4): what the next one may ask for at most. */
  readonly gasLeft: bigint;
  /** Whether the bucket pays for listing a transaction of so many bytes, valid or not. None else may be executed. */
  paysForListing(length: number): boolean;
  /** Takes out of the bucket what a listed transaction of so many bytes costs that is skipped. */
  chargeSkipped(length: number): void;
  /** Consumes the next Inbox message; a deposit gives a receipt, a context none. */
  executeMessage(message: InboxMessage): Promise<Receipt | undefined>;
  /** Runs a transaction, or says why it is skipped; a skipped one leaves state and bucket as they were. */
  executeTransaction(transaction: SignedTransaction): Promise<TransactionOutcome>;
  /** Ends the block: state written to the engine's state database, header and roots computed. */
  seal(): Promise<Block>;
}

/** A transaction to simulate, as of `eth_call`. */
export interface CallRequest {
  readonly from: Address;
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  readonly data: Uint8Array;
  readonly value: bigint;
  readonly gas: bigint;
  /** Effective gas price in wei; 0 runs without fees. */
  readonly gasPrice: bigint;
  readonly accessList?: readonly AccessListItem[];
  readonly authorizationList?: readonly Authorization[];
}

/** A transaction of a stored block, and all it takes to run the block again up to there. */
export interface ReplayPoint {
  readonly parent: Block;
  readonly block: Block;
  readonly transactionHash: Hash;
  /** Those the block has consumed, in order; others are passed over. */
  readonly messages: readonly InboxMessage[];
}

export interface CallOptions {
  /** Header whose post-state the call reads. */
  readonly at: BlockHeader;
  /** In place of that post-state, the state before a transaction of the same block. */
  readonly before?: ReplayPoint;
  /** Environment fields that differ from those of `at` (as for a pending block). */
  readonly environment?: Partial<BlockEnvironment>;
  /** Wei; what BLOBBASEFEE gives in place of 1. */
  readonly blobBaseFee?: bigint;
  readonly stateOverrides?: StateOverrides;
  /** Sees every opcode; for `debug_trace*`, `eth_createAccessList`. */
  readonly observer?: ExecutionObserver;
}

export type CallOutcome =
  | {
      readonly kind: "success";
      readonly gasUsed: bigint;
      readonly output: Uint8Array;
      readonly logs: readonly Log[];
      readonly contractAddress: Address | undefined;
    }
  | { readonly kind: "revert"; readonly gasUsed: bigint; readonly output: Uint8Array }
  /** Exceptional halt (out of gas, invalid opcode, …). */
  | { readonly kind: "halt"; readonly gasUsed: bigint; readonly error: string }
  /** It did not run, and could not as a transaction. */
  | { readonly kind: "refused"; readonly gasUsed: 0n; readonly error: string };

/** A call that is simulated as a transaction of a block. */
export interface SimulatedCall {
  readonly message: TransactionMessage;
  /** The transaction it stands for in the block: its encoding, as if it were signed, and hash. */
  readonly raw: Uint8Array;
  readonly hash: Hash;
  /** Whether a gas price below the base fee is refused even if it is 0. */
  readonly validatesFees: boolean;
  readonly observer?: ExecutionObserver;
}

/** One simulated block. Calls must not overlap: each is awaited before the next. */
export interface SimulatedBlock {
  readonly environment: BlockEnvironment;
  /** Gas used so far. */
  readonly gasUsed: bigint;
  /** The nonce an account has now. */
  nonce(address: Address): bigint;
  call(call: SimulatedCall): Promise<ProcessingResult>;
  /** Ends the block, as a real one ends. */
  seal(): Promise<Block>;
}

/** Blocks on top of a stored one, each on the one before. Nothing of them gets into the state database. */
export interface Simulation {
  /** Starts the next block: the child of the last one, with overrides of its state, which stay, and of its environment. */
  openBlock(options: {
    readonly timestamp: number;
    readonly environment: Partial<BlockEnvironment>;
    readonly blobBaseFee?: bigint | undefined;
    readonly stateOverrides?: StateOverrides | undefined;
  }): Promise<SimulatedBlock>;
  /** To be called once, at the end. */
  close(): void;
}

export interface AccountState {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Hash;
  readonly storageRoot: Hash;
}

/** Merkle proof of an account and some of its slots, as of `eth_getProof`. */
export interface AccountProof {
  readonly account: AccountState;
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hash; readonly value: bigint; readonly proof: readonly Hex[] }[];
}

/**
 * Executes blocks and calls under the rules of specification §4. The only part of the node that knows the EVM; the
 * project's own machine is a second implementation of it.
 */
export interface ExecutionEngine {
  readonly name: "ethereumjs" | "machine";
  /** Starts the child block of `parent`. `firstMessage` is the index of the next unconsumed Inbox message. */
  openBlock(
    parent: { readonly hash: Hash; readonly header: BlockHeader; readonly nextMessage: number },
    attributes: { readonly timestamp: number },
  ): Promise<BlockExecution>;
  /** Throws an InvalidOverrideError for overrides that cannot be. */
  call(request: CallRequest, options: CallOptions): Promise<CallOutcome>;
  /** Starts a simulation on top of a stored block. Opening a block throws an InvalidOverrideError for what cannot be. */
  simulate(base: {
    readonly hash: Hash;
    readonly header: BlockHeader;
    readonly nextMessage: number;
  }): Promise<Simulation>;
  /**
   * Runs the transactions of a stored block again, in order, up to and including `through`. Asks before each who watches it,
   * if anybody; what `observe` rejects with ends the replay.
   */
  replay(options: {
    readonly parent: Block;
    readonly block: Block;
    readonly through: Hash;
    readonly messages: readonly InboxMessage[];
    readonly observe: (transactionHash: Hash) => Promise<ExecutionObserver | undefined>;
  }): Promise<void>;
  getAccount(stateRoot: Hash, address: Address): Promise<AccountState | undefined>;
  getCode(stateRoot: Hash, address: Address): Promise<Uint8Array>;
  getStorageAt(stateRoot: Hash, address: Address, slot: Hash): Promise<Hash>;
  getProof(stateRoot: Hash, address: Address, slots: readonly Hash[]): Promise<AccountProof>;
}
