import { createTxFromRLP } from "@ethereumjs/tx";
import type { TypedTransaction } from "@ethereumjs/tx";
import { bigintToBytes32, equalBytes, keccak256 } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { transactionCommon } from "./ethereumjs-common.ts";
import { calldataTokens } from "./intrinsic-gas.ts";
import { MAX_TRANSACTION_SIZE, MIN_TRANSACTION_SIZE, TRANSACTION_GAS_CAP } from "./limits.ts";
import { SECP256K1_ORDER, publicKeyToAddress, recoverPublicKey } from "./secp256k1.ts";
import {
  describeGasLimit,
  diagnoseTransaction,
  EXPECTED_ACCESS_LIST,
  EXPECTED_AUTHORIZATION_LIST,
  isAccessList,
  isAuthorizationList,
} from "./transaction-diagnosis.ts";

/** A decoded transaction with its sender recovered. */
export interface SignedTransaction {
  readonly hash: Hash;
  readonly raw: Uint8Array;
  readonly sender: Address;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly value: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint;
  /** Calldata tokens of the raw bytes: zero bytes + 4 × other bytes. */
  readonly tokens: bigint;
  readonly inner: TypedTransaction;
}

/** Why raw bytes are not a transaction of this chain, whatever the state (specification §3 rule 5). */
export class InvalidTransactionError extends Error {
  override readonly name = "InvalidTransactionError";
}

/** A transaction that is well formed, with a signature whose key is still to be recovered. */
export interface UnrecoveredTransaction extends Omit<SignedTransaction, "sender"> {
  /** 32 bytes. */
  readonly signingHash: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  readonly recoveryId: 0 | 1;
}

const SUPPORTED_TYPES = [1, 2, 4];

/** Lists in lists: transaction, access list, its item, the slots of that. */
const MAX_LIST_DEPTH = 4;

/**
 * Decodes raw EIP-2718 bytes of types 0, 1, 2 and 4 and recovers the sender. Total: throws an InvalidTransactionError, and
 * nothing else, for whatever is not the one canonical encoding of a signed transaction for `chainId` of 65 to 131,072
 * bytes and at most 2^24 gas. Legacy transactions without a chain id (before EIP-155) are accepted.
 */
export function decodeTransaction(raw: Uint8Array, chainId: number): SignedTransaction {
  const unrecovered = decodeUnrecovered(raw, chainId);
  const { signingHash, signature, recoveryId } = unrecovered;
  let sender: Address;
  try {
    sender = publicKeyToAddress(
      recoverPublicKey(signingHash, signature.subarray(0, 32), signature.subarray(32), recoveryId),
    );
  } catch {
    throw new InvalidTransactionError("no public key gives this signature");
  }
  return withSender(unrecovered, sender);
}

/** Everything `decodeTransaction` does short of recovering the sender; throws the same error. */
export function decodeUnrecovered(raw: Uint8Array, chainId: number): UnrecoveredTransaction {
  const type = raw[0];
  if (type === 3) throw new InvalidTransactionError("blob transactions (type 3) do not exist on this chain");
  if (type !== undefined && type < 0xc0 && !SUPPORTED_TYPES.includes(type)) {
    throw new InvalidTransactionError(`expected transaction type 0, 1, 2 or 4, got first byte 0x${type.toString(16)}`);
  }
  if (raw.length < MIN_TRANSACTION_SIZE || raw.length > MAX_TRANSACTION_SIZE) {
    throw new InvalidTransactionError(
      `expected ${MIN_TRANSACTION_SIZE} to ${MAX_TRANSACTION_SIZE} bytes, got ${raw.length}`,
    );
  }

  const inner = decodeInner(raw, chainId);
  const { v, r, s } = inner;
  if (v === undefined || r === undefined || s === undefined)
    throw new InvalidTransactionError("the transaction is not signed");
  if (r === 0n || r >= SECP256K1_ORDER) throw new InvalidTransactionError(`signature r is out of range: ${r}`);
  if (s === 0n || s > SECP256K1_ORDER / 2n) throw new InvalidTransactionError(`signature s is out of range: ${s}`);
  if (inner.gasLimit > TRANSACTION_GAS_CAP) {
    throw new InvalidTransactionError(describeGasLimit(inner.gasLimit));
  }

  const recoveryId = recoveryIdOf(inner.type === 0, v, chainId);
  if (recoveryId === undefined) throw new InvalidTransactionError(diagnoseTransaction(raw, chainId));

  const signature = new Uint8Array(64);
  signature.set(bigintToBytes32(r), 0);
  signature.set(bigintToBytes32(s), 32);
  const [maxFeePerGas, maxPriorityFeePerGas] =
    "maxFeePerGas" in inner ? [inner.maxFeePerGas, inner.maxPriorityFeePerGas] : [inner.gasPrice, inner.gasPrice];
  return {
    hash: keccak256(raw),
    raw,
    nonce: inner.nonce,
    gasLimit: inner.gasLimit,
    value: inner.value,
    maxFeePerGas,
    maxPriorityFeePerGas,
    tokens: calldataTokens(raw),
    inner,
    signingHash: inner.getHashedMessageToSign(),
    signature,
    recoveryId,
  };
}

