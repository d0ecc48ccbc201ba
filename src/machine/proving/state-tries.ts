import { encodeAccount, encodeString, openTrie, trieDeletionProof, trieProof } from "../../ethereum/index.ts";
import type { AccountRecord, TrieSource } from "../../ethereum/index.ts";
import { bigintToBytes32, bytesToHex, hexToBytes, keccak256Bytes } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";

/** Nodes of a trie as a witness lists them (docs/machine.md §10, "Trie access"). */
export type TrieNodes = readonly Uint8Array[];

/** A trie after an access, and the nodes that prove it. */
export interface TrieAccess {
  readonly root: Uint8Array;
  readonly nodes: TrieNodes;
}

/** The state and storage tries of a unit as its `Flush` steps change them, key by key. Roots name versions. */
export interface StateTries {
  account(stateRoot: Uint8Array, address: Address): TrieNodes;
  slot(storageRoot: Uint8Array, slot: Hash): TrieNodes;
  /** Undefined deletes. `isProven`: whether `nodes` are wanted, else there are none. */
  putAccount(
    stateRoot: Uint8Array,
    address: Address,
    account: AccountRecord | undefined,
    isProven: boolean,
  ): TrieAccess;
  /** 0 deletes. */
  putSlot(storageRoot: Uint8Array, slot: Hash, value: bigint, isProven: boolean): TrieAccess;
}

/** Tries over the nodes in `source`; new nodes are kept in memory. */
export function createStateTries(source: TrieSource): StateTries {
  const added = new Map<string, Uint8Array>();
  const nodes: TrieSource = { get: (hash) => added.get(nameOf(hash)) ?? source.get(hash) };

  const put = (root: Uint8Array, key: Uint8Array, value: Uint8Array | undefined, isProven: boolean): TrieAccess => {
    const proof = value === undefined ? trieDeletionProof : trieProof;
    const opened = isProven ? proof(nodes, root, key) : [];
    const trie = openTrie(nodes, root);
    if (value === undefined) trie.delete(key);
    else trie.put(key, value);
    const committed = trie.commit();
    for (const [hash, encoded] of committed.nodes) added.set(nameOf(hash), encoded);
    return { root: committed.root, nodes: opened };
  };

  return {
    account: (stateRoot, address) => trieProof(nodes, stateRoot, keyOf(address)),
    slot: (storageRoot, slot) => trieProof(nodes, storageRoot, keyOf(slot)),
    putAccount: (stateRoot, address, account, isProven) =>
      put(stateRoot, keyOf(address), account && encodeAccount(account), isProven),
    putSlot: (storageRoot, slot, value, isProven) =>
      put(storageRoot, keyOf(slot), value === 0n ? undefined : encodeString(withoutZeros(value)), isProven),
  };
}

function keyOf(preimage: Hash): Uint8Array {
  return keccak256Bytes(hexToBytes(preimage));
}

function withoutZeros(value: bigint): Uint8Array {
  const bytes = bigintToBytes32(value);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function nameOf(hash: Uint8Array): string {
  return bytesToHex(hash);
}
