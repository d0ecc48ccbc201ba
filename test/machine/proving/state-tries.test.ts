import { expect } from "chai";
import fc from "fast-check";
import {
  EMPTY_TRIE_ROOT,
  createMemoryStateDatabase,
  openTrie,
  trieDeletionProof,
} from "../../../src/ethereum/index.ts";
import type { TrieSource } from "../../../src/ethereum/index.ts";
import { createStateTries } from "../../../src/machine/index.ts";
import { bytesToHex, keccak256Bytes } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

const slot = fc.nat(40).map((index): Hash => `0x${index.toString(16).padStart(64, "0")}`);
const value = fc.oneof(fc.constant(0n), fc.bigInt(1n, 5n), fc.bigInt(2n ** 255n, 2n ** 256n - 1n));
const writes = fc.array(fc.record({ slot, value }), { maxLength: 40 });

/** Nothing but these nodes: what a verifier has. */
function only(nodes: readonly Uint8Array[]): TrieSource {
  const byHash = new Map(nodes.map((node) => [bytesToHex(keccak256Bytes(node)), node]));
  return { get: (hash) => byHash.get(bytesToHex(hash)) };
}

/** Keys that part in any nibble, so that there are extensions, and embedded nodes under short values. */
const key = fc.tuple(fc.constantFrom(0, 1, 30, 31), fc.nat(3)).map(([position, byte]) => {
  const bytes = new Uint8Array(32);
  bytes[position] = byte * 16 + 1;
  return bytes;
});

describe("State tries of a unit", () => {
  it("have after every write the root that all writes so far give at once", () => {
    fc.assert(
      fc.property(writes, (list) => {
        const tries = createStateTries(createMemoryStateDatabase());
        let root = EMPTY_TRIE_ROOT;
        const values = new Map<Hash, bigint>();
        for (const { slot: at, value: to } of list) {
          root = tries.putSlot(root, at, to, false).root;
          values.set(at, to);
          const other = createStateTries(createMemoryStateDatabase());
          let expected = EMPTY_TRIE_ROOT;
          for (const [known, written] of values) {
            if (written !== 0n) expected = other.putSlot(expected, known, written, false).root;
          }
          expect(bytesToHex(root)).to.equal(bytesToHex(expected));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("give nodes that are all it takes to make the write, deletions with a branch that collapses too", () => {
    fc.assert(
      fc.property(writes, (list) => {
        const tries = createStateTries(createMemoryStateDatabase());
        let root = EMPTY_TRIE_ROOT;
        for (const { slot: at, value: to } of list) {
          const access = tries.putSlot(root, at, to, true);
          const verifier = createStateTries(only(access.nodes));
          expect(bytesToHex(verifier.putSlot(root, at, to, false).root)).to.equal(bytesToHex(access.root));
          root = access.root;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keep earlier roots open", () => {
    const tries = createStateTries(createMemoryStateDatabase());
    const at: Hash = `0x${"00".repeat(31)}01`;
    const first = tries.putSlot(EMPTY_TRIE_ROOT, at, 1n, false).root;
    tries.putSlot(first, at, 2n, false);
    expect(tries.slot(first, at)).to.have.length(1);
    expect(tries.slot(EMPTY_TRIE_ROOT, at)).to.have.length(0);
  });
});

describe("Proof of a deletion from a trie", () => {
  it("holds exactly the nodes that the deletion reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.uint8Array({ minLength: 1, maxLength: 40 })), { maxLength: 12 }),
        key,
        (entries, deleted) => {
          const database = createMemoryStateDatabase();
          const trie = openTrie(database);
          for (const [at, to] of entries) trie.put(at, to);
          const { root, nodes } = trie.commit();
          void database.putMany(nodes);
          const proof = trieDeletionProof(database, root, deleted);
          const read = new Set<string>();
          const source: TrieSource = {
            get: (hash) => {
              read.add(bytesToHex(hash));
              return only(proof).get(hash);
            },
          };
          const opened = openTrie(source, root);
          opened.delete(deleted);
          trie.delete(deleted);
          expect(bytesToHex(opened.commit().root)).to.equal(bytesToHex(trie.commit().root));
          expect(proof.map((node) => bytesToHex(keccak256Bytes(node)))).to.have.members([...read]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
