import type { Log, Precompiles, SkipReason } from "../ethereum/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../primitives/index.ts";
import type { Address, AppendOnlyMerkleTree, Hash } from "../primitives/index.ts";
import type { BlockHeader, Receipt } from "../rollup/index.ts";
import type { BetweenBatches, Chain } from "./chain/chain.ts";
import type { ChainSource } from "./chain/chain-source.ts";
import type { Code } from "./code.ts";
import type { BufferTree, Recorder } from "./commitments.ts";
import type { Memory } from "./memory.ts";
import type { Overlay, JournalMark } from "./overlay.ts";
import type { Phase } from "./phase.ts";
import type { Slice } from "./slice.ts";
import type { StateSink } from "./state-sink.ts";

// The machine as it runs (docs/machine.md §1): the structs of contracts/machine/types/ with live values in
// place of their hashes. Amounts of gas, lengths and positions are numbers (below 2^53), wei and nonces bigints.

/** The part of BlockContext that is fixed at the begin of the block. */
export interface Environment {
  /** A bigint from 2^53 on, where tests get but no chain; likewise the timestamp. */
  readonly number: number | bigint;
  readonly timestamp: number | bigint;
  readonly coinbase: Address;
  readonly gasLimit: bigint;
  readonly baseFee: bigint;
  readonly prevRandao: Hash;
  readonly chainId: bigint;
  readonly blobBaseFee: bigint;
  readonly dataPrice: bigint;
}

/** The environment of a machine of a chain between two blocks. */
export const OUTSIDE_BLOCKS: Environment = {
  number: 0,
  timestamp: 0,
  coinbase: ZERO_ADDRESS,
  gasLimit: 0n,
  baseFee: 0n,
  prevRandao: ZERO_HASH,
  chainId: 0n,
  blobBaseFee: 0n,
  dataPrice: 0n,
};

/** What the leaf of a receipt is made of (specification §4). */
export type UnhashedReceipt = Pick<Receipt, "transactionHash" | "status" | "cumulativeGasUsed" | "logs">;

/** What transactions add to a block. */
export interface BlockProgress {
  gasUsed: bigint;
  transactionCount: number;
  /** Over the transaction hashes, without those of `unhashed`; the next two likewise. Kept only when proving, or in a chain. */
  transactions: AppendOnlyMerkleTree;
  /** Over the receipt hashes. */
  receipts: AppendOnlyMerkleTree;
  /** 256 bytes; never changed in place. */
  bloom: Uint8Array;
  /** In a chain in fast mode: of the last transactions, until somebody asks for the hashes (`hashReceipts`). */
  readonly unhashed: UnhashedReceipt[];
  /** Raw bytes of the transaction to run next. */
  raw: Slice;
  /** 0 none yet, 1 the last transaction was included, 2 it was skipped. */
  outcome: 0 | 1 | 2;
}

export interface TransactionContext {
  raw: Slice;
  transactionHash: Hash;
  tokens: number;
  kind: number;
  nonce: bigint;
  maxPriorityFeePerGas: bigint;
  maxFeePerGas: bigint;
  gasLimit: number;
  isCreation: boolean;
  /** The zero address for a creation. */
  to: Address;
  value: bigint;
  data: Slice;
  dataTokens: number;
  cursor: number;
  payloadStart: number;
  listEnd: number;
  keysEnd: number;
  listAddress: Address;
  addressCount: number;
  slotCount: number;
  authorizationsStart: number;
  authorizationsEnd: number;
  authorizationCount: number;
  yParity: number;
  r: bigint;
  s: bigint;
  sender: Address;
  gasPrice: bigint;
  dataGas: bigint;
  intrinsicGas: number;
  floorGas: number;
  gas: number;
  status: 0 | 1;
  gasUsed: number;
}

export interface FrameContext {
  readonly parent: Frame | undefined;
  /** What to go back to on failure. */
  readonly savedJournal: JournalMark;
  /** Opcode that made it; 0xf1 or 0xf0 for the outermost. */
  readonly kind: number;
  readonly isStatic: boolean;
  readonly depth: number;
  readonly self: Address;
  readonly caller: Address;
  readonly value: bigint;
  readonly codeAddress: Address;
  readonly isDelegated: boolean;
  readonly input: Slice;
  readonly outOffset: number;
  readonly outLength: number;
}

