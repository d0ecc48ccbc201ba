import { RLP } from "@ethereumjs/rlp";
import fc from "fast-check";
import secp256k1 from "secp256k1";
import { minimalBytes } from "../../src/ethereum/account.ts";
import type { TransactionFields } from "../../src/ethereum/index.ts";
import { bytesToBigint, concatBytes, hexToBytes, keccak256Bytes } from "../../src/primitives/index.ts";
import { CHAIN_ID, GWEI, account, wallet } from "../execution/harness.ts";
import type { Wallet } from "../execution/harness.ts";

/** What RLP can encode. */
export type Item = Uint8Array | readonly Item[];
export type TransactionType = 0 | 1 | 2 | 4;

export const alice = wallet(1);
export const CONTRACT = account(1);
export const NOTHING = new Uint8Array();
const number = (value: bigint | number) => minimalBytes(BigInt(value));
export const bytes = (size: number, value = 7) => new Uint8Array(size).fill(value);
/** As long as a string of bytes, which is all that `length` tells. */
export const list = (size: number, item: Item = Uint8Array.of(7)): Item => Array.from({ length: size }, () => item);

const typePrefix = (type: TransactionType) => Uint8Array.from(type === 0 ? [] : [type]);
const encode = (item: Item): Uint8Array => RLP.encode(item as Parameters<typeof RLP.encode>[0]);

export function signHash(
  hash: Uint8Array,
  from: Wallet = alice,
): { readonly recoveryId: number; readonly r: Uint8Array; readonly s: Uint8Array } {
  const { signature, recid } = secp256k1.ecdsaSign(hash, from.privateKey);
  const half = (start: number) => minimalBytes(bytesToBigint(signature.subarray(start, start + 32)));
  return { recoveryId: recid, r: half(0), s: half(32) };
}

/** Raw bytes of a transaction of these fields, whatever they are, with somebody's signature of them. */
export function signFields(type: TransactionType, fields: readonly Item[], from: Wallet = alice): Uint8Array {
  const unsigned = type === 0 ? [...fields, number(CHAIN_ID), NOTHING, NOTHING] : fields;
  const { recoveryId, r, s } = signHash(keccak256Bytes(concatBytes([typePrefix(type), encode(unsigned)])), from);
  const v = number(type === 0 ? recoveryId + 35 + 2 * CHAIN_ID : recoveryId);
  return concatBytes([typePrefix(type), encode([...fields, v, r, s])]);
}

export function authorization(nonce: number): readonly Item[] {
  const fields = [number(CHAIN_ID), hexToBytes(CONTRACT), number(nonce)];
  const { recoveryId, r, s } = signHash(keccak256Bytes(concatBytes([Uint8Array.of(5), encode(fields)])));
  return [...fields, number(recoveryId), r, s];
}

export const ACCESS_LIST: Item = [
  [hexToBytes(CONTRACT), [bytes(32, 0), bytes(32)]],
  [bytes(20), []],
];

/** Fields without the signature; the access list is the last but for type 4. */
export function fieldsOf(type: TransactionType, accessList: Item = ACCESS_LIST, nonce = 0): readonly Item[] {
  const call = [number(100_000), hexToBytes(CONTRACT), NOTHING, Uint8Array.of(1, 0)];
  if (type === 0) return [number(nonce), number(GWEI), ...call];
  const fees = type === 1 ? [number(GWEI)] : [NOTHING, number(GWEI)];
  const fields = [number(CHAIN_ID), number(nonce), ...fees, ...call, accessList];
  return type === 4 ? [...fields, [authorization(nonce + 1), authorization(5)]] : fields;
}

/** What an item of an encoding can be replaced by. */
export const REPLACEMENTS: readonly ((item: Item) => readonly Item[])[] = [
  (item) => [item],
  () => [[]],
  () => [NOTHING],
  () => [],
  (item) => [item, item],
  (item) => [[item]],
  (item) => [list(item.length)],
  (item) => [list(item.length, [])],
  (item) => [bytes(item.length)],
  (item) => [item instanceof Uint8Array ? concatBytes([item, bytes(1)]) : [...item, bytes(1)]],
  (item) => [item.slice(0, -1)],
  (item) => [item instanceof Uint8Array ? concatBytes([bytes(1, 0), item]) : [bytes(1, 0), ...item]],
];

const replacement: fc.Arbitrary<(item: Item) => readonly Item[]> = fc.oneof(
  fc.constantFrom(...REPLACEMENTS),
  fc.uint8Array({ maxLength: 40 }).map((value) => () => [value]),
);
const mutations = fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 2 });
const isSignatureKept = fc.integer({ min: 0, max: 3 }).map((value) => value === 0);

/**
 * Raw bytes of transactions of Alice of every type with one or two changes of their structure, most of them signed as they
 * are; given her nonce.
 */
export const changedTransactions: fc.Arbitrary<(nonce: number) => Uint8Array> = fc
  .tuple(fc.constantFrom<TransactionType[]>(0, 1, 2, 4), mutations, isSignatureKept)
  .map(([type, changes, keepsSignature]) => (nonce) => {
    const mutate = (fields: readonly Item[]) =>
      changes.reduce((items, [position, change]) => replaceItem(items, position, change), fields);
    if (!keepsSignature) return signFields(type, mutate(fieldsOf(type, ACCESS_LIST, nonce)));
    // The signature then is of something else, and so of somebody else.
    const signed = signFields(type, fieldsOf(type, ACCESS_LIST, nonce));
    const fields = RLP.decode(signed.subarray(typePrefix(type).length)) as readonly Item[];
    return concatBytes([typePrefix(type), encode(mutate(fields))]);
  });

/** Replaces the item at a position of the tree, counted modulo its size in the order of the encoding. */
export function replaceItem(
  items: readonly Item[],
  position: number,
  change: (item: Item) => readonly Item[],
): readonly Item[] {
  let countdown = position % Math.max(1, countItems(items));
  const visit = (item: Item): readonly Item[] => {
    if (countdown-- === 0) return change(item);
    return [item instanceof Uint8Array ? item : item.flatMap(visit)];
  };
  return items.flatMap(visit);
}

function countItems(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + 1 + (item instanceof Uint8Array ? 0 : countItems(item)), 0);
}

/** The encoding of decoded fields: what was decoded, if nothing of it was lost. */
export function encodeAgain(transaction: TransactionFields): Uint8Array {
  const { type, chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data, v, r, s } = transaction;
  const fees = type < 2 ? [maxFeePerGas] : [maxPriorityFeePerGas, maxFeePerGas];
  const accessList = transaction.accessList.map(({ address, storageKeys }) => [
    hexToBytes(address),
    storageKeys.map(hexToBytes),
  ]);
  const authorizations = transaction.authorizations.map((item) => [
    number(item.chainId),
    hexToBytes(item.address),
    number(item.nonce),
    number(item.yParity),
    number(item.r),
    number(item.s),
  ]);
  return concatBytes([
    typePrefix(type),
    encode([
      ...(chainId === undefined ? [] : [number(chainId)]),
      ...[nonce, ...fees, gasLimit].map(number),
      to === undefined ? NOTHING : hexToBytes(to),
      number(value),
      data,
      ...(type === 0 ? [] : [accessList]),
      ...(type === 4 ? [authorizations] : []),
      ...[v, r, s].map(number),
    ]),
  ]);
}
