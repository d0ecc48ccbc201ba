import { RLP } from "@ethereumjs/rlp";
import { SigningKey } from "ethers";
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  keccak256,
  type Address,
  type Hash,
  type Hex,
} from "../../src/primitives/index.ts";
import { CHAIN_ID, GWEI, privateKey } from "./node-fixture.ts";

export interface AuthorizationFields {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** All fields a transaction may have; a type takes those it knows. */
export interface TransactionFields {
  readonly type: 0 | 1 | 2 | 4;
  readonly chainId: bigint;
  /** Of a legacy transaction: whether its signature names the chain (EIP-155). */
  readonly isProtected: boolean;
  readonly nonce: bigint;
  /** Wei per gas; `maxFeePerGas` is the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly gas: bigint;
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly data: Hex;
  readonly accessList: readonly { readonly address: Address; readonly storageKeys: readonly Hash[] }[];
  readonly authorizationList: readonly AuthorizationFields[];
}

export const PLAIN_TRANSACTION: TransactionFields = {
  type: 2,
  chainId: BigInt(CHAIN_ID),
  isProtected: true,
  nonce: 0n,
  maxFeePerGas: 10n * GWEI,
  maxPriorityFeePerGas: 0n,
  gas: 2_000_000n,
  to: `0x${"de".repeat(20)}`,
  value: 0n,
  data: "0x",
  accessList: [],
  authorizationList: [],
};

export interface SignedFields {
  readonly fields: TransactionFields;
  readonly raw: Hex;
  readonly hash: Hash;
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

type Item = Uint8Array | readonly Item[];

/** The RLP items of a transaction without its signature. */
function itemsOf(fields: TransactionFields): Item[] {
  const { type, chainId, nonce, maxFeePerGas, maxPriorityFeePerGas, gas, to, value, data } = fields;
  const call = [number(gas), to === undefined ? new Uint8Array() : hexToBytes(to), number(value), hexToBytes(data)];
  if (type === 0) return [number(nonce), number(maxFeePerGas), ...call];
  const accessList = fields.accessList.map(({ address, storageKeys }) => [
    hexToBytes(address),
    storageKeys.map((key) => hexToBytes(key)),
  ]);
  const fees = type === 1 ? [number(maxFeePerGas)] : [number(maxPriorityFeePerGas), number(maxFeePerGas)];
  const authorizations = fields.authorizationList.map((item) => [
    number(item.chainId),
    hexToBytes(item.address),
    number(item.nonce),
    number(item.yParity),
    number(item.r),
    number(item.s),
  ]);
  return [number(chainId), number(nonce), ...fees, ...call, accessList, ...(type === 4 ? [authorizations] : [])];
}

/** Encodes and signs whatever the fields are, without a library's opinion on them. */
export function signFields(name: string, changes: Partial<TransactionFields> = {}): SignedFields {
  const fields = { ...PLAIN_TRANSACTION, ...changes };
  const { type, chainId, isProtected } = fields;
  const items = itemsOf(fields);
  const encode = (list: readonly Item[]): Uint8Array =>
    concatBytes([
      type === 0 ? new Uint8Array() : Uint8Array.of(type),
      RLP.encode(list as Parameters<typeof RLP.encode>[0]),
    ]);
  const chain = type === 0 && isProtected ? [number(chainId), new Uint8Array(), new Uint8Array()] : [];
  const signature = new SigningKey(privateKey(name)).sign(keccak256(encode([...items, ...chain])));
  const parity = BigInt(signature.yParity);
  const v = type > 0 ? parity : isProtected ? 35n + 2n * chainId + parity : 27n + parity;
  const [r, s] = [BigInt(signature.r), BigInt(signature.s)];
  const raw = encode([...items, number(v), number(r), number(s)]);
  return { fields, raw: bytesToHex(raw), hash: keccak256(raw), v, r, s };
}

/** A number as RLP has it: big-endian without leading zeros, so zero is no bytes. */
function number(value: bigint): Uint8Array {
  const digits = value.toString(16);
  return value === 0n ? new Uint8Array() : hexToBytes(`0x${digits.length % 2 === 1 ? "0" : ""}${digits}`);
}
