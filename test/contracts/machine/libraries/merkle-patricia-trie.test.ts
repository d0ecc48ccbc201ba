import { existsSync, readFileSync } from "node:fs";
import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import { createMemoryStateDatabase } from "../../../../src/ethereum/index.ts";
import {
  EMPTY_TRIE_ROOT,
  openTrie,
  trieDeletionProof,
  trieProof,
} from "../../../../src/ethereum/merkle-patricia-trie.ts";
import { bytesToHex, hexToBytes, keccak256, keccak256Bytes } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import type { MachineTries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries, expectRevert } from "./libraries-fixture.ts";
import { EMPTY_ROOT, createReferenceTrie } from "./reference-trie.ts";
import type { ReferenceTrie } from "./reference-trie.ts";

const VECTORS = new URL("../../../../../shared/vectors/trie/", import.meta.url);
const FORGERY = ["NodeMissing", "NodeMismatch", "NodeMalformed", "NodesUnused"];

/** Keys that share long prefixes, so that there are extensions, deep branches and collapses of every kind. */
const stateKey = fc.tuple(fc.nat(3), fc.constantFrom(0, 1, 15, 30, 31), fc.nat(3)).map(([first, position, nibble]) => {
  const bytes = new Uint8Array(32);
  bytes[position] = nibble * 16 + 1;
  bytes[0] = (bytes[0] as number) ^ (first << 4);
  return bytes;
});
/** Keys of any length, some of them the begin of others: values in branches, and nodes short enough to be embedded. */
const anyKey = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x10, 0xab), fc.array(fc.constantFrom(0x00, 0x01, 0x10), { maxLength: 3 }))
  .map(([first, rest]) => Uint8Array.from([first, ...rest]));
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3 }), fc.uint8Array({ minLength: 28, maxLength: 70 }));
const changesOf = (key: fc.Arbitrary<Uint8Array>, maxLength: number) =>
  fc.array(fc.record({ key, value: fc.option(value, { nil: undefined }) }), { maxLength });

