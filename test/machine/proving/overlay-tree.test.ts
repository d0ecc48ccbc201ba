import { AbiCoder } from "ethers";
import { expect } from "chai";
import fc from "fast-check";
import { getOverlay, openOverlay, overlayRoot, setOverlay } from "../../../src/machine/proving/overlay-tree.ts";
import type { OverlayTree } from "../../../src/machine/proving/overlay-tree.ts";
import {
  ZERO_HASH,
  bytesToHex,
  digestFromBytes,
  digestToBytes,
  hashPair,
  hexToBytes,
  keccak256,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

interface Entry {
  readonly key: Hash;
  readonly value: Hash;
}

function bitOf(key: Hash, index: number): number {
  return Number((BigInt(key) >> BigInt(255 - index)) & 1n);
}

function leafHash({ key, value }: Entry): Hash {
  return leafOf(key, keccak256(hexToBytes(value)));
}

function leafOf(key: Hash, valueHash: Hash): Hash {
  return keccak256(
    hexToBytes(AbiCoder.defaultAbiCoder().encode(["uint256", "bytes32", "bytes32"], [1, key, valueHash])),
  );
}

/** The root by definition (docs/machine.md §4). */
function plainRoot(entries: readonly Entry[], depth = 0): Hash {
  const [first] = entries;
  if (first === undefined) return ZERO_HASH;
  if (entries.length === 1) return leafHash(first);
  const [left, right] = [0, 1].map((bit) =>
    plainRoot(
      entries.filter(({ key }) => bitOf(key, depth) === bit),
      depth + 1,
    ),
  ) as [Hash, Hash];
  return hashPair(left, right);
}

/** What a verifier makes of an opening. */
function rootOfOpening(key: Hash, opening: ReturnType<typeof openingOf>): Hash {
  const { siblings, value, otherKey, otherValue } = opening;
  let node: Hash = ZERO_HASH;
  if (value !== "0x") node = leafOf(key, keccak256(hexToBytes(value)));
  else if (otherKey !== ZERO_HASH) {
    expect(otherKey).to.not.equal(key);
    for (let index = 0; index < siblings.length; index++) expect(bitOf(otherKey, index)).to.equal(bitOf(key, index));
    node = leafOf(otherKey, otherValue);
  }
  for (let index = siblings.length - 1; index >= 0; index--) {
    const sibling = siblings[index] as Hash;
    node = bitOf(key, index) === 0 ? hashPair(node, sibling) : hashPair(sibling, node);
  }
  return node;
}

function openingOf(tree: OverlayTree, key: Hash) {
  const { siblings, value, otherKey, otherValue } = openOverlay(tree, digestFromBytes(hexToBytes(key)));
  return {
    siblings: Array.from({ length: siblings.length / 32 }, (_, index) =>
      bytesToHex(siblings.slice(32 * index, 32 * index + 32)),
    ),
    value: bytesToHex(value),
    otherKey: bytesToHex(otherKey),
    otherValue: bytesToHex(otherValue),
  };
}

function treeOf(entries: readonly Entry[]): OverlayTree {
  return entries.reduce<OverlayTree>(
    (tree, { key, value }) => setOverlay(tree, digestFromBytes(hexToBytes(key)), digestFromBytes(hexToBytes(value))),
    undefined,
  );
}

function rootOf(tree: OverlayTree): Hash {
  return bytesToHex(digestToBytes(overlayRoot(tree)));
}

/** Keys that share long prefixes, in whichever byte they part. */
const key = fc
  .tuple(fc.constantFrom(0, 1, 4, 15, 31), fc.constantFrom(0, 1, 2, 64, 128, 129, 255))
  .map(([position, byte]) => {
    const bytes = new Uint8Array(32).fill(0xa5);
    bytes[position] = byte;
    return bytesToHex(bytes);
  });
const value = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const entries = fc.uniqueArray(fc.record({ key, value }), { selector: (entry) => entry.key, maxLength: 14 });

describe("Overlay tree", () => {
  it("has root 0 without entries", () => {
    expect(rootOf(undefined)).to.equal(ZERO_HASH);
  });

  it("has the root that the specification defines for its entries", () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(rootOf(treeOf(list))).to.equal(plainRoot(list));
      }),
    );
  });

  it("has one root for a set of entries, in whichever order they came", () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(rootOf(treeOf(list.toReversed()))).to.equal(rootOf(treeOf(list)));
      }),
    );
  });

  it("replaces a value, and leaves the version before as it was", () => {
    fc.assert(
      fc.property(entries, value, fc.nat(), (list, other, position) => {
        fc.pre(list.length > 0);
        const before = treeOf(list);
        const changed = list.map((entry, index) =>
          index === position % list.length ? { ...entry, value: other } : entry,
        );
        const { key: at } = list[position % list.length] as Entry;
        const after = setOverlay(before, digestFromBytes(hexToBytes(at)), digestFromBytes(hexToBytes(other)));
        expect(rootOf(after)).to.equal(plainRoot(changed));
        expect(rootOf(before)).to.equal(plainRoot(list));
        expect(getOverlay(after, digestFromBytes(hexToBytes(at)))).to.eql(digestFromBytes(hexToBytes(other)));
      }),
    );
  });

  it("opens what is there and what is not, against its root", () => {
    fc.assert(
      fc.property(entries, key, (list, asked) => {
        const tree = treeOf(list);
        const opening = openingOf(tree, asked);
        const present = list.find((entry) => entry.key === asked);
        expect(opening.value).to.equal(present?.value ?? "0x");
        expect(rootOfOpening(asked, opening)).to.equal(rootOf(tree));
        if (present !== undefined) expect(opening.otherKey).to.equal(ZERO_HASH);
      }),
      { numRuns: 400 },
    );
  });
});