export interface Frame {
  readonly context: FrameContext;
  code: Code;
  pc: number;
  gas: number;
  /** 1,024 items of 8 limbs of 32 bits, least significant limb first (word.ts). Only the first `stackSize` items mean anything. */
  readonly stack: Uint32Array;
  stackSize: number;
  readonly memory: Memory;
  returndata: Slice;
}

/** What the frames of one depth use one after the other. */
export interface FrameSpace {
  readonly stack: Uint32Array;
  /** Used again in fast mode only. */
  readonly memory: Memory;
}

export type ExitStatus = 0 | 1 | 2 | 3;

/** The pending operations of docs/machine.md §1. */
export type Pending =
  | { readonly kind: "load-account"; readonly resume: Phase; readonly owner: Address }
  | { readonly kind: "load-slot"; readonly resume: Phase; readonly owner: Address; readonly slot: Hash }
  | {
      readonly kind: "copy";
      readonly source: Slice;
      readonly sourceOffset: number;
      readonly destination: number;
      readonly length: number;
    }
  | {
      readonly kind: "absorb";
      readonly resume: Phase;
      readonly context: Hash;
      readonly source: Slice;
      readonly prefix: Uint8Array;
      readonly suffix: Uint8Array;
      readonly position: number;
      /** 200 bytes; undefined at position 0. */
      readonly sponge: Uint8Array | undefined;
      /** With `resume` FinishLog, the log that is being made: its address and topics are in the bloom already. */
      readonly log?: Log;
    }
  | { readonly kind: "digest"; readonly value: Hash; readonly context: Hash; readonly log?: Log }
  | {
      readonly kind: "reading";
      readonly dataHash: Hash;
      /** The payload so far, as a buffer. */
      readonly tree: BufferTree | undefined;
      /** Elements read. */
      readonly count: number;
    }
  | {
      readonly kind: "inflate";
      readonly resume: Phase;
      /** Bytes of content. */
      readonly needed: number;
    }
  | { readonly kind: "resume"; readonly resume: Phase }
  | {
      readonly kind: "exit";
      readonly status: ExitStatus;
      readonly output: Slice;
      /** Why the frame halted, for people. */
      readonly reason: string | undefined;
    };

export interface Machine {
  phase: Phase;
  /** What is around the transactions (docs/machine.md §16); undefined if there is nothing. */
  chain: BetweenBatches | Chain | undefined;
  /** What a chain reads besides the state; undefined without a chain, or if its blocks and messages are begun by hand. */
  readonly source: ChainSource | undefined;
  /** Number of batches at which the machine halts. */
  readonly target: number;
  /** `OUTSIDE_BLOCKS` between two blocks of a chain. */
  environment: Environment;
  block: BlockProgress;
  transaction: TransactionContext | undefined;
  frame: Frame | undefined;
  /** Stack, and memory to be used again, of the frames by depth, made when one first gets so deep (frame.ts). */
  readonly stacks: FrameSpace[];
  pending: Pending | undefined;
  readonly overlay: Overlay;
  /** In fast mode, what the access list names, in order: it becomes warm once the transaction is known to be valid. */
  readonly toWarm: { readonly address: Address; readonly slot: Hash | undefined }[];
  /** Logs of the transaction so far; a revert cuts them off. */
  readonly logs: Log[];
  refund: number;
  /** Where changes go to; undefined if nobody wants them (a proving machine tells its recorder). */
  sink: StateSink | undefined;
  /** Why the last transaction was skipped, for people. */
  skipReason: SkipReason | undefined;
  /** The last transaction that was included, with its logs, for whoever makes its receipt. */
  included: { readonly transaction: TransactionContext; readonly logs: readonly Log[] } | undefined;
  /** How the outermost frame of the last transaction ended, for people (`transaction.status` is what counts); undefined if there was none. */
  exit: Extract<Pending, { readonly kind: "exit" }> | undefined;
  /**
   * Whether steps are as fine as docs/machine.md has them (faults, loads, micro-steps). Otherwise bulk work is done at once and state is read
   * where it is needed; the end of the transaction is the same.
   */
  isProving: boolean;
  /** In place of Osaka's at their own addresses: of a simulation with overrides, which nobody proves. */
  readonly precompiles: Precompiles | undefined;
  /** The last block of the chain that this machine has sealed. */
  sealed: { readonly hash: Hash; readonly header: BlockHeader } | undefined;
  /** Is told what a step opens, when it makes a witness. */
  recorder: Recorder | undefined;
}
