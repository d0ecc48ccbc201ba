import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { EMPTY_CODE_HASH, decodeAccount, encodeAccount, isEmptyAccount } from "./account.ts";
import type { AccountRecord } from "./account.ts";
import { EMPTY_TRIE_ROOT, encodeString, openTrie } from "./merkle-patricia-trie.ts";
import type { HashedEntry, MerklePatriciaTrie } from "./merkle-patricia-trie.ts";
import { withPadding } from "./state-database.ts";
import type { StateDatabase } from "./state-database.ts";

/** What a block changed. A slot's value has no leading zeros; no bytes clear it. */
export interface StateChanges {
  /** Undefined removes the account. */
  readonly accounts: ReadonlyMap<Address, AccountRecord | undefined>;
  readonly storage: ReadonlyMap<Address, { readonly cleared: boolean; readonly slots: ReadonlyMap<Hash, Uint8Array> }>;
  readonly codes: ReadonlyMap<Hash, Uint8Array>;
}

/**
 * The state under one root, with flat caches in front of the tries. It can move on to the state a block makes of it
 * (`advance`), keeping what it has read: a reader that wants the old root then opens another view.
 */
export interface StateView {
  /** The root this view stands at. */
  root(): Hash;
  getAccount(address: Address): AccountRecord | undefined;
  /** At most 32 bytes without leading zeros; no bytes if the slot is 0. */
  getSlot(address: Address, slot: Hash): Uint8Array;
  /** Throws if the code is not in the database. */
  getCode(codeHash: Uint8Array): Uint8Array;
  /** The length of the same, which is in memory for longer. */
  getCodeLength(codeHash: Uint8Array): number;
  /** Applies changes: the new root and what must be written to the database. Accounts that are empty are removed (EIP-161). */
  advance(changes: StateChanges): { readonly root: Hash; readonly entries: readonly HashedEntry[] };
  /** Empties the caches if they have grown large. What `advance` gave must be in the database by then. */
  trim(): void;
}

/** Entries of all caches of a view beyond which `trim` empties them; some 200 bytes each. */
const CACHE_LIMIT = 1_000_000;

/** Entries that a trie node in memory counts as: a branch has 16 children, whose hashes take some 150 bytes each. */
const NODE_SIZE = 10;

/** Codes kept in memory; at most 24 KB each, and what is known of their analysis. */
const CODE_LIMIT = 1_024;

const NO_BYTES = new Uint8Array();

