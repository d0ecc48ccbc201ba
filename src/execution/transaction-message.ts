import type { AccessListItem, Authorization, SignedTransaction } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";
import { dataGas as dataGasOf } from "../rollup/index.ts";
import type { BlockEnvironment, DepositMessage } from "../rollup/index.ts";

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
  readonly accessList: readonly AccessListItem[];
  readonly authorizations: readonly Authorization[];
}

/** The message of a signed transaction at the prices of a block. */
export function messageOfSigned(transaction: SignedTransaction, environment: BlockEnvironment): TransactionMessage {
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const { baseFeePerGas, dataPrice } = environment;
  const room = maxFeePerGas - baseFeePerGas;
  const tip = room < maxPriorityFeePerGas ? room : maxPriorityFeePerGas;
  return {
    raw: transaction.raw,
    sender: transaction.sender,
    to: transaction.to,
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    dataGas: dataPrice === 0n ? 0n : dataGasOf(transaction.tokens, dataPrice, baseFeePerGas),
    value: transaction.value,
    data: transaction.data,
    maxFeePerGas,
    gasPrice: baseFeePerGas + tip,
    tip,
    accessList: transaction.accessList,
    authorizations: transaction.authorizations,
  };
}

/** The message of a deposit that pays `gasPrice` wei per gas (specification §4). */
export function messageOfDeposit(message: DepositMessage, gasPrice: bigint): TransactionMessage {
  return {
    raw: undefined,
    sender: message.sender,
    to: message.to,
    nonce: undefined,
    gasLimit: message.gasLimit,
    dataGas: 0n,
    value: message.value,
    data: message.data,
    maxFeePerGas: gasPrice,
    gasPrice,
    tip: 0n,
    accessList: [],
    authorizations: [],
  };
}
