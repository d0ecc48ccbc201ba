import { RLP } from "@ethereumjs/rlp";
import { bytesToBigint, bytesToHex } from "../primitives/index.ts";
import { TRANSACTION_GAS_CAP, MAX_INITCODE_SIZE, MAX_NONCE } from "./limits.ts";
import { SECP256K1_ORDER } from "./secp256k1.ts";
import type { TransactionFields } from "./transaction.ts";

const ADDRESS_SIZE = 20;
const SLOT_SIZE = 32;
/** Most bytes of an authorization's chain id, nonce, yParity, r and s (EIP-7702). */
const AUTHORIZATION_NUMBER_SIZES = [32, 8, 1, 32, 32] as const;

/** Bytes the number in a field has at most; other fields are none. */
const NUMBER_SIZES = {
  chainId: 32,
  nonce: 8,
  gasPrice: 32,
  maxPriorityFeePerGas: 32,
  maxFeePerGas: 32,
  gasLimit: 8,
  value: 32,
  v: 32,
  r: 32,
  s: 32,
} as const;
type NumberField = keyof typeof NUMBER_SIZES;
type Field = NumberField | "to" | "data" | "accessList" | "authorizationList";

const CALL = ["gasLimit", "to", "value", "data"] as const;
const SIGNATURE = ["v", "r", "s"] as const;
/** The fields of each type in the order of their encoding (EIP-155, EIP-2930, EIP-1559, EIP-7702). */
const FIELDS: Readonly<Record<number, readonly Field[]>> = {
  0: ["nonce", "gasPrice", ...CALL, ...SIGNATURE],
  1: ["chainId", "nonce", "gasPrice", ...CALL, "accessList", ...SIGNATURE],
  2: ["chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", ...CALL, "accessList", ...SIGNATURE],
  4: [
    "chainId",
    "nonce",
    "maxPriorityFeePerGas",
    "maxFeePerGas",
    ...CALL,
    "accessList",
    "authorizationList",
    ...SIGNATURE,
  ],
};

const EXPECTED_ACCESS_LIST = "expected an access list of [20-byte address, [32-byte slot, …]] (EIP-2930)";
const EXPECTED_AUTHORIZATION_LIST =
  "expected an authorization list of [chain id, 20-byte address, nonce, yParity, r, s] (EIP-7702)";

/**
 * Why raw bytes of a supported type, which the decoder refused, are no transaction of the chain: in words of our own, or
 * of go-ethereum where libraries look for them. The decoder's are written for who programs with it.
 */
export function diagnoseTransaction(raw: Uint8Array, chainId: number): string {
  const first = raw[0] ?? 0;
  const type = first < 0xc0 ? first : 0;
  const names = FIELDS[type] ?? [];
  const items = decodeList(first < 0xc0 ? raw.subarray(1) : raw);
  if (items === undefined) return `expected the RLP list of a transaction of type ${type}, got ${describeBytes(raw)}`;
  if (items.length !== names.length)
    return `expected ${names.length} fields in a transaction of type ${type}, got ${items.length}`;

  const numbers = new Map<Field, bigint>();
  let to: Uint8Array | undefined;
  for (const [index, name] of names.entries()) {
    const item = items[index];
    if (name === "accessList") {
      if (!isAccessList(item)) return EXPECTED_ACCESS_LIST;
    } else if (name === "authorizationList") {
      if (!isAuthorizationList(item)) return EXPECTED_AUTHORIZATION_LIST;
      if (item.length === 0) return "set code tx must have at least one authorization tuple";
    } else if (!(item instanceof Uint8Array)) return `expected bytes as ${name}, got a list`;
    else if (name === "data") continue;
    else if (name === "to") {
      if (item.length !== 0 && item.length !== ADDRESS_SIZE)
        return `expected a 20-byte address or none as to, got ${describeBytes(item)}`;
      to = item;
    } else if (isNumber(item, NUMBER_SIZES[name])) numbers.set(name, bytesToBigint(item));
    else
      return `expected at most ${NUMBER_SIZES[name]} bytes without leading zeros as ${name}, got ${describeBytes(item)}`;
  }
  const number = (name: NumberField): bigint => numbers.get(name) ?? 0n;

  const v = number("v");
  const signedFor = type === 0 ? (v >= 35n ? (v - 35n) / 2n : undefined) : number("chainId");
  if (signedFor !== undefined && signedFor !== BigInt(chainId))
    return `invalid chain id for signer: have ${signedFor} want ${chainId}`;
  if (type === 0 && v < 35n && v !== 27n && v !== 28n)
    return `expected v to be 27, 28, or ${35 + 2 * chainId} or ${36 + 2 * chainId} for chain ${chainId}, got ${v}`;
  if (type > 0 && v > 1n) return `expected yParity to be 0 or 1, got ${v}`;
  if (number("gasLimit") > TRANSACTION_GAS_CAP) return describeGasLimit(number("gasLimit"));
  if (number("maxPriorityFeePerGas") > number("maxFeePerGas"))
    return `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${number("maxPriorityFeePerGas")}, maxFeePerGas: ${number("maxFeePerGas")}`;
  if (to?.length === 0 && type === 4) return "EIP-7702 transaction cannot be used to create contract";
  if (number("r") === 0n || number("s") === 0n) return "the transaction is not signed";
  if (number("r") >= SECP256K1_ORDER) return `signature r is out of range: ${number("r")}`;
  if (number("s") > SECP256K1_ORDER / 2n) return `signature s is out of range: ${number("s")}`;
  return `the encoding of a transaction of type ${type} is not canonical`;
}

