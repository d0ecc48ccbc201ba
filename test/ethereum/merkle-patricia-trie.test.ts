import { existsSync, readFileSync } from "node:fs";
import { createMPT, verifyMPTWithMerkleProof } from "@ethereumjs/mpt";
import { expect } from "chai";
import fc from "fast-check";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import { EMPTY_TRIE_ROOT, MissingTrieNodeError, openTrie, trieProof } from "../../src/ethereum/merkle-patricia-trie.ts";
import type { MerklePatriciaTrie } from "../../src/ethereum/merkle-patricia-trie.ts";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../../src/primitives/index.ts";

const VECTORS = new URL("../../../shared/vectors/trie/", import.meta.url);

/** Keys over a small alphabet in few positions, so that they share long prefixes and branches collapse often. */
const key = fc.tuple(fc.nat(3), fc.constantFrom(0, 1, 15, 30, 31), fc.nat(3)).map(([first, position, nibble]) => {
  const bytes = new Uint8Array(32);
  bytes[position] = nibble * 16 + 1;
  bytes[0] = (bytes[0] as number) ^ (first << 4);
  return bytes;
});
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3 }), fc.uint8Array({ minLength: 31, maxLength: 70 }));
const change = fc.record({ key, value: fc.option(value, { nil: undefined }) });

function apply(trie: MerklePatriciaTrie, changes: readonly { key: Uint8Array; value: Uint8Array | undefined }[]): void {
  for (const { key: at, value: to } of changes) {
    if (to === undefined) trie.delete(at);
    else trie.put(at, to);
  }
}

describe("Merkle Patricia trie", () => {
  it("has the known root when empty", () => {
    expect(bytesToHex(openTrie(createMemoryStateDatabase()).commit().root)).to.equal(
      "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    );
  });

  it("agrees with @ethereumjs/mpt on root, values and nodes after any series of batches of puts and deletes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 5 }), async (batches) => {
        const database = createMemoryStateDatabase();
        const reference = await createMPT({ useNodePruning: false });
        let root = EMPTY_TRIE_ROOT;
        for (const changes of batches) {
          const trie = openTrie(database, root);
          apply(trie, changes);
          for (const { key: at, value: to } of changes) {
            if (to === undefined) await reference.del(at);
            else await reference.put(at, to);
          }
          const committed = trie.commit();
          void database.putMany(committed.nodes);
          root = committed.root;
          expect(bytesToHex(root)).to.equal(bytesToHex(reference.root()));
          const reopened = openTrie(database, root);
          for (const { key: at } of batches.flat()) {
            expect(reopened.get(at) ?? null).to.eql(await reference.get(at));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("commits the same root whether changes come in one batch or many", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const atOnce = openTrie(createMemoryStateDatabase());
        apply(atOnce, changes);
        const stepwise = openTrie(createMemoryStateDatabase());
        for (const each of changes) {
          apply(stepwise, [each]);
          stepwise.commit();
        }
        expect(stepwise.commit().root).to.eql(atOnce.commit().root);
      }),
    );
  });

  it("leaves a trie unchanged by what happens to its forks", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 15 }), fc.array(change, { maxLength: 15 }), (first, second) => {
        const trie = openTrie(createMemoryStateDatabase());
        apply(trie, first);
        const before = trie.commit().root;
        const fork = trie.fork();
        apply(fork, second);
        fork.commit();
        expect(trie.commit().root).to.eql(before);
      }),
    );
  });

  it("proves presence and absence so that an independent verifier accepts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 25 }), key, async (changes, asked) => {
        const database = createMemoryStateDatabase();
        const trie = openTrie(database);
        apply(trie, changes);
        const { root, nodes } = trie.commit();
        void database.putMany(nodes);
        if (Buffer.compare(root, EMPTY_TRIE_ROOT) === 0) return;
        const proof = trieProof(database, root, asked);
        expect(await verifyMPTWithMerkleProof(await createMPT({ root }), root, asked, proof)).to.eql(
          trie.get(asked) ?? null,
        );
      }),
      { numRuns: 200 },
    );
  });

  it("names the node that is not in the source", () => {
    const missing = keccak256Bytes(Uint8Array.of(1));
    expect(() => openTrie(createMemoryStateDatabase(), missing).get(missing)).to.throw(
      MissingTrieNodeError,
      bytesToHex(missing),
    );
  });

  it("gives the roots of Ethereum's secure trie tests", function () {
    if (!existsSync(VECTORS)) return this.skip();
    for (const file of [
      "trietest_secureTrie.json",
      "trieanyorder_secureTrie.json",
      "hex_encoded_securetrie_test.json",
    ]) {
      const path = new URL(file, VECTORS);
      if (!existsSync(path)) continue;
      const cases = JSON.parse(readFileSync(path, "utf8")) as Record<string, { in: unknown; root: string }>;
      for (const [name, test] of Object.entries(cases)) {
        const trie = openTrie(createMemoryStateDatabase());
        const bytes = (text: string) => (text.startsWith("0x") ? hexToBytes(text) : new TextEncoder().encode(text));
        const entries = (Array.isArray(test.in) ? test.in : Object.entries(test.in as object)) as [
          string,
          string | null,
        ][];
        for (const [at, to] of entries) {
          if (to === null) trie.delete(keccak256Bytes(bytes(at)));
          else trie.put(keccak256Bytes(bytes(at)), bytes(to));
        }
        expect(bytesToHex(trie.commit().root), `${file} ${name}`).to.equal(test.root);
      }
    }
  });
});
