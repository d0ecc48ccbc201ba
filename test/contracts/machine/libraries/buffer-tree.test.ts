import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, concatBytes } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import type { MachineLibraries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries, expectRevert, nodeOf, witnessOf } from "./libraries-fixture.ts";
import type { Region } from "./libraries-fixture.ts";

const DEPTH = 17;
const CAPACITY = 2 ** DEPTH;
const ZERO_WORD = new Uint8Array(32);
const ZERO_NODES: Uint8Array[] = [ZERO_WORD];
for (let height = 0; height < DEPTH; height += 1) ZERO_NODES.push(nodeOf(ZERO_NODES[height]!, ZERO_NODES[height]!));

/** A buffer as docs/machine.md §2 defines it: all its levels, the subtrees of zeros left out. */
function treeOf(words: ReadonlyMap<number, Uint8Array>): Map<number, Uint8Array>[] {
  const levels = [new Map(words)];
  for (let height = 0; height < DEPTH; height += 1) {
    const level = levels[height]!;
    const parents = new Map<number, Uint8Array>();
    for (const index of level.keys()) {
      const parent = Math.floor(index / 2);
      const child = (at: number) => level.get(at) ?? ZERO_NODES[height]!;
      if (!parents.has(parent)) parents.set(parent, nodeOf(child(2 * parent), child(2 * parent + 1)));
    }
    levels.push(parents);
  }
  return levels;
}

const rootOf = (tree: readonly Map<number, Uint8Array>[]): Hash =>
  bytesToHex(tree[DEPTH]!.get(0) ?? ZERO_NODES[DEPTH]!);

function regionOf(tree: readonly Map<number, Uint8Array>[], first: number, count: number): Region {
  const node = (height: number, index: number) => tree[height]!.get(index) ?? ZERO_NODES[height]!;
  const words = concatBytes(Array.from({ length: count }, (_, i) => node(0, first + i)));
  const siblings: Hash[] = [];
  let [from, to] = [first, first + count - 1];
  for (let height = 0; height < DEPTH; height += 1) {
    if (from % 2 === 1) siblings.push(bytesToHex(node(height, from - 1)));
    if (to % 2 === 0) siblings.push(bytesToHex(node(height, to + 1)));
    [from, to] = [from >> 1, to >> 1];
  }
  return { words, siblings };
}

const solidity = ({ words, siblings }: Region) => ({ words, siblings: [...siblings] });
const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Words near each other, at either end of the buffer, and in between. */
const place = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((back) => CAPACITY - 1 - back),
  fc.nat(40).map((after) => 65_530 + after),
  fc.nat(CAPACITY - 1),
);
const buffer = fc.array(fc.tuple(place, word), { maxLength: 60 }).map((entries) => new Map(entries));
const range = fc
  .tuple(place, fc.integer({ min: 1, max: 90 }))
  .map(([first, count]) => ({ first, count: Math.min(count, CAPACITY - first) }));
const seeded = (length: number) => new Uint8Array(length).map((_, i) => (i * 97 + (i >> 8) * 13 + 7) & 0xff);
const mapOf = (data: Uint8Array, first = 0) =>
  new Map(Array.from({ length: data.length / 32 }, (_, i) => [first + i, data.subarray(32 * i, 32 * i + 32)]));