/** Lists in lists: transaction, access list, its item, the slots of that. */
const MAX_LIST_DEPTH = 4;

/**
 * Whether lists nest deeper in raw bytes than in any transaction, or do not fit into each other: `diagnoseTransaction` is
 * not for such. The library it decodes with calls itself for every level, and what is said of bytes must not depend on the
 * size of the stack.
 */
export function diagnoseNesting(raw: Uint8Array): string | undefined {
  const encoded = (raw[0] ?? 0) < 0xc0 ? raw.subarray(1) : raw;
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
    if (position + length > (ends.at(-1) as number)) return "an item of the encoding ends after the list it is in";
    if (!isList) {
      position += length;
    } else if (ends.push(position + length) > MAX_LIST_DEPTH + 1) {
      return `lists nest deeper than ${MAX_LIST_DEPTH} in the encoding`;
    }
  }
  return undefined;
}

/** What is well formed and yet valid on no state (EIP-2681, EIP-3860): its nonce, its initcode, or what its gas may cost. */
export function findNeverValid(
  fields: Pick<TransactionFields, "nonce" | "to" | "data" | "gasLimit" | "maxFeePerGas">,
): string | undefined {
  const { nonce, to, data, gasLimit, maxFeePerGas } = fields;
  if (nonce >= MAX_NONCE) return `nonce has max value: ${nonce} (EIP-2681)`;
  if (to === undefined && data.length > MAX_INITCODE_SIZE)
    return `max initcode size exceeded: code size ${data.length}, limit ${MAX_INITCODE_SIZE} (EIP-3860)`;
  if ((gasLimit * maxFeePerGas) >> 256n !== 0n)
    return `gas limit ${gasLimit} at ${maxFeePerGas} wei costs more than 2^256 - 1 wei`;
  return undefined;
}

/** In go-ethereum's words. */
function describeGasLimit(gasLimit: bigint): string {
  return `transaction gas limit too high (cap: ${TRANSACTION_GAS_CAP}, tx: ${gasLimit}) (EIP-7825)`;
}

function isAccessList(list: unknown): boolean {
  return isListOf(list, (item) => {
    if (!Array.isArray(item) || item.length !== 2) return false;
    const [address, slots] = item as readonly unknown[];
    return hasSize(address, ADDRESS_SIZE) && isListOf(slots, (slot) => hasSize(slot, SLOT_SIZE));
  });
}

function isAuthorizationList(list: unknown): list is readonly unknown[] {
  return isListOf(list, (item) => {
    if (!Array.isArray(item) || item.length !== 6) return false;
    const [chainId, address, ...others] = item as readonly unknown[];
    const numbers = [chainId, ...others];
    return (
      hasSize(address, ADDRESS_SIZE) &&
      AUTHORIZATION_NUMBER_SIZES.every((maximum, index) => isNumber(numbers[index], maximum))
    );
  });
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem);
}

function hasSize(value: unknown, size: number): boolean {
  return value instanceof Uint8Array && value.length === size;
}

function isNumber(value: unknown, maximumSize: number): boolean {
  return value instanceof Uint8Array && value.length <= maximumSize && value[0] !== 0;
}

function decodeList(encoded: Uint8Array): readonly unknown[] | undefined {
  try {
    const decoded: unknown = RLP.decode(encoded);
    return Array.isArray(decoded) ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function describeBytes(bytes: Uint8Array): string {
  const shown = bytesToHex(bytes.subarray(0, 40));
  return bytes.length > 40 ? `${shown}… (${bytes.length} bytes)` : shown;
}