export function openStateView(database: StateDatabase, stateRoot: Hash): StateView {
  let root = stateRoot;
  let trie = openTrie(database, hexToBytes(stateRoot));
  let accounts = new Map<Address, AccountRecord | undefined>();
  let slots = new Map<Address, Map<Hash, Uint8Array>>();
  let storageTries = new Map<Address, MerklePatriciaTrie>();
  let codes = new Map<string, Uint8Array>();
  let codeLengths = new Map<string, number>();
  let cachedSlots = 0;

  const getAccount = (address: Address): AccountRecord | undefined => {
    const known = accounts.get(address);
    if (known !== undefined || accounts.has(address)) return known;
    const encoded = trie.get(keccak256Bytes(hexToBytes(address)));
    const account = encoded === undefined ? undefined : decodeAccount(encoded);
    accounts.set(address, account);
    return account;
  };

  const storageTrie = (address: Address, account: AccountRecord): MerklePatriciaTrie => {
    let found = storageTries.get(address);
    if (found === undefined) storageTries.set(address, (found = openTrie(database, account.storageRoot)));
    return found;
  };

  const getSlot = (address: Address, slot: Hash): Uint8Array => {
    let ofAccount = slots.get(address);
    const known = ofAccount?.get(slot);
    if (known !== undefined) return known;
    const account = getAccount(address);
    if (account === undefined || isEmptyRoot(account.storageRoot)) return NO_BYTES;
    const encoded = storageTrie(address, account).get(keccak256Bytes(hexToBytes(slot)));
    const value = encoded === undefined ? NO_BYTES : (RLP.decode(encoded) as Uint8Array);
    if (ofAccount === undefined) slots.set(address, (ofAccount = new Map()));
    ofAccount.set(slot, value);
    cachedSlots++;
    return value;
  };

  const getCode = (codeHash: Uint8Array): Uint8Array => {
    if (Buffer.compare(codeHash, EMPTY_CODE_HASH) === 0) return NO_BYTES;
    const key = bytesToHex(codeHash);
    let code = codes.get(key);
    if (code === undefined) {
      code = getPadded(database, codeHash);
      if (code === undefined) throw new Error(`code ${key} is not in the state database`);
      // Within a block, too: a block can ask for some 20,000 codes.
      if (codes.size >= CODE_LIMIT) codes = new Map();
      codes.set(key, code);
    }
    return code;
  };

  const getCodeLength = (codeHash: Uint8Array): number => {
    const key = bytesToHex(codeHash);
    let length = codeLengths.get(key);
    if (length === undefined) {
      length = codes.get(key)?.length ?? database.getLength?.(codeHash) ?? getCode(codeHash).length;
      codeLengths.set(key, length);
    }
    return length;
  };

  const advance = (changes: StateChanges) => {
    const entries: HashedEntry[] = [];
    for (const [hash, code] of changes.codes) {
      codes.set(hash, code);
      entries.push([hexToBytes(hash), code]);
    }
    for (const address of new Set([...changes.accounts.keys(), ...changes.storage.keys()])) {
      const before = getAccount(address);
      const storage = changes.storage.get(address);
      let after = changes.accounts.has(address) ? changes.accounts.get(address) : before;
      if (after !== undefined && isEmptyAccount(after)) after = undefined;
      if (storage?.cleared === true || after === undefined) {
        slots.delete(address);
        storageTries.delete(address);
      }
      if (after !== undefined) {
        let storageRoot = before === undefined || storage?.cleared === true ? EMPTY_TRIE_ROOT : before.storageRoot;
        if (storage !== undefined && storage.slots.size > 0) {
          storageRoot = advanceStorage(address, { ...after, storageRoot }, storage.slots, entries);
        }
        after = { ...after, storageRoot };
      }
      accounts.set(address, after);
      const key = keccak256Bytes(hexToBytes(address));
      if (after !== undefined) trie.put(key, encodeAccount(after));
      else if (before !== undefined) trie.delete(key);
    }
    const committed = trie.commit();
    for (const node of committed.nodes) entries.push(node);
    root = bytesToHex(committed.root);
    return { root, entries };
  };

  const advanceStorage = (
    address: Address,
    account: AccountRecord,
    changed: ReadonlyMap<Hash, Uint8Array>,
    entries: HashedEntry[],
  ): Uint8Array => {
    const ofAccount = slots.get(address) ?? new Map<Hash, Uint8Array>();
    slots.set(address, ofAccount);
    const storage = storageTrie(address, account);
    for (const [slot, value] of changed) {
      if (!ofAccount.has(slot)) cachedSlots++;
      ofAccount.set(slot, value);
      const key = keccak256Bytes(hexToBytes(slot));
      if (value.length === 0) storage.delete(key);
      else storage.put(key, encodeString(value));
    }
    const committed = storage.commit();
    for (const node of committed.nodes) entries.push(node);
    return committed.root;
  };

  const trim = () => {
    let size = accounts.size + codeLengths.size + cachedSlots + NODE_SIZE * trie.loadedNodes();
    for (const storage of storageTries.values()) size += NODE_SIZE * (1 + storage.loadedNodes());
    if (size <= CACHE_LIMIT) return;
    trie = openTrie(database, hexToBytes(root));
    accounts = new Map();
    slots = new Map();
    storageTries = new Map();
    codes = new Map();
    codeLengths = new Map();
    cachedSlots = 0;
  };

  return { root: () => root, getAccount, getSlot, getCode, getCodeLength, advance, trim };
}

/** Zeros behind a code in memory: as many as the machine reads beyond its end (src/machine/code.ts). */
const CODE_PADDING = 33;

function getPadded(database: StateDatabase, codeHash: Uint8Array): Uint8Array | undefined {
  if (database.getPadded !== undefined) return database.getPadded(codeHash, CODE_PADDING);
  const code = database.get(codeHash);
  return code === undefined ? undefined : withPadding(code, CODE_PADDING);
}

function isEmptyRoot(root: Uint8Array): boolean {
  return Buffer.compare(root, EMPTY_TRIE_ROOT) === 0;
}
