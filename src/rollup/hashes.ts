import type { Log } from "../ethereum/index.ts";
import { bigintToBytes32, concatBytes, hexToBytes, keccak256, ZERO_HASH } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { ContextMessage, DepositMessage, InboxMessage, Receipt, Withdrawal } from "./types.ts";

/** One static value of a Solidity `abi.encode`: an integer (also index, flag) or an address or hash as hex. */
type StaticValue = bigint | number | Hash | Address;

/** `abi.encode(values)` for static values of at most 32 bytes each: every one is left-padded to a word. */
function encode(values: readonly StaticValue[]): Uint8Array {
  return concatBytes(values.map((value) => bigintToBytes32(BigInt(value))));
}

function hashEncoded(values: readonly StaticValue[]): Hash {
  return keccak256(encode(values));
}

/** Offset added to the address of a contract that sends a deposit (specification §2). */
export const ALIAS_OFFSET = 0x1111000000000000000000000000000000001111n;

/** L2 sender of a message whose L1 sender is a contract: `address + ALIAS_OFFSET` mod 2^160. */
export function aliasAddress(address: Address): Address {
  return addressOf((BigInt(address) + ALIAS_OFFSET) % 2n ** 160n);
}

/** Inverse of `aliasAddress`. */
export function unaliasAddress(address: Address): Address {
  return addressOf((BigInt(address) - ALIAS_OFFSET + 2n ** 160n) % 2n ** 160n);
}

function addressOf(value: bigint): Address {
  return `0x${value.toString(16).padStart(40, "0")}`;
}

/** Numbers of the message kinds (specification §2). */
export const MESSAGE_KINDS = { deposit: 0, context: 1 } as const;
/** Numbers of the batch kinds (specification §2). */
export const BATCH_KINDS = { calldata: 0, blobs: 1 } as const;

/** What `bodyHash` of a deposit is the hash of (specification §2). */
export function encodeDepositBody(
  body: Pick<DepositMessage, "sender" | "to" | "mint" | "value" | "gasLimit" | "refundTo" | "data">,
): Uint8Array {
  return encode([body.sender, body.to, body.mint, body.value, body.gasLimit, body.refundTo, keccak256(body.data)]);
}

/** `bodyHash` of a deposit (specification §2). */
export function depositBodyHash(body: Parameters<typeof encodeDepositBody>[0]): Hash {
  return keccak256(encodeDepositBody(body));
}

/** The values that a context message carries. */
export type ContextBody = Pick<ContextMessage, "number" | "timestamp" | "baseFee" | "blobBaseFee" | "parentHash">;

/** What `bodyHash` of a context is the hash of (specification §2). */
export function encodeContextBody(body: ContextBody): Uint8Array {
  return encode([body.number, body.timestamp, body.baseFee, body.blobBaseFee, body.parentHash]);
}

/** `bodyHash` of a context (specification §2). */
export function contextBodyHash(body: ContextBody): Hash {
  return keccak256(encodeContextBody(body));
}

/** What `messageHash` is the hash of (specification §2). */
export function encodeMessage(
  index: number,
  enqueuedAt: number,
  kind: InboxMessage["kind"],
  bodyHash: Hash,
): Uint8Array {
  return encode([index, enqueuedAt, MESSAGE_KINDS[kind], bodyHash]);
}

/** `messageHash` from its parts (specification §2). */
export function messageHash(index: number, enqueuedAt: number, kind: InboxMessage["kind"], bodyHash: Hash): Hash {
  return keccak256(encodeMessage(index, enqueuedAt, kind, bodyHash));
}

type WithoutHash<Message> = Message extends unknown ? Omit<Message, "hash"> : never;

/** `bodyHash` of a message of either kind. */
export function messageBodyHash(message: WithoutHash<InboxMessage>): Hash {
  return message.kind === "deposit" ? depositBodyHash(message) : contextBodyHash(message);
}

/** `messageHash` of a message, computed from its fields; the message's own `hash` is not looked at. */
export function hashMessage(message: WithoutHash<InboxMessage>): Hash {
  return messageHash(message.index, message.enqueuedAt, message.kind, messageBodyHash(message));
}

/** What the Inbox records of a batch (specification §2); `number` and `timestamp` are of L1. */
export interface BatchRecord {
  readonly kind: "calldata" | "blobs";
  readonly dataHash: Hash;
  readonly messagesUpTo: number;
  readonly number: number;
  readonly timestamp: number;
}

/** What `batchHash` is the hash of (specification §2). */
export function encodeBatch(batch: BatchRecord): Uint8Array {
  return encode([BATCH_KINDS[batch.kind], batch.dataHash, batch.messagesUpTo, batch.number, batch.timestamp]);
}

/** `batchHash` (specification §2). */
export function batchHash(batch: BatchRecord): Hash {
  return keccak256(encodeBatch(batch));
}

/** `dataHash` of a calldata batch. */
export function calldataHash(payload: Uint8Array): Hash {
  return keccak256(payload);
}

/** `dataHash` of a blob batch: keccak of all versioned hashes in order. */
export function blobsHash(versionedHashes: readonly Hash[]): Hash {
  return keccak256(concatBytes(versionedHashes.map(hexToBytes)));
}

/** Leaf of a withdrawal in the Outbox tree (specification §5). */
export function withdrawalHash(withdrawal: Withdrawal): Hash {
  return hashEncoded([
    withdrawal.index,
    withdrawal.sender,
    withdrawal.target,
    withdrawal.value,
    withdrawal.minimumGas,
    keccak256(withdrawal.data),
  ]);
}

/** `logsHash` of a receipt: a chain over its logs (specification §4). */
export function logsHash(logs: readonly Log[]): Hash {
  let hash = ZERO_HASH;
  for (const log of logs) {
    hash = hashEncoded([hash, log.address, keccak256(concatBytes(log.topics.map(hexToBytes))), keccak256(log.data)]);
  }
  return hash;
}

/** `receiptHash` (specification §4): a leaf of the block's receipt tree. */
export function receiptHash(receipt: Pick<Receipt, "transactionHash" | "status" | "cumulativeGasUsed" | "logs">): Hash {
  return hashEncoded([receipt.transactionHash, receipt.status, receipt.cumulativeGasUsed, logsHash(receipt.logs)]);
}

/** The chain after some batches, as a claim names it (specification §6). */
export interface ChainState {
  readonly blockHash: Hash;
  readonly outboxRoot: Hash;
  readonly batchCount: number;
  readonly messageCount: number;
}

/** What `stateHash` is the hash of (specification §6). */
export function encodeState(state: ChainState): Uint8Array {
  return encode([state.blockHash, state.outboxRoot, state.batchCount, state.messageCount]);
}

/** `stateHash` of a claim (specification §6). */
export function stateHash(state: ChainState): Hash {
  return keccak256(encodeState(state));
}

/** `claimId` (specification §6); parent and trace root of the genesis claim are the zero hash. */
export function claimId(parentId: Hash, state: Hash, traceRoot: Hash): Hash {
  return hashEncoded([parentId, state, traceRoot]);
}