describe("MerklePatriciaTrie, on chain", () => {
  let tries: MachineTries;
  before(async () => {
    ({ tries } = await deployLibraries());
  });

  /** Makes the change on both sides and compares the roots. */
  async function change(trie: ReferenceTrie, key: Uint8Array, to: Uint8Array | undefined): Promise<void> {
    const before = trie.root();
    let root: string;
    if (to === undefined) {
      [root] = await tries.remove(before, key, await trie.pathForRemoval(key));
      await trie.remove(key);
    } else {
      [root] = await tries.put(before, key, to, await trie.path(key));
      await trie.put(key, to);
    }
    expect(root, `${to === undefined ? "remove" : "put"} ${bytesToHex(key)}`).to.equal(trie.root());
  }

  for (const [name, key] of [
    ["32-byte keys", stateKey],
    ["keys of any length", anyKey],
  ] as const) {
    it(`agrees with @ethereumjs/mpt on every root of any series of puts and deletions, down to empty (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(changesOf(key, 20), async (changes) => {
          const trie = await createReferenceTrie();
          for (const { key: at, value: to } of changes) await change(trie, at, to);
          for (const { key: at } of changes) await change(trie, at, undefined);
          expect(trie.root()).to.equal(EMPTY_ROOT);
        }),
        { numRuns: 60 },
      );
    });

    it(`reads every value, and nothing where there is none (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(changesOf(key, 20), key, async (changes, absent) => {
          const trie = await createReferenceTrie();
          for (const { key: at, value: to } of changes) {
            if (to === undefined) await trie.remove(at);
            else await trie.put(at, to);
          }
          for (const at of [...changes.map((each) => each.key), absent]) {
            const [found] = await tries.get(trie.root(), at, await trie.path(at));
            expect(found).to.equal(bytesToHex((await trie.get(at)) ?? new Uint8Array()));
          }
        }),
        { numRuns: 40 },
      );
    });

    it(`reverts with any change to the list of nodes that changes what they say (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(changesOf(key, 16), key, value, fc.nat(), fc.nat(), async (changes, at, to, i, j) => {
          const trie = await createReferenceTrie();
          for (const { key: each, value: put } of changes) if (put !== undefined) await trie.put(each, put);
          const root = trie.root();
          for (const isRemoval of [false, true]) {
            const nodes = isRemoval ? await trie.pathForRemoval(at) : await trie.path(at);
            const call = async (list: Uint8Array[]): Promise<string> =>
              (await (isRemoval ? tries.remove(root, at, list) : tries.put(root, at, to, list)))[0];
            const right = await call(nodes);
            const forged: Uint8Array[][] = [
              [...nodes, Uint8Array.of(0x80)],
              [Uint8Array.of(0x80), ...nodes],
              [new Uint8Array(), ...nodes],
            ];
            if (nodes.length > 0) {
              const chosen = i % nodes.length;
              const node = nodes[chosen] as Uint8Array;
              const other = nodes[j % nodes.length] as Uint8Array;
              const replace = (by: Uint8Array) => nodes.map((each, index) => (index === chosen ? by : each));
              forged.push(
                nodes.filter((_, index) => index !== chosen),
                [...nodes, node],
                nodes.map((each, index) => (index === chosen ? other : index === j % nodes.length ? node : each)),
                replace(node.slice(0, -1)),
                replace(node.slice(1)),
                replace(Uint8Array.from([...node, 0])),
                replace(node.map((byte, index) => (index === j % node.length ? byte ^ (1 << (i & 7)) : byte))),
                replace(other),
              );
            }
            for (const list of forged) {
              let result: string | undefined;
              await expectRevert(
                call(list).then((accepted) => {
                  result = accepted;
                }),
                ...FORGERY,
              ).catch((error: unknown) => {
                // Only an exchange of a node with itself may be accepted, and says the same.
                if (result === undefined || list.length !== nodes.length) throw error;
                expect(result).to.equal(right);
                expect(list).to.eql(nodes);
              });
            }
          }
        }),
        { numRuns: 40 },
      );
    });
  }

  it("takes the nodes that the project's own proofs list, and gives the roots of its own trie", async () => {
    await fc.assert(
      fc.asyncProperty(changesOf(stateKey, 25), async (changes) => {
        const database = createMemoryStateDatabase();
        let root = EMPTY_TRIE_ROOT;
        const emptying = changes.map(({ key }) => ({ key, value: undefined }));
        for (const { key, value: to } of [...changes, ...emptying]) {
          const proof = to === undefined ? trieDeletionProof(database, root, key) : trieProof(database, root, key);
          const [onChain] = await (to === undefined ? tries.remove(root, key, proof) : tries.put(root, key, to, proof));
          const trie = openTrie(database, root);
          if (to === undefined) trie.delete(key);
          else trie.put(key, to);
          const committed = trie.commit();
          void database.putMany(committed.nodes);
          root = committed.root;
          expect(onChain).to.equal(bytesToHex(root));
          const [read] = await tries.get(root, key, trieProof(database, root, key));
          expect(read).to.equal(to === undefined ? "0x" : bytesToHex(to));
        }
        expect(bytesToHex(root)).to.equal(EMPTY_ROOT);
      }),
      { numRuns: 30 },
    );
  });

  it("leaves the root when an absent key is deleted", async () => {
    const trie = await createReferenceTrie();
    const absent = new Uint8Array(32);
    expect((await tries.remove(EMPTY_ROOT, absent, []))[0]).to.equal(EMPTY_ROOT);
    for (let i = 1; i < 30; i += 1) await trie.put(keccak256Bytes(Uint8Array.of(i)), Uint8Array.of(i));
    expect((await tries.remove(trie.root(), absent, await trie.path(absent)))[0]).to.equal(trie.root());
  });

  it("takes no nodes for the empty trie, whose root is known", async () => {
    for (const nodes of [[Uint8Array.of(0x80)], [new Uint8Array()]]) {
      await expectRevert(tries.get(EMPTY_ROOT, "0x01", nodes), "NodesUnused");
      await expectRevert(tries.put(EMPTY_ROOT, "0x01", "0x01", nodes), "NodesUnused");
      await expectRevert(tries.remove(EMPTY_ROOT, "0x01", nodes), "NodesUnused");
    }
  });

  it("holds no empty values", async () => {
    await expectRevert(tries.put(EMPTY_ROOT, "0x01", "0x", []), "ValueEmpty");
  });

  it("bounds the length of a key", async () => {
    const longest = new Uint8Array(1024).fill(0x11);
    const trie = await createReferenceTrie();
    await change(trie, longest, Uint8Array.of(1));
    await change(trie, Uint8Array.of(0x11), Uint8Array.of(2));
    await change(trie, longest, undefined);
    await expectRevert(tries.get(EMPTY_ROOT, new Uint8Array(1025), []), "KeyTooLong");
  });

  describe("a node that no canonical trie holds is refused, whatever commits to it:", () => {
    const HASH = keccak256Bytes(Uint8Array.of(1));
    const leaf = (path: string, content: Uint8Array | string = "v") => [hexToBytes(`0x${path}`), content];
    /** A branch with these items, and nothing in the others. */
    const branch = (items: Record<number, unknown>) =>
      Array.from({ length: 17 }, (_, i) => items[i] ?? new Uint8Array()) as never;
    const encode = (item: unknown) => RLP.encode(item as never);

    async function refused(root: Uint8Array, nodes: Uint8Array[], key = "0x11"): Promise<void> {
      const hash = keccak256(root);
      await expectRevert(tries.get(hash, key, nodes), "NodeMalformed");
      await expectRevert(tries.put(hash, key, "0x07", nodes), "NodeMalformed");
      await expectRevert(tries.remove(hash, key, nodes), "NodeMalformed");
    }

    const roots: Record<string, Uint8Array> = {
      "no bytes": new Uint8Array(),
      "a string": encode("a string instead of a node of a trie"),
      "an empty list": encode([]),
      "a list of one": encode(["v"]),
      "a list of three": encode([Uint8Array.of(0x20), "v", "w"]),
      "a branch of 16 items": encode(Array.from({ length: 16 }, () => HASH)),
      "a branch of 18 items": encode(Array.from({ length: 18 }, () => HASH)),
      "bytes after it": Uint8Array.from([...encode(leaf("2011")), 0x80]),
      "a byte less": encode(leaf("2011")).slice(0, -1),
      "a hex prefix of 4": encode(leaf("4011")),
      "a hex prefix of 8": encode(leaf("8011")),
      "an even hex prefix with a nibble": encode(leaf("2111")),
      "an extension's with a nibble": encode(leaf("0111", HASH)),
      "no hex prefix": encode(["", "v"]),
      "a list for a path": encode([["a"], "v"]),
      "an extension of length 0": encode(leaf("00", HASH)),
      "an extension with nothing below": encode(leaf("0011", "")),
      "an extension to 31 bytes": encode(leaf("0011", HASH.slice(1))),
      "an extension to a leaf embedded": encode([hexToBytes("0x11"), leaf("31")]),
      "an extension to an extension embedded": encode([hexToBytes("0x11"), [hexToBytes("0x11"), HASH.slice(8)]]),
      "a leaf without a value": encode(leaf("2011", "")),
      "a leaf with a list": encode([hexToBytes("0x2011"), ["v"]]),
      "a branch without items": encode(branch({})),
      "a branch with one item": encode(branch({ 1: HASH })),
      "a branch with a value only": encode(branch({ 16: "v" })),
      "a branch with a list for a value": encode(branch({ 1: HASH, 16: ["v"] })),
      "a branch with a reference of 31 bytes": encode(branch({ 1: HASH, 2: HASH.slice(1) })),
      "a branch with a reference of 33 bytes": encode(branch({ 1: HASH, 2: Uint8Array.from([...HASH, 1]) })),
      "a branch with a reference of one byte": encode(branch({ 1: HASH, 2: Uint8Array.of(5) })),
      "a branch with an empty node embedded": encode(branch({ 1: HASH, 2: [] })),
      "a branch with 32 bytes embedded": encode(branch({ 2: HASH, 3: ["a".repeat(30)] })),
      "a branch with a list longer than 55 embedded": encode(branch({ 2: HASH, 3: ["a".repeat(60)] })),
      "an embedded node malformed": encode(branch({ 1: leaf("4011"), 2: HASH })),
      "an embedded node of 3 items": encode(branch({ 1: ["a", "b", "c"], 2: HASH })),
    };
    for (const [what, root] of Object.entries(roots)) it(what, async () => refused(root, [root]));

    it("a length in the header that is longer than it needs to be", async () => {
      const node = encode(leaf("2011"));
      const payload = node.slice(1);
      const forms = [
        Uint8Array.from([0xf8, payload.length, ...payload]),
        Uint8Array.from([0xf9, 0, payload.length, ...payload]),
      ];
      const long = encode(leaf("2011", "a".repeat(60)));
      forms.push(Uint8Array.from([0xf9, 0, ...long.slice(1)]));
      // A byte below 0x80 with a header: the path 0x3f, and the value.
      forms.push(Uint8Array.from([0xc3, 0x81, 0x31, 0x76]), Uint8Array.from([0xc5, 0x82, 0x20, 0x11, 0x81, 0x76]));
      for (const form of forms) await refused(form, [form]);
    });

    it("a hashed child of fewer than 32 bytes", async () => {
      const child = encode(leaf("31"));
      const root = encode(branch({ 1: keccak256Bytes(child), 2: HASH }));
      await refused(root, [root, child]);
    });

    it("a hashed child of an extension that is no branch", async () => {
      for (const child of [encode(leaf("31", "a".repeat(40))), encode([Uint8Array.of(0x11), HASH])]) {
        const root = encode([Uint8Array.of(0x11), keccak256Bytes(child)]);
        await refused(root, [root, child]);
      }
    });

    it("a sibling malformed or too short, when a branch collapses into it", async () => {
      for (const sibling of [encode(leaf("31")), encode(leaf("4031", "a".repeat(40))), encode(["a".repeat(60)])]) {
        const root = encode(branch({ 1: leaf("31"), 2: keccak256Bytes(sibling) }));
        await expectRevert(tries.remove(keccak256(root), "0x11", [root, sibling]), "NodeMalformed");
      }
    });
  });

  it("deletes and puts back at depth 64 within 5,000,000 gas", async () => {
    // Sibling leaves at every nibble: 64 branches on one path, each with a hash in every other place.
    const key = new Uint8Array(32);
    const siblings = Array.from({ length: 15 }, (_, i) => keccak256Bytes(Uint8Array.of(i)));
    const last = (path: Uint8Array) => RLP.encode([path, "value of 32 bytes, so not embedded"]);
    let node = last(Uint8Array.of(0x20));
    const nodes = [node];
    for (let depth = 0; depth < 64; depth += 1) {
      node = RLP.encode([keccak256Bytes(node), ...siblings, new Uint8Array()]);
      nodes.unshift(node);
    }
    const root = keccak256(node);
    const result = { get: 0, put: 0, remove: 0 };
    result.get = Number((await tries.get(root, key, nodes))[1]);
    const [changed, put] = await tries.put(root, key, "0x01", nodes);
    result.put = Number(put);
    const [, remove] = await tries.remove(root, key, nodes);
    result.remove = Number(remove);
    expect(changed).to.not.equal(root);
    for (const gas of Object.values(result)) expect(gas).to.be.below(5_000_000);
    expect(result.get).to.be.below(3_000_000);
  });

  describe("Ethereum's TrieTests", function () {
    const bytes = (text: string) => (text.startsWith("0x") ? hexToBytes(text) : new TextEncoder().encode(text));
    for (const [file, isSecure] of [
      ["trietest.json", false],
      ["trieanyorder.json", false],
      ["trietest_secureTrie.json", true],
      ["trieanyorder_secureTrie.json", true],
      ["hex_encoded_securetrie_test.json", true],
    ] as const) {
      const path = new URL(file, VECTORS);
      if (!existsSync(path)) {
        it.skip(`skipped: ${file} is not beside the project (../shared/vectors/trie)`);
        continue;
      }
      const cases = JSON.parse(readFileSync(path, "utf8")) as Record<string, { in: unknown; root: Hash }>;
      for (const [name, test] of Object.entries(cases)) {
        const isSeries = Array.isArray(test.in);
        const entries = (isSeries ? test.in : Object.entries(test.in as object)) as [string, string | null][];
        const run = async (series: [string, string | null][]): Promise<void> => {
          const trie = await createReferenceTrie();
          for (const [at, to] of series) {
            const key = isSecure ? keccak256Bytes(bytes(at)) : bytes(at);
            await change(trie, key, to === null ? undefined : bytes(to));
          }
          expect(trie.root()).to.equal(test.root);
          // `change` has shown every root on chain to be this trie's; here the values.
          for (const [at, to] of new Map(series)) {
            const key = isSecure ? keccak256Bytes(bytes(at)) : bytes(at);
            const [found] = await tries.get(test.root, key, await trie.path(key));
            expect(found).to.equal(to === null ? "0x" : bytesToHex(bytes(to)));
          }
        };
        it(`${file}: ${name}`, async () => {
          await run(entries);
          if (!isSeries) await run([...entries].reverse());
        });
      }
    }
  });
});
