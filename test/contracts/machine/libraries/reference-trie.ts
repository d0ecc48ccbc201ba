import { createMPT } from "@ethereumjs/mpt";
import type { MerklePatriciaTrie } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, hexToBytes, keccak256 } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";

export const EMPTY_ROOT: Hash = keccak256(Uint8Array.of(0x80));

type Item = Uint8Array | Item[];

/** `@ethereumjs/mpt` with what a verifier of a change has to be shown. */
export interface ReferenceTrie {
  root(): Hash;
  get(key: Uint8Array): Promise<Uint8Array | null>;
  put(key: Uint8Array, value: Uint8Array): Promise<void>;
  remove(key: Uint8Array): Promise<void>;
  /** The nodes on the path of `key`, from the root to where it ends, those embedded left out. */
  path(key: Uint8Array): Promise<Uint8Array[]>;
  /** The same and, if without `key` a branch is left with one child, that child, unless it is embedded. */
  pathForRemoval(key: Uint8Array): Promise<Uint8Array[]>;
}

const nibblesOf = (bytes: Uint8Array): number[] => [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);

export async function createReferenceTrie(): Promise<ReferenceTrie> {
  const entries = new Map<Hash, Uint8Array>();
  let trie: MerklePatriciaTrie = await createMPT({ useNodePruning: false });
  const raw = async (hash: Uint8Array): Promise<Uint8Array> => {
    const node = await trie.database().get(hash);
    if (node === undefined) throw new Error(`no node ${bytesToHex(hash)}`);
    return node;
  };
  const root = (): Hash => bytesToHex(trie.root());

  /** The walk along `key`: the listed nodes, and the last branch with the item that the walk takes. */
  async function walk(key: Uint8Array) {
    const listed: Uint8Array[] = [];
    let branch: { items: Item[]; slot: number } | undefined;
    let found = false;
    let nibbles = nibblesOf(key);
    let reference: Item = trie.root();
    if (root() === EMPTY_ROOT) return { listed, branch, found };
    while (true) {
      let items: Item[];
      if (reference instanceof Uint8Array) {
        if (reference.length === 0) return { listed, branch, found };
        const node = await raw(reference);
        listed.push(node);
        items = RLP.decode(node) as Item[];
      } else {
        items = reference;
      }
      if (items.length === 17) {
        const slot = nibbles.length === 0 ? 16 : (nibbles[0] as number);
        branch = { items, slot };
        if (slot === 16) return { listed, branch, found: (items[16] as Uint8Array).length > 0 };
        nibbles = nibbles.slice(1);
        reference = items[slot] as Item;
        continue;
      }
      const prefix = nibblesOf(items[0] as Uint8Array);
      const flag = prefix[0] as number;
      const part = prefix.slice(flag % 2 === 1 ? 1 : 2);
      const agrees = part.every((nibble, i) => nibbles[i] === nibble);
      if (flag >= 2) {
        found = agrees && part.length === nibbles.length;
        return { listed, branch, found };
      }
      if (!agrees) return { listed, branch, found };
      nibbles = nibbles.slice(part.length);
      reference = items[1] as Item;
    }
  }

  return {
    root,
    get: async (key) => trie.get(key),
    async put(key, value) {
      entries.set(bytesToHex(key), value);
      await trie.put(key, value);
    },
    // Built anew of what is left: `del` drops the value of a branch that it leaves with one child, so where keys are the
    // begin of others its roots are not those of the same entries put into an empty trie.
    async remove(key) {
      entries.delete(bytesToHex(key));
      trie = await createMPT({ useNodePruning: false });
      for (const [at, value] of entries) await trie.put(hexToBytes(at), value);
    },
    path: async (key) => (await walk(key)).listed,
    async pathForRemoval(key) {
      const { listed, branch, found } = await walk(key);
      if (!found || branch === undefined) return listed;
      const left = branch.items.filter((item, slot) => slot !== branch.slot && item.length > 0);
      const [last] = left;
      const isValue = branch.slot !== 16 && (branch.items[16] as Uint8Array).length > 0;
      if (left.length === 1 && !isValue && last instanceof Uint8Array) listed.push(await raw(last));
      return listed;
    },
  };
}
