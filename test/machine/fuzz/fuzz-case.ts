import { RLP } from "@ethereumjs/rlp";
import type { StateTest } from "../../../scripts/conformance/state-tests.ts";
import { minimalBytes } from "../../../src/ethereum/account.ts";
import type { Environment } from "../../../src/machine/index.ts";
import { concatBytes, hexToBytes, keccak256Bytes } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import { REPLACEMENTS, replaceItem, signFields, signHash } from "../../ethereum/transaction-bytes.ts";
import type { Item, TransactionType } from "../../ethereum/transaction-bytes.ts";
import { CHAIN_ID, wallet } from "../../execution/harness.ts";

/** A state and transactions that run on it one after the other, as JSON. Numbers are hex, wallets are those of the harness. */
export interface FuzzCase {
  /** Why it is kept. */
  readonly what?: string;
  readonly block: FuzzBlock;
  readonly accounts: Readonly<Record<Address, FuzzAccount>>;
  readonly transactions: readonly FuzzTransaction[];
}

export interface FuzzBlock {
  readonly number: number;
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly gasLimit: Hex;
  readonly baseFee: Hex;
  readonly prevRandao: Hash;
  readonly dataPrice: Hex;
  /** Of the transactions before. */
  readonly gasUsed: Hex;
  readonly transactionCount: number;
}

export interface FuzzAccount {
  readonly nonce: Hex;
  readonly balance: Hex;
  /** In pieces that can be left out one by one. */
  readonly code: readonly Hex[];
  readonly storage: Readonly<Record<Hex, Hex>>;
}

export interface FuzzTransaction {
  readonly type: TransactionType;
  /** Number of the wallet that signs. */
  readonly from: number;
  readonly nonce: Hex;
  /** Only the latter for types 0 and 1. */
  readonly fees: readonly [priority: Hex, maximum: Hex];
  readonly gas: Hex;
  readonly to: Address | null;
  readonly value: Hex;
  /** In pieces that can be left out one by one. */
  readonly data: readonly Hex[];
  readonly accessList: readonly (readonly [address: Address, slots: readonly Hash[]])[];
  readonly authorizations: readonly FuzzAuthorization[];
  /** Makes something of it that is not right. */
  readonly damage?: Damage;
}

export interface FuzzAuthorization {
  readonly from: number;
  readonly chainId: Hex;
  readonly address: Address;
  readonly nonce: Hex;
  readonly damage?: "high s" | "other parity" | "parity 2" | "no r";
}

export type Damage =
  /** An item of the encoding replaced, before or after it is signed. */
  | { readonly kind: "item"; readonly position: number; readonly replacement: number; readonly isSigned: boolean }
  /** A byte of the raw transaction. */
  | { readonly kind: "byte"; readonly position: number; readonly value: number }
  | { readonly kind: "length"; readonly length: number };

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export function environmentOf({ block }: FuzzCase): Environment {
  const { number, timestamp, coinbase, gasLimit, baseFee, prevRandao, dataPrice } = block;
  return {
    number,
    timestamp,
    coinbase,
    gasLimit: BigInt(gasLimit),
    baseFee: BigInt(baseFee),
    prevRandao,
    dataPrice: BigInt(dataPrice),
    chainId: BigInt(CHAIN_ID),
    blobBaseFee: 1n,
  };
}

export function preStateOf({ accounts }: FuzzCase): Pick<StateTest, "pre"> {
  const entries = Object.entries(accounts).map(
    ([address, { code, ...account }]) => [address, { ...account, code: joined(code) }] as const,
  );
  return { pre: Object.fromEntries(entries) };
}

export function joined(pieces: readonly Hex[]): Hex {
  return `0x${pieces.map((piece) => piece.slice(2)).join("")}`;
}

/** The raw bytes, signed. */
export function rawOf(transaction: FuzzTransaction): Uint8Array {
  const { type, damage } = transaction;
  const from = wallet(transaction.from);
  const fields = fieldsOf(transaction);
  if (damage === undefined) return signFields(type, fields, from);
  if (damage.kind === "item") {
    const { position, replacement, isSigned } = damage;
    const change = REPLACEMENTS[replacement % REPLACEMENTS.length] as (typeof REPLACEMENTS)[number];
    if (isSigned) return signFields(type, replaceItem(fields, position, change), from);
    const prefix = Uint8Array.from(type === 0 ? [] : [type]);
    const signed = RLP.decode(signFields(type, fields, from).subarray(prefix.length)) as readonly Item[];
    const changed = replaceItem(signed, position, change) as Parameters<typeof RLP.encode>[0];
    return concatBytes([prefix, RLP.encode(changed)]);
  }
  const raw = signFields(type, fields, from);
  if (damage.kind === "byte") return raw.with(damage.position % raw.length, damage.value);
  return concatBytes([raw, new Uint8Array(damage.length)]).subarray(0, damage.length);
}

function fieldsOf({ type, nonce, fees, gas, to, value, data, accessList, authorizations }: FuzzTransaction) {
  const call = [number(gas), to === null ? new Uint8Array() : hexToBytes(to), number(value), hexToBytes(joined(data))];
  if (type === 0) return [number(nonce), number(fees[1]), ...call];
  const prices = type === 1 ? [number(fees[1])] : fees.map(number);
  const list = accessList.map(([address, slots]) => [hexToBytes(address), slots.map(hexToBytes)]);
  const fields: readonly Item[] = [number(CHAIN_ID), number(nonce), ...prices, ...call, list];
  return type === 4 ? [...fields, authorizations.map(authorizationItem)] : fields;
}

function authorizationItem({ from, chainId, address, nonce, damage }: FuzzAuthorization): Item {
  const fields = [number(chainId), hexToBytes(address), number(nonce)];
  const message = concatBytes([Uint8Array.of(5), RLP.encode(fields)]);
  const { recoveryId, r, s } = signHash(keccak256Bytes(message), wallet(from));
  const high = () => SECP256K1_ORDER - BigInt(`0x${Buffer.from(s).toString("hex")}`);
  const parity = damage === "other parity" || damage === "high s" ? 1 - recoveryId : recoveryId;
  return [
    ...fields,
    number(damage === "parity 2" ? 2 : parity),
    damage === "no r" ? new Uint8Array() : r,
    damage === "high s" ? number(high()) : s,
  ];
}

function number(value: Hex | bigint | number): Uint8Array {
  return minimalBytes(BigInt(value));
}
