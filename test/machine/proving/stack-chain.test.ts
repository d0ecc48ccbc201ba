import { expect } from "chai";
import { followStack, newStackChain, openStack, putStackHash } from "../../../src/machine/proving/stack-chain.ts";
import type { StackChain } from "../../../src/machine/proving/stack-chain.ts";
import { fromBigint } from "../../../src/machine/word.ts";
import { ZERO_HASH, bigintToBytes32, bytesToHex, hashPair } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { wordsOf } from "./check-witness.ts";

/** An item with another value in each byte. */
const item = (index: number): bigint => BigInt(`0x${"0102030405060708090a0b0c0d0e0f10".repeat(2)}`) + BigInt(index);
const wordOf = (value: bigint): Hash => bytesToHex(bigintToBytes32(value));

function stackOf(items: readonly bigint[]): Uint32Array {
  const stack = new Uint32Array(8 * 1_024).fill(0xdeadbeef);
  items.forEach((value, index) => fromBigint(stack, 8 * index, value));
  return stack;
}

/** By definition (docs/machine.md §3). */
function plainHash(items: readonly bigint[]): Hash {
  return items.reduce((below, value) => hashPair(below, wordOf(value)), ZERO_HASH);
}

function hashOf(chain: StackChain): Hash {
  const target = new Int32Array(3 * 8);
  putStackHash(target, 8, chain);
  const [before, hash, after] = wordsOf(new Uint8Array(target.buffer)) as [Hash, Hash, Hash];
  expect([before, after]).to.eql([ZERO_HASH, ZERO_HASH]);
  return hash;
}

const ITEMS = [0, 1, 2, 3].map(item);

describe("Stack chain", () => {
  it("of no items is 0", () => {
    expect(hashOf(newStackChain())).to.equal(ZERO_HASH);
  });

  it("follows a stack up and down, and where items are replaced", () => {
    const chain = newStackChain();
    let before: readonly bigint[] = [];
    for (const [items, unchanged] of [
      [ITEMS, 0],
      [ITEMS.slice(0, 2), 2],
      [[...ITEMS.slice(0, 1), item(9), item(10)], 1],
      [[item(11), ...ITEMS.slice(1, 3)], 0],
      [[], 0],
      [ITEMS, 0],
    ] as const) {
      expect(items.slice(0, unchanged)).to.eql(before.slice(0, unchanged));
      followStack(chain, stackOf(items), items.length, unchanged);
      expect(hashOf(chain)).to.equal(plainHash(items));
      before = items;
    }
  });

  it("does not look at the items that are said to be unchanged, but hashes what it has never seen", () => {
    const chain = newStackChain();
    followStack(chain, stackOf(ITEMS), 2, 1_024);
    followStack(chain, stackOf([item(20), item(21), ...ITEMS.slice(2)]), 4, 1_024);
    expect(hashOf(chain)).to.equal(plainHash(ITEMS));
  });

  it("holds 1,024 items", () => {
    const items = Array.from({ length: 1_024 }, (_, index) => item(index));
    const chain = newStackChain();
    followStack(chain, stackOf(items), items.length, 0);
    expect(hashOf(chain)).to.equal(plainHash(items));
  });

  it("opens the topmost items, top first, and the hash below", () => {
    const chain = newStackChain();
    const stack = stackOf(ITEMS);
    followStack(chain, stack, 4, 0);
    expect(wordsOf(openStack(chain, stack, 1))).to.eql([wordOf(item(3)), plainHash(ITEMS.slice(0, 3))]);
    expect(wordsOf(openStack(chain, stack, 4))).to.eql([...ITEMS.toReversed().map(wordOf), ZERO_HASH]);
  });

  it("opens nothing if the stack has not that many items, or none are asked for", () => {
    const chain = newStackChain();
    const stack = stackOf(ITEMS);
    followStack(chain, stack, 4, 0);
    expect(openStack(chain, stack, 5)).to.have.length(0);
    expect(openStack(chain, stack, 0)).to.have.length(0);
  });
});
