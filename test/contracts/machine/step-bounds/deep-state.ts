import { RLP } from "@ethereumjs/rlp";
import {
  EMPTY_ACCOUNT,
  EMPTY_TRIE_ROOT,
  createMemoryStateDatabase,
  encodeAccount,
  encodeString,
  withoutLeadingZeros,
} from "../../../../src/ethereum/index.ts";
import type { StateDatabase } from "../../../../src/ethereum/index.ts";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../../src/primitives/index.ts";

// States in whose tries every key stands as deep as one can, below 64 branches of 16 children each. Of all other keys there are
// only hashes. No transaction builds such a trie, as each level takes keys that agree in one more nibble of a hash.

export interface DeepAccount {
  readonly nonce?: bigint;
  /** Wei. */
  readonly balance?: bigint;
  readonly code?: Uint8Array;
  /** 0 for a slot that is not there. */
  readonly storage?: Readonly<Record<Hash, bigint>>;
}

const NIBBLES = 64;
const CHILDREN = 16;
const NOTHING = new Uint8Array();
/** Stands for a subtree of which nothing is known but that it is not empty. */
const OTHERS = keccak256Bytes(Uint8Array.of(2));

/**
 * A state with these accounts; undefined for one that is not there, which is as deep. A deletion of a slot or account in
 * `alone` leaves the lowest branch above it with one child, which takes its place.
 */
export function createDeepState(
  accounts: Readonly<Record<Address, DeepAccount | undefined>>,
  { alone = [] }: { readonly alone?: readonly (Address | Hash)[] } = {},
): { readonly database: StateDatabase; readonly root: Hash } {
  const database = createMemoryStateDatabase();
  const put = (value: Uint8Array): Uint8Array => {
    const hash = keccak256Bytes(value);
    void database.putMany([[hash, value]]);
    return hash;
  };
  const aloneKeys = new Set(alone.map((name) => bytesToHex(keccak256Bytes(hexToBytes(name)))));
  const trieOf = (entries: ReadonlyMap<string, Uint8Array | undefined>, other: Uint8Array) =>
    buildTrie(entries, aloneKeys, other, put);

  const leaves = new Map<string, Uint8Array | undefined>();
  for (const [address, account] of Object.entries(accounts)) {
    const key = keyOf(address as Address);
    if (account === undefined) {
      leaves.set(key, undefined);
      continue;
    }
    const { nonce = 0n, balance = 0n, code = NOTHING, storage = {} } = account;
    const slots = new Map(
      Object.entries(storage).map(([slot, value]) => [
        keyOf(slot as Hash),
        value === 0n ? undefined : encodeValue(value),
      ]),
    );
    const storageRoot = slots.size === 0 ? EMPTY_TRIE_ROOT : trieOf(slots, encodeValue(2n ** 256n - 1n));
    leaves.set(key, encodeAccount({ ...EMPTY_ACCOUNT, nonce, balance, codeHash: put(code), storageRoot }));
  }
  const other = encodeAccount({ ...EMPTY_ACCOUNT, balance: 2n ** 80n });
  return { database, root: bytesToHex(trieOf(leaves, other)) };
}

function keyOf(preimage: Address | Hash): string {
  return bytesToHex(keccak256Bytes(hexToBytes(preimage))).slice(2);
}

function encodeValue(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return encodeString(withoutLeadingZeros(hexToBytes(`0x${hex.padStart(64, "0")}`)));
}

/** Root of the trie; keys are 64 digits. `other` is the value beside a key of `alone`. */
function buildTrie(
  entries: ReadonlyMap<string, Uint8Array | undefined>,
  alone: ReadonlySet<string>,
  other: Uint8Array,
  put: (value: Uint8Array) => Uint8Array,
): Uint8Array {
  type Item = Uint8Array | readonly Uint8Array[];
  const reference = (items: readonly Item[]): Item => {
    const encoded = RLP.encode(items as Parameters<typeof RLP.encode>[0]);
    return encoded.length < 32 ? (items as readonly Uint8Array[]) : put(encoded);
  };
  // A path without nibbles.
  const leaf = (value: Uint8Array): Item => reference([Uint8Array.of(0x20), value]);
  const subtree = (keys: readonly string[], depth: number): Item => {
    if (depth === NIBBLES) {
      const value = entries.get(keys[0] as string);
      return value === undefined ? NOTHING : leaf(value);
    }
    const isAlone = depth === NIBBLES - 1 && keys.some((key) => alone.has(`0x${key}`));
    const children: Item[] = [];
    for (let nibble = 0; nibble < CHILDREN; nibble++) {
      const below = keys.filter((key) => parseInt(key.charAt(depth), 16) === nibble);
      if (below.length > 0) children.push(subtree(below, depth + 1));
      else children.push(isAlone ? NOTHING : OTHERS);
    }
    if (isAlone) children[(parseInt((keys[0] as string).charAt(depth), 16) + 1) % CHILDREN] = leaf(other);
    return reference([...children, NOTHING]);
  };
  return subtree([...entries.keys()], 0) as Uint8Array;
}
