import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { minimalBytes } from "./account.ts";
import { decodeAuthorization } from "./authorization.ts";
import type { BlockState } from "./block-state.ts";
import type { AuthorizationRequest, BlockEnvironment, ExecutionObserver, SkipReason } from "./execution-engine.ts";
import { dataGas as dataGasOf } from "./fees.ts";
import type { Precompiles } from "./precompiles/index.ts";
import type { SignedTransaction } from "./signed-transaction.ts";
import type { StateView } from "./state-view.ts";
import type { DepositMessage, Log } from "./types.ts";

/**
 * What runs transactions for an execution engine: an EVM with the state it works on. Everything around it (blocks, calls,
 * reads) is the same for all of them. Runs one thing at a time.
 */
export interface TransactionExecutor {
  readonly state: BlockState;
  /** Starts over on the state `view` gives, which must stay at one root. */
  reset(view: () => StateView): void;
  /**
   * Runs a transaction under Osaka rules with data gas (specification §4), or says why it is invalid, in which case the
   * state is as before.
   */
  process(message: TransactionMessage, context: ProcessingContext): Promise<ProcessingResult>;
}

/** What the rules of a transaction need to know of it, signed or not. */
export interface TransactionMessage {
  /** The signed transaction; undefined if nobody signed it. */
  readonly raw: Uint8Array | undefined;
  readonly sender: Address;
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  /** Undefined takes the sender's current one. */
  readonly nonce: bigint | undefined;
  /** Data gas included. */
  readonly gasLimit: bigint;
  /** Data gas (specification §4). */
  readonly dataGas: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  /** Wei per gas the sender must be able to afford. */
  readonly maxFeePerGas: bigint;
  /** Wei per gas the sender pays. */
  readonly gasPrice: bigint;
  /** Wei per gas of `gasPrice` that the coinbase gets. */
  readonly tip: bigint;
  readonly accessList: readonly (readonly [address: Uint8Array, slots: readonly Uint8Array[]])[];
  readonly authorizations: readonly AuthorizationRequest[];
}

export interface ProcessingContext {
  readonly environment: BlockEnvironment;
  readonly chainId: number;
  /** Gas the block has left. */
  readonly availableGas: bigint;
  /**
   * Nobody signed this and nothing of it is kept: the sender may have code (EIP-3607), gas may exceed the cap (EIP-7825),
   * and a gas price of 0 runs without fees.
   */
  readonly isSimulation: boolean;
  /** Of a simulation: a gas price of 0 is below the base fee like any other. */
  readonly validatesFees?: boolean | undefined;
  /** Wei; 1 where it is not given, as on a chain without blobs. */
  readonly blobBaseFee?: bigint | undefined;
  /** In place of Osaka's at their own addresses, which stay the warm ones (EIP-2929): of a simulation with overrides. */
  readonly precompiles?: Precompiles | undefined;
  /** Sees the transaction. */
  readonly observer: ExecutionObserver | undefined;
}

export type ProcessingResult =
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  | {
      readonly kind: "executed";
      /** Undefined on success, else why the outermost frame failed. */
      readonly error: string | undefined;
      readonly isRevert: boolean;
      /** Data gas included. */
      readonly gasUsed: bigint;
      /** The same before refunds. */
      readonly maxGasUsed: bigint;
      readonly output: Uint8Array;
      readonly logs: readonly Log[];
      readonly contractAddress: Address | undefined;
      /** The sender's nonce before. */
      readonly nonce: bigint;
    };

/** The message of a signed transaction at the prices of a block. */
export function messageOfSigned(transaction: SignedTransaction, environment: BlockEnvironment): TransactionMessage {
  const { inner, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const { baseFeePerGas, dataPrice } = environment;
  const room = maxFeePerGas - baseFeePerGas;
  const tip = room < maxPriorityFeePerGas ? room : maxPriorityFeePerGas;
  return {
    raw: transaction.raw,
    sender: transaction.sender,
    to: inner.to === undefined ? undefined : bytesToHex(inner.to.bytes),
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    dataGas: dataPrice === 0n ? 0n : dataGasOf(transaction.tokens, dataPrice, baseFeePerGas),
    value: transaction.value,
    data: inner.data,
    maxFeePerGas,
    gasPrice: baseFeePerGas + tip,
    tip,
    accessList: "accessList" in inner ? inner.accessList : [],
    authorizations: "authorizationList" in inner ? inner.authorizationList.map(decodeAuthorization) : [],
  };
}

/** The message of a deposit in a block (specification §4). */
export function messageOfDeposit(message: DepositMessage, environment: BlockEnvironment): TransactionMessage {
  return {
    raw: undefined,
    sender: message.sender,
    to: message.to,
    nonce: undefined,
    gasLimit: message.gasLimit,
    dataGas: 0n,
    value: message.value,
    data: message.data,
    maxFeePerGas: environment.baseFeePerGas,
    gasPrice: environment.baseFeePerGas,
    tip: 0n,
    accessList: [],
    authorizations: [],
  };
}

/** Address of the contract a CREATE by `sender` with `nonce` makes. */
export function createAddress(sender: Address, nonce: bigint): Address {
  return bytesToHex(keccak256Bytes(RLP.encode([hexToBytes(sender), minimalBytes(nonce)])).subarray(12));
}