export function withSender(transaction: UnrecoveredTransaction, sender: Address): SignedTransaction {
  const { hash, raw, nonce, gasLimit, value, maxFeePerGas, maxPriorityFeePerGas, tokens, inner } = transaction;
  return { hash, raw, sender, nonce, gasLimit, value, maxFeePerGas, maxPriorityFeePerGas, tokens, inner };
}

function decodeInner(raw: Uint8Array, chainId: number): TypedTransaction {
  checkListDepth((raw[0] as number) < 0xc0 ? raw.subarray(1) : raw);
  let inner: TypedTransaction;
  let encoded: Uint8Array;
  try {
    inner = createTxFromRLP(raw, { common: transactionCommon(chainId), params: {} });
    encoded = inner.serialize();
  } catch {
    throw new InvalidTransactionError(diagnoseTransaction(raw, chainId));
  }
  // The library reads some encodings it would never write (such as leading zeros in the chain id).
  if (!equalBytes(encoded, raw)) throw new InvalidTransactionError(diagnoseTransaction(raw, chainId));
  // It looks at lengths only, which a list has too.
  if ("accessList" in inner && !isAccessList(inner.accessList)) throw new InvalidTransactionError(EXPECTED_ACCESS_LIST);
  if ("authorizationList" in inner && !isAuthorizationList(inner.authorizationList))
    throw new InvalidTransactionError(EXPECTED_AUTHORIZATION_LIST);
  return inner;
}

/**
 * Throws if lists nest deeper in `encoded` (RLP) than in any transaction, or do not fit into each other. The decoder calls
 * itself for every level and copies what is inside; what it makes of bytes must not depend on the size of the stack.
 */
function checkListDepth(encoded: Uint8Array): void {
  const ends = [encoded.length];
  let position = 0;
  while (position < encoded.length) {
    while (position === ends.at(-1)) ends.pop();
    const prefix = encoded[position++] as number;
    if (prefix < 0x80) continue;
    const isList = prefix >= 0xc0;
    let length = prefix - (isList ? 0xc0 : 0x80);
    if (length > 55) {
      const start = position;
      position += length - 55;
      length = 0;
      for (let index = start; index < position; index++) length = length * 256 + (encoded[index] ?? 0);
    }
    if (position + length > (ends.at(-1) as number))
      throw new InvalidTransactionError("an item of the encoding ends after the list it is in");
    if (!isList) {
      position += length;
    } else if (ends.push(position + length) > MAX_LIST_DEPTH + 1) {
      throw new InvalidTransactionError(`lists nest deeper than ${MAX_LIST_DEPTH} in the encoding`);
    }
  }
}

/** Undefined if `v` is of another chain, or of none. */
function recoveryIdOf(isLegacy: boolean, v: bigint, chainId: number): 0 | 1 | undefined {
  const id = !isLegacy ? v : v === 27n || v === 28n ? v - 27n : v - 35n - 2n * BigInt(chainId);
  return id === 0n ? 0 : id === 1n ? 1 : undefined;
}
