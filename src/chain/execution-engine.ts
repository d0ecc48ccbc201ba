import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { Block, BlockHeader, InboxMessage, Log, Receipt } from "./types.ts";
import type { SignedTransaction } from "./signed-transaction.ts";
import type { ProcessingResult, TransactionMessage } from "./transaction-executor.ts";

/** Why a transaction leaves no trace in a block (specification §3 rule 5). */
export type SkipReason =
  | { readonly kind: "nonce-too-low"; readonly expected: bigint; readonly actual: bigint }
  | { readonly kind: "nonce-too-high"; readonly expected: bigint; readonly actual: bigint }
  | { readonly kind: "insufficient-funds"; readonly balance: bigint; readonly required: bigint }
  | { readonly kind: "fee-below-base-fee"; readonly maxFeePerGas: bigint; readonly baseFee: bigint }
  | { readonly kind: "gas-below-intrinsic"; readonly gasLimit: bigint; readonly required: bigint }
  | { readonly kind: "block-gas-exceeded"; readonly gasLimit: bigint; readonly available: bigint }
  | { readonly kind: "sender-has-code"; readonly sender: Address }
  | { readonly kind: "invalid"; readonly message: string };

export type TransactionOutcome =
  { readonly kind: "included"; readonly receipt: Receipt } | { readonly kind: "skipped"; readonly reason: SkipReason };

/** Values fixed at the begin of a block (specification §4). */
export interface BlockEnvironment {
  readonly number: number;
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  readonly prevRandao: Hash;
  /** Wei per calldata token. */
  readonly dataPrice: bigint;
}

/**
 * One block being executed on top of its parent. Calls must not overlap: each is awaited before the next. A call that
 * rejects (the database failed, a message out of turn) ends the block: every further one rejects.
 */
export interface BlockExecution {
  readonly environment: BlockEnvironment;
  /** Gas used so far. */
  readonly gasUsed: bigint;
  /** Consumes the next Inbox message; a deposit gives a receipt, a context none. */
  executeMessage(message: InboxMessage): Promise<Receipt | undefined>;
  /** Runs a transaction, or says why it is skipped; a skipped one leaves the state as it was. */
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
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hash[] }[];
  readonly authorizationList?: readonly AuthorizationRequest[];
}

/** An EIP-7702 authorization whose authority is already known. */
export interface AuthorizationRequest {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

export type StateOverrides = ReadonlyMap<Address, AccountOverride>;

export interface AccountOverride {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Uint8Array;
  /** Replaces all storage. */
  readonly state?: ReadonlyMap<Hash, Hash>;
  /** Replaces these slots. */
  readonly stateDiff?: ReadonlyMap<Hash, Hash>;
  /** Where the precompile of this account is to be instead, which nothing else overrides. */
  readonly movePrecompileTo?: Address;
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

/** The state as it is while an observed transaction runs; not to be used after `onTransactionEnd`. */
export interface ObservedState {
  getAccount(
    address: Address,
  ): { readonly nonce: bigint; readonly balance: bigint; readonly code: Uint8Array } | undefined;
  getStorageAt(address: Address, slot: Hash): Hash;
}

/** A step of the machine's trace of a transaction, for people (docs/machine.md §6). */
export interface StepReport {
  /** Position in the trace; 0 is `start`. */
  readonly index: number;
  /** The instruction in `Execute`, else the phase. */
  readonly name: string;
  /** The phase of the state after the step. */
  readonly next: string;
  /** Undefined outside frames. */
  readonly frame:
    | {
        readonly depth: number;
        readonly pc: number;
        /** Before and after the step. */
        readonly gas: readonly [before: number, after: number];
        /** What the instruction takes, top first. */
        readonly operands: readonly bigint[];
      }
    | undefined;
  /** What the step has changed, a line each. */
  readonly changes: readonly string[];
}

/** Callbacks during execution; all optional, all synchronous. */
export interface ExecutionObserver {
  /**
   * After every step of a signed transaction on the machine, decoding and settlement included. Where this is given, the
   * machine calls nothing else; other engines never call it.
   */
  onMachineStep?(step: StepReport): void;
  /** Before anything of the transaction (of a deposit: the mint too) has changed the state. */
  onTransactionStart?(transaction: {
    readonly from: Address;
    readonly to: Address | undefined;
    readonly coinbase: Address;
    /** Who signed the EIP-7702 authorizations, whether they hold or not. */
    readonly authorities: readonly Address[];
    /** Of a deposit, who gets what of the mint is left. */
    readonly refundTo: Address | undefined;
    /** Lives on until `onTransactionEnd`. */
    readonly state: ObservedState;
  }): void;
  /** When fees and refunds are settled. */
  onTransactionEnd?(transaction: { readonly state: ObservedState }): void;
  /**
   * Opcodes that `onStep` is told of; all if this is not given. What it is not told of runs much faster. An observer that
   * gives it is not told of calls that are refused.
   */
  readonly opcodes?: ReadonlySet<number>;
  /** An instruction, before it runs; the STOP behind the end of a code is one. The bytes are the observer's only until it returns. */
  onStep?(step: {
    readonly depth: number;
    readonly pc: number;
    readonly opcode: number;
    readonly opcodeName: string;
    readonly gas: bigint;
    /**
     * What the instruction costs, with what a call (but not a creation) passes on without the stipend; of an instruction that
     * halts, what its opcode costs at least.
     */
    readonly gasCost: bigint;
    readonly address: Address;
    readonly stack: readonly bigint[];
    readonly memory: Uint8Array;
    /** What RETURNDATACOPY would read. */
    readonly returnData: Uint8Array;
    /** The refund counter in gas; an SSTORE has moved it already. */
    readonly refund: bigint;
  }): void;
  /** A call or creation, also one that is refused (too deep, too little balance, address taken) and ends at once. */
  onCallStart?(call: {
    readonly depth: number;
    readonly kind: "CALL" | "DELEGATECALL" | "STATICCALL" | "CALLCODE" | "CREATE" | "CREATE2";
    readonly from: Address;
    readonly to: Address | undefined;
    readonly value: bigint;
    readonly gas: bigint;
    readonly input: Uint8Array;
  }): void;
  onCallEnd?(result: {
    readonly depth: number;
    readonly gasUsed: bigint;
    readonly output: Uint8Array;
    /** Why it failed, in go-ethereum's words; of a revert `REVERT_ERROR`. */
    readonly error: string | undefined;
    readonly createdAddress: Address | undefined;
  }): void;
}

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

/** Content-addressed store of trie nodes and code; written by `seal`, never pruned (history stays readable). */
export interface StateDatabase {
  get(hash: Uint8Array): Uint8Array | undefined;
  /** Durable no later than the next committed write of the block that refers to it. */
  putMany(entries: readonly (readonly [hash: Uint8Array, value: Uint8Array])[]): void | Promise<void>;
}
