import { createTxFromRLP } from "@ethereumjs/tx";
import type { TypedTransaction } from "@ethereumjs/tx";
import { bigintToBytes32, equalBytes, keccak256 } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { MAX_TRANSACTION_SIZE, TRANSACTION_GAS_CAP } from "./constants.ts";
import { transactionCommon } from "./ethereumjs-common.ts";
import { calldataTokens } from "./fees.ts";
import { SECP256K1_ORDER, publicKeyToAddress, recoverPublicKey } from "./secp256k1.ts";

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

/**
 * Decodes raw EIP-2718 bytes of types 0, 1, 2 and 4 and recovers the sender. Total: throws an InvalidTransactionError, and
 * nothing else, for whatever is not the one canonical encoding of a signed transaction for `chainId` of at most
 * 131,072 bytes and 2^24 gas. Legacy transactions without a chain id (before EIP-155) are accepted.
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
  if (raw.length === 0 || raw.length > MAX_TRANSACTION_SIZE) {
    throw new InvalidTransactionError(`expected 1 to ${MAX_TRANSACTION_SIZE} bytes, got ${raw.length}`);
  }
  const type = raw[0] as number;
  if (type === 3) throw new InvalidTransactionError("blob transactions (type 3) do not exist on this chain");
  if (type < 0xc0 && !SUPPORTED_TYPES.includes(type)) {
    throw new InvalidTransactionError(`expected transaction type 0, 1, 2 or 4, got first byte 0x${type.toString(16)}`);
  }

  const inner = decodeInner(raw, chainId);
  const { v, r, s } = inner;
  if (v === undefined || r === undefined || s === undefined)
    throw new InvalidTransactionError("the transaction is not signed");
  if (r === 0n || r >= SECP256K1_ORDER) throw new InvalidTransactionError(`signature r is out of range: ${r}`);
  if (s === 0n || s > SECP256K1_ORDER / 2n) throw new InvalidTransactionError(`signature s is out of range: ${s}`);
  if (inner.gasLimit > TRANSACTION_GAS_CAP) {
    throw new InvalidTransactionError(
      `gas limit ${inner.gasLimit} is above the cap of ${TRANSACTION_GAS_CAP} (EIP-7825)`,
    );
  }

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
    recoveryId: recoveryIdOf(type >= 0xc0, v, chainId),
  };
}

export function withSender(transaction: UnrecoveredTransaction, sender: Address): SignedTransaction {
  const { hash, raw, nonce, gasLimit, value, maxFeePerGas, maxPriorityFeePerGas, tokens, inner } = transaction;
  return { hash, raw, sender, nonce, gasLimit, value, maxFeePerGas, maxPriorityFeePerGas, tokens, inner };
}

function decodeInner(raw: Uint8Array, chainId: number): TypedTransaction {
  let inner: TypedTransaction;
  let encoded: Uint8Array;
  try {
    inner = createTxFromRLP(raw, { common: transactionCommon(chainId), params: {} });
    encoded = inner.serialize();
  } catch (error) {
    throw new InvalidTransactionError(error instanceof Error ? error.message : String(error));
  }
  // The library reads some encodings it would never write (such as leading zeros in the chain id).
  if (!equalBytes(encoded, raw)) throw new InvalidTransactionError("the encoding is not canonical");
  return inner;
}

function recoveryIdOf(isLegacy: boolean, v: bigint, chainId: number): 0 | 1 {
  const id = !isLegacy ? v : v === 27n || v === 28n ? v - 27n : v - 35n - 2n * BigInt(chainId);
  if (id !== 0n && id !== 1n) throw new InvalidTransactionError(`signature v ${v} does not fit chain ${chainId}`);
  return Number(id) as 0 | 1;
}
