import { bytesToHex, concatBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { minimalBytes } from "./account.ts";
import type { Authorization } from "./authorization.ts";
import { TRANSACTION_GAS_CAP } from "./limits.ts";
import { encodeString, lengthPrefix } from "./merkle-patricia-trie.ts";
import { MalformedError, createRlpReader } from "./rlp.ts";
import { SECP256K1_ORDER } from "./secp256k1.ts";

// The one decoder of transactions (EIP-2718 types 0, 1, 2 and 4), part by part. The machine's steps take the parts one by
// one (src/machine/decoding.ts), each with a window of bytes that a proof opens; `decodeFields` takes them all at once.
// Every function here throws a MalformedError for bytes that are not the one canonical encoding.

/** EIP-2718 types of this chain; 0 is a legacy transaction. */
export type TransactionType = 0 | 1 | 2 | 4;

/** An item of an access list (EIP-2930). */
export interface AccessListItem {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** Storage keys of all items together. */
export function countStorageKeys(accessList: readonly AccessListItem[]): number {
  return accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0);
}

/** What stands in a transaction before its lists and its signature. */
export interface TransactionHeader {
  readonly type: TransactionType;
  /** Undefined of a legacy transaction, whose v may name one. */
  readonly chainId: bigint | undefined;
  readonly nonce: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  readonly gasLimit: bigint;
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  /** Wei. */
  readonly value: bigint;
  /** Where the calldata or initcode lies in the raw bytes. */
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Where the payload of the outermost list begins: the first byte that is signed, with another list header. */
  readonly payloadStart: number;
}

/** v, r and s as they stand in the encoding. */
export interface SignatureFields {
  /** yParity of types 1, 2 and 4. */
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** All fields of a transaction. */
export interface TransactionFields
  extends Omit<TransactionHeader, "dataStart" | "dataEnd" | "payloadStart">, SignatureFields {
  /** A view of the raw bytes. */
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListItem[];
  readonly authorizations: readonly Authorization[];
}

/** A list in raw bytes whose items are still to be read: from `start` to `end`. */
interface OpenList {
  readonly start: number;
  readonly end: number;
}

const KEY_SIZE = 32;
const TYPED = [1, 2, 4] as const;

/** Of bytes that are known up to `windowEnd`; the data may reach beyond that. */
export function readHeader(raw: Uint8Array, windowEnd: number, chainId: bigint): TransactionHeader {
  const type = readType(raw);
  const list = createRlpReader(raw, type === 0 ? 0 : 1, raw.length, windowEnd).list();
  if (list.end !== raw.length) throw new MalformedError(`${raw.length - list.end} bytes after the transaction`);

  const fields = createRlpReader(raw, list.start, list.end, windowEnd);
  if (type !== 0) {
    const actual = fields.number(32);
    if (actual !== chainId) throw new MalformedError(`expected chain id ${chainId}, got ${actual}`);
  }
  const nonce = fields.number(8);
  const maxPriorityFeePerGas = fields.number(32);
  const maxFeePerGas = type < 2 ? maxPriorityFeePerGas : fields.number(32);
  const gasLimit = fields.number(8);
  const to = type === 4 ? fields.address() : fields.optionalAddress();
  const value = fields.number(32);
  const data = fields.header();
  if (data.isList) throw new MalformedError("the data is a list");
  return {
    type,
    chainId: type === 0 ? undefined : chainId,
    nonce,
    maxPriorityFeePerGas,
    maxFeePerGas,
    gasLimit,
    to,
    value,
    dataStart: data.start,
    dataEnd: data.end,
    payloadStart: list.start,
  };
}

/** Throws if gas limit (EIP-7825) or fees (EIP-1559) are out of range. */
export function checkHeader({
  gasLimit,
  maxPriorityFeePerGas,
  maxFeePerGas,
}: Omit<TransactionHeader, "dataStart" | "dataEnd" | "payloadStart">): void {
  if (gasLimit > TRANSACTION_GAS_CAP)
    throw new MalformedError(`gas limit ${gasLimit} is above the cap of ${TRANSACTION_GAS_CAP} (EIP-7825)`);
  if (maxPriorityFeePerGas > maxFeePerGas)
    throw new MalformedError(`a priority fee of ${maxPriorityFeePerGas}, above the maximum fee of ${maxFeePerGas}`);
}

function readType(raw: Uint8Array): TransactionType {
  const first = raw[0] ?? 0;
  if (first >= 0xc0) return 0;
  const type = TYPED.find((known) => known === first);
  if (type === undefined)
    throw new MalformedError(`expected transaction type 0, 1, 2 or 4, got first byte 0x${first.toString(16)}`);
  return type;
}

/** The header of the access list at `position`. */
export function openAccessList(raw: Uint8Array, position: number, windowEnd: number): OpenList {
  return createRlpReader(raw, position, raw.length, windowEnd).list();
}

/** The address of the item at `position` of an access list that ends at `listEnd`, and where its storage keys lie. */
export function readAccessListItem(
  raw: Uint8Array,
  position: number,
  listEnd: number,
  windowEnd: number,
): { readonly address: Address; readonly keys: OpenList } {
  const item = createRlpReader(raw, position, listEnd, windowEnd).list();
  const fields = createRlpReader(raw, item.start, item.end, windowEnd);
  const address = fields.address();
  const keys = fields.list();
  if (keys.end !== item.end) throw new MalformedError(`more than two fields in an item of the access list`);
  return { address, keys };
}

/** The storage key at `position` of keys that end at `keysEnd`, and where it ends. */
export function readStorageKey(
  raw: Uint8Array,
  position: number,
  keysEnd: number,
  windowEnd: number,
): { readonly key: Hash; readonly end: number } {
  const { isList, start, end } = createRlpReader(raw, position, keysEnd, windowEnd).header();
  if (isList || end - start !== KEY_SIZE || end > windowEnd)
    throw new MalformedError(`expected a key of ${KEY_SIZE} bytes at ${position}`);
  return { key: bytesToHex(raw.subarray(start, end)), end };
}

/** The header of the authorization list at `position`, which is not empty. */
export function openAuthorizationList(raw: Uint8Array, position: number, windowEnd: number): OpenList {
  const list = createRlpReader(raw, position, raw.length, windowEnd).list();
  if (list.start === list.end) throw new MalformedError("a type 4 transaction without authorizations");
  return list;
}

/** The authorization at `position` of a list that ends at `listEnd`, and where it ends. */
export function readAuthorization(
  raw: Uint8Array,
  position: number,
  listEnd: number,
  windowEnd: number,
): { readonly authorization: Authorization; readonly end: number } {
  const { start, end } = createRlpReader(raw, position, listEnd, windowEnd).list();
  const fields = createRlpReader(raw, start, end, windowEnd);
  const authorization = {
    chainId: fields.number(32),
    address: fields.address(),
    nonce: fields.number(8),
    yParity: Number(fields.number(1)),
    r: fields.number(32),
    s: fields.number(32),
  };
  if (fields.position !== end) throw new MalformedError("more than six fields in an authorization");
  return { authorization, end };
}

/** v, r and s, from `position` to the end of the raw bytes. */
export function readSignature(raw: Uint8Array, position: number, windowEnd: number): SignatureFields {
  const fields = createRlpReader(raw, position, raw.length, windowEnd);
  const signature = { v: fields.number(32), r: fields.number(32), s: fields.number(32) };
  if (fields.position !== raw.length) throw new MalformedError("fields after the signature");
  return signature;
}

/** Whether a signature's y is odd. Also throws if r, s (EIP-2) or v (EIP-155, or 27 and 28) is out of range. */
export function yParityOf({ v, r, s }: SignatureFields, type: TransactionType, chainId: bigint): 0 | 1 {
  if (r === 0n || r >= SECP256K1_ORDER) throw new MalformedError(`signature r is out of range: ${r}`);
  if (s === 0n || s > SECP256K1_ORDER / 2n) throw new MalformedError(`signature s is out of range: ${s}`);
  const yParity = type !== 0 ? v : namesChain(v) ? v - 35n - 2n * chainId : v - 27n;
  if (yParity !== 0n && yParity !== 1n) throw new MalformedError(`signature v ${v} does not fit chain ${chainId}`);
  return yParity === 0n ? 0 : 1;
}

/** Whether a legacy transaction with this v is signed for one chain (EIP-155). */
function namesChain(v: bigint): boolean {
  return v !== 27n && v !== 28n;
}

const NO_BYTES = new Uint8Array();

/** What is hashed for the signature before and behind the `length` bytes of the payload that precede it (EIP-155, EIP-2718). */
export function signedEnvelope(
  type: TransactionType,
  v: bigint,
  chainId: bigint,
  length: number,
): { readonly prefix: Uint8Array; readonly suffix: Uint8Array } {
  const suffix =
    type === 0 && namesChain(v)
      ? concatBytes([encodeString(minimalBytes(chainId)), Uint8Array.of(0x80, 0x80)])
      : NO_BYTES;
  const header = lengthPrefix(length + suffix.length, 0xc0);
  return { prefix: type === 0 ? header : concatBytes([Uint8Array.of(type), header]), suffix };
}

/** A transaction with what its sender can be recovered from. */
export interface DecodedTransaction extends TransactionFields {
  /** The part of the payload before the signature; a view of the raw bytes. */
  readonly signedPayload: Uint8Array;
}

/** All fields at once, without a judgement of gas, fees and signature, which simulated transactions have of any kind. */
export function decodeFields(raw: Uint8Array, chainId: bigint): DecodedTransaction {
  const { length } = raw;
  const { dataStart, dataEnd, payloadStart, ...header } = readHeader(raw, length, chainId);
  let position = dataEnd;

  const accessList: AccessListItem[] = [];
  if (header.type !== 0) {
    const list = openAccessList(raw, position, length);
    for (position = list.start; position < list.end;) {
      const { address, keys } = readAccessListItem(raw, position, list.end, length);
      const storageKeys: Hash[] = [];
      for (position = keys.start; position < keys.end;) {
        const { key, end } = readStorageKey(raw, position, keys.end, length);
        storageKeys.push(key);
        position = end;
      }
      accessList.push({ address, storageKeys });
    }
  }

  const authorizations: Authorization[] = [];
  if (header.type === 4) {
    const list = openAuthorizationList(raw, position, length);
    for (position = list.start; position < list.end;) {
      const { authorization, end } = readAuthorization(raw, position, list.end, length);
      authorizations.push(authorization);
      position = end;
    }
  }

  return {
    ...header,
    data: raw.subarray(dataStart, dataEnd),
    accessList,
    authorizations,
    ...readSignature(raw, position, length),
    signedPayload: raw.subarray(payloadStart, position),
  };
}
