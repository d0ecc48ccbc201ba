import { bigintToBytes32, concatBytes, keccak256, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { calldataTokens } from "./intrinsic-gas.ts";
import { MAX_TRANSACTION_SIZE, MIN_TRANSACTION_SIZE } from "./limits.ts";
import { MalformedError } from "./rlp.ts";
import { publicKeyToAddress, recoverPublicKey } from "./secp256k1.ts";
import { checkHeader, decodeFields, signedEnvelope, yParityOf } from "./transaction.ts";
import type { TransactionFields } from "./transaction.ts";
import { diagnoseNesting, diagnoseTransaction, findNeverValid } from "./transaction-diagnosis.ts";

/** A decoded transaction with its sender recovered. */
export interface SignedTransaction extends TransactionFields {
  readonly hash: Hash;
  readonly raw: Uint8Array;
  readonly sender: Address;
  /** Calldata tokens of the raw bytes: zero bytes + 4 × other bytes. */
  readonly tokens: bigint;
}

/** Why raw bytes are not a transaction of this chain, whatever the state (specification §3 rule 5). */
export class InvalidTransactionError extends Error {
  override readonly name = "InvalidTransactionError";
  /** @param diagnosis what the message says, or what finds it out when somebody first reads it */
  constructor(diagnosis: string | (() => string)) {
    super(typeof diagnosis === "string" ? diagnosis : undefined);
    if (typeof diagnosis === "string") return;
    let message: string | undefined;
    Object.defineProperty(this, "message", { get: () => (message ??= diagnosis()), configurable: true });
  }
}

/** A transaction that is well formed, with a signature whose key is still to be recovered. */
export interface UnrecoveredTransaction {
  /** All but the sender. */
  readonly transaction: Omit<SignedTransaction, "sender">;
  /** 32 bytes. */
  readonly signingHash: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  readonly recoveryId: 0 | 1;
}

const SUPPORTED_TYPES = [1, 2, 4];

/**
 * Decodes raw EIP-2718 bytes of types 0, 1, 2 and 4 and recovers the sender. Total: throws an InvalidTransactionError, and
 * nothing else, for whatever is not the one canonical encoding of a signed transaction for `chainId` of 65 to 131,072
 * bytes and at most 2^24 gas, and for what no state makes valid. Legacy transactions without a chain id (before EIP-155)
 * are accepted.
 */
export function decodeTransaction(raw: Uint8Array, chainId: number): SignedTransaction {
  const { transaction, signingHash, signature, recoveryId } = decodeUnrecovered(raw, chainId);
  let sender: Address;
  try {
    sender = publicKeyToAddress(
      recoverPublicKey(signingHash, signature.subarray(0, 32), signature.subarray(32), recoveryId),
    );
  } catch {
    throw new InvalidTransactionError("no public key gives this signature");
  }
  return { ...transaction, sender };
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
  try {
    return decodeSigned(raw, BigInt(chainId));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    // To say what is wrong with 131,072 bytes can take a hundred times as long as to see that something is.
    throw new InvalidTransactionError(() => diagnoseNesting(raw) ?? diagnoseTransaction(raw, chainId));
  }
}

function decodeSigned(raw: Uint8Array, chainId: bigint): UnrecoveredTransaction {
  const { signedPayload, ...fields } = decodeFields(raw, chainId);
  checkHeader(fields);
  const recoveryId = yParityOf(fields, fields.type, chainId);
  const neverValid = findNeverValid(fields);
  if (neverValid !== undefined) throw new InvalidTransactionError(neverValid);
  const { prefix, suffix } = signedEnvelope(fields.type, fields.v, chainId, signedPayload.length);
  const signature = new Uint8Array(64);
  signature.set(bigintToBytes32(fields.r), 0);
  signature.set(bigintToBytes32(fields.s), 32);
  return {
    transaction: { ...fields, hash: keccak256(raw), raw, tokens: calldataTokens(raw) },
    signingHash: keccak256Bytes(concatBytes([prefix, signedPayload, suffix])),
    signature,
    recoveryId,
  };
}