describe("BufferTree, on chain", () => {
  let libraries: MachineLibraries;
  before(async () => {
    ({ libraries } = await deployLibraries());
  });

  it("has the root of 2^17 zero words when empty", async () => {
    expect((await libraries.rootOf("0x"))[0]).to.equal(bytesToHex(ZERO_NODES[DEPTH]!));
  });

  it("opens any words of any buffer", async () => {
    await fc.assert(
      fc.asyncProperty(buffer, range, async (words, { first, count }) => {
        const tree = treeOf(words);
        const region = regionOf(tree, first, count);
        expect((await libraries.openBuffer(rootOf(tree), first, solidity(region)))[0]).to.equal(
          bytesToHex(region.words),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("writes any words of any buffer, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(buffer, range, fc.nat(255), async (words, { first, count }, seed) => {
        const tree = treeOf(words);
        const written = seeded(32 * count).map((byte) => byte ^ seed);
        const [root] = await libraries.writeBuffer(
          rootOf(tree),
          first,
          solidity(regionOf(tree, first, count)),
          written,
        );
        expect(root).to.equal(rootOf(treeOf(new Map([...words, ...mapOf(written, first)]))));
      }),
      { numRuns: 100 },
    );
  });

  it("gives the root of any bytes from the begin on", async () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 5000 }));
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const data = seeded(length);
        const padded = concatBytes([data, new Uint8Array((32 - (length % 32)) % 32)]);
        expect((await libraries.rootOf(data))[0]).to.equal(rootOf(treeOf(mapOf(padded))));
      }),
      { numRuns: 60, examples: [[1], [31], [32], [33], [64], [65], [1024], [1025]] },
    );
  });

  it("refuses a wrong word, sibling or place, and a sibling more or less", async () => {
    await fc.assert(
      fc.asyncProperty(buffer, range, fc.nat(), fc.nat(255), async (words, { first, count }, at, bit) => {
        const tree = treeOf(words);
        const root = rootOf(tree);
        const region = regionOf(tree, first, count);
        const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        const flipHash = (hash: Hash): Hash => bytesToHex(flip(Buffer.from(hash.slice(2), "hex")));
        const wordAt = (at % count) * 32;
        const wrongWord = concatBytes([
          region.words.subarray(0, wordAt),
          flip(region.words.subarray(wordAt, wordAt + 32)),
          region.words.subarray(wordAt + 32),
        ]);
        const { siblings } = region;
        const refused: [Region, ...string[]][] = [
          [{ ...region, words: wrongWord }, "RegionNotProven"],
          [{ ...region, siblings: [...siblings, bytesToHex(ZERO_WORD)] }, "RegionSiblingsMismatch"],
        ];
        if (siblings.length > 0) {
          const chosen = at % siblings.length;
          const wrong = siblings.map((sibling, i) => (i === chosen ? flipHash(sibling) : sibling));
          refused.push(
            [{ ...region, siblings: wrong }, "RegionNotProven"],
            [
              { ...region, siblings: siblings.filter((_, i) => i !== chosen) },
              "RegionSiblingsMismatch",
              "RegionNotProven",
            ],
          );
        }
        for (const [forged, ...names] of refused) {
          await expectRevert(libraries.openBuffer(root, first, solidity(forged)), ...names);
          await expectRevert(libraries.writeBuffer(root, first, solidity(forged), region.words), ...names);
        }
        const elsewhere = first === 0 ? 1 : first - 1;
        let opened: string | undefined;
        try {
          [opened] = await libraries.openBuffer(root, elsewhere, solidity(region));
        } catch {
          return;
        }
        // What is accepted elsewhere stands there too (zeros among zeros).
        const inTree = (i: number) => tree[0]!.get(i) ?? ZERO_WORD;
        expect(opened).to.equal(
          bytesToHex(concatBytes(Array.from({ length: count }, (_, i) => inTree(elsewhere + i)))),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("refuses an inner node as a word", async () => {
    const tree = treeOf(mapOf(seeded(128)));
    const region = regionOf(tree, 0, 1);
    // One level up: the parent of the first two words, with the siblings of the levels above.
    const forged = { words: tree[1]!.get(0)!, siblings: region.siblings.slice(1) };
    await expectRevert(libraries.openBuffer(rootOf(tree), 0, forged), "RegionSiblingsMismatch", "RegionNotProven");
  });

  it("refuses regions of no words, of parts of words, and beyond the buffer", async () => {
    const root = bytesToHex(ZERO_NODES[DEPTH]!);
    const shapes: [number | bigint, number][] = [
      [0, 0],
      [0, 31],
      [0, 33],
      [CAPACITY, 32],
      [CAPACITY - 1, 64],
      [2n ** 256n - 1n, 32],
      [2n ** 256n - 1n, 64],
    ];
    for (const [first, length] of shapes) {
      await expectRevert(
        libraries.openBuffer(root, first, { words: new Uint8Array(length), siblings: [] }),
        "RegionMisshapen",
      );
    }
  });

  it("refuses to write more or fewer words than it opens", async () => {
    const tree = treeOf(new Map());
    const region = solidity(regionOf(tree, 4, 2));
    for (const length of [0, 32, 63, 96]) {
      await expectRevert(libraries.writeBuffer(rootOf(tree), 4, region, new Uint8Array(length)), "WordsLengthMismatch");
    }
  });

  it("stays within the gas it was made for", async () => {
    const tree = treeOf(mapOf(seeded(32 * 2100), 1));
    const root = rootOf(tree);
    const gas = async (first: number, count: number) => {
      const region = solidity(regionOf(tree, first, count));
      const [, opened] = await libraries.openBuffer(root, first, region);
      const [, written] = await libraries.writeBuffer(root, first, region, seeded(32 * count));
      return { opened: Number(opened), written: Number(written) };
    };
    const single = await gas(5, 1);
    expect(single.opened).to.be.below(5_000);
    expect(single.written).to.be.below(10_000);
    const aligned = await gas(0, 2048);
    expect(aligned.opened).to.be.below(600_000);
    const worst = await gas(1, 2049);
    expect(worst.opened).to.be.below(600_000);
    expect(worst.written).to.be.below(1_200_000);
    expect(Number((await libraries.rootOf(seeded(49_152)))[1])).to.be.below(400_000);
  });
});

describe("Slices, on chain", () => {
  let libraries: MachineLibraries;
  before(async () => {
    ({ libraries } = await deployLibraries());
  });
  const data = seeded(32 * 40);
  const firstWord = 1000;
  const tree = treeOf(mapOf(data, firstWord));
  const base = firstWord * 32;

  it("reads what lies inside and zeros beyond, with the words of the bytes inside and no others", async () => {
    const inside = fc.nat(data.length);
    await fc.assert(
      fc.asyncProperty(inside, inside, inside, fc.nat(200), async (a, b, offset, length) => {
        const [start, sliceLength] = [Math.min(a, b), Math.abs(a - b)];
        const expected = new Uint8Array(length);
        const available = Math.max(0, Math.min(length, sliceLength - offset));
        expected.set(data.subarray(start + offset, start + offset + available));
        const regions: Region[] = [];
        if (available > 0) {
          const from = (base + start + offset) >> 5;
          const to = (base + start + offset + available - 1) >> 5;
          regions.push(regionOf(tree, from, to - from + 1));
        }
        const read = async (given: Region[]) =>
          libraries.readSlice(rootOf(tree), base + start, sliceLength, offset, length, witnessOf({ regions: given }));
        expect([...(await read(regions))]).to.eql([bytesToHex(expected), BigInt(regions.length)]);
        if (available === 0) return;
        const from = (base + start + offset) >> 5;
        const more = regionOf(tree, from, regions[0]!.words.length / 32 + 1);
        await expectRevert(read([more]), "RegionLengthMismatch");
        await expectRevert(read([]), "WitnessTooShort");
      }),
      { numRuns: 80 },
    );
  });

  it("reads zeros at any offset beyond the end", async () => {
    for (const offset of [40n * 32n, 2n ** 32n, 2n ** 256n - 1n]) {
      const result = await libraries.readSlice(rootOf(tree), base, 40 * 32, offset, 5, witnessOf({}));
      expect([...result]).to.eql(["0x0000000000", 0n]);
    }
  });

  it("are empty if they have no bytes, wherever they start", async () => {
    const result = await libraries.readSlice(rootOf(tree), 2n ** 256n - 1n, 0, 0, 3, witnessOf({}));
    expect([...result]).to.eql(["0x000000", 0n]);
  });

  it("do not reach beyond the buffer", async () => {
    for (const [offset, length] of [
      [2n ** 22n, 1n],
      [0n, 2n ** 22n + 1n],
      [2n ** 256n - 1n, 2n],
      [1n, 2n ** 256n - 1n],
    ] as const) {
      await expectRevert(libraries.readSlice(rootOf(tree), offset, length, 0, 1, witnessOf({})), "SliceOutsideBuffer");
    }
  });
});
