import { RLP } from "@ethereumjs/rlp";
import { bytesToBigint, bytesToHex, keccak256Bytes } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { EMPTY_TRIE_ROOT, encodeList, encodeString } from "./merkle-patricia-trie.ts";

/** An account as the state trie holds it. Never changed in place. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** 32 bytes. */
  readonly storageRoot: Uint8Array;
  /** 32 bytes. */
  readonly codeHash: Uint8Array;
}

export const EMPTY_CODE_HASH: Uint8Array = keccak256Bytes(new Uint8Array());
export const EMPTY_CODE_HASH_HEX: Hash = bytesToHex(EMPTY_CODE_HASH);

export const EMPTY_ACCOUNT: AccountRecord = {
  nonce: 0n,
  balance: 0n,
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: EMPTY_CODE_HASH,
};

/** Nothing an account can be found by: no nonce, balance or code (EIP-161). */
export function isEmptyAccount(account: AccountRecord): boolean {
  return account.nonce === 0n && account.balance === 0n && !hasCode(account);
}

export function hasCode(account: AccountRecord): boolean {
  return Buffer.compare(account.codeHash, EMPTY_CODE_HASH) !== 0;
}

export function encodeAccount(account: AccountRecord): Uint8Array {
  return encodeList([
    encodeString(minimalBytes(account.nonce)),
    encodeString(minimalBytes(account.balance)),
    encodeString(account.storageRoot),
    encodeString(account.codeHash),
  ]);
}

export function decodeAccount(encoded: Uint8Array): AccountRecord {
  const [nonce, balance, storageRoot, codeHash] = RLP.decode(encoded) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  return { nonce: bytesToBigint(nonce), balance: bytesToBigint(balance), storageRoot, codeHash };
}

/** Big-endian bytes without leading zeros; 0 is no bytes. */
export function minimalBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** Bytes without leading zeros. */
export function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.subarray(start);
}
