import { createHash } from "node:crypto";
import { expect } from "chai";
import { beginDraft, continuesAt, extendDraft } from "../../src/batcher/draft.ts";
import type { BlockSource } from "../../src/batcher/draft.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";

const hashOf = (number: number, fork = 0): Hash => `0x${(number + fork * 1_000).toString(16).padStart(64, "0")}`;

const incompressible = (seed: number, outputLength: number): Uint8Array =>
  createHash("shake256", { outputLength }).update(String(seed)).digest();

/** Blocks 0 to `latest`, one each second, each with as many bytes of transactions as told. */
function chainOf(latest: number, bytes = 10, fork = 0): BlockSource {
  const getBlock = (number: number): Block | undefined =>
    number > latest
      ? undefined
      : ({
          header: { number, timestamp: number },
          hash: hashOf(number, fork),
          firstMessage: 0,
          nextMessage: 0,
          transactions: [{ kind: "signed", raw: incompressible(number, bytes) }],
        } as unknown as Block);
  return {
    getBlock,
    getBlockHash: (number) => getBlock(number)?.hash,
    getHeads: () => ({ latest, safe: 0, finalized: 0 }),
  };
}

describe("Draft of a batch", () => {
  it("takes the chain's blocks up to a time, and goes on from there", () => {
    const draft = beginDraft(2, chainOf(9), 100_000, 77);
    expect(draft).to.include({ lastBlock: 1, lastBlockHash: hashOf(1), full: false, since: 77 });
    extendDraft(draft, chainOf(9), 5);
    expect(draft).to.include({ lastBlock: 5, lastBlockHash: hashOf(5), full: false });
    extendDraft(draft, chainOf(9), 100);
    expect(draft).to.include({ lastBlock: 9, full: false });
    expect(draft.builder.blockCount).to.equal(8);
  });

  it("is full when the next block does not fit, and stays so", () => {
    const draft = beginDraft(1, chainOf(9, 400), 1_000, 0);
    expect(extendDraft(draft, chainOf(9, 400), 100)).to.eql({});
    expect(draft.full).to.equal(true);
    const { lastBlock } = draft;
    expect(lastBlock).to.be.within(1, 8);
    extendDraft(draft, chainOf(9, 400), 100);
    expect(draft.lastBlock).to.equal(lastBlock);
  });

  it("names a block that does not fit even alone", () => {
    const draft = beginDraft(3, chainOf(9, 4_000), 1_000, 0);
    expect(extendDraft(draft, chainOf(9, 4_000), 100)).to.eql({ tooLarge: 3 });
  });

  it("ends with the chain its blocks are of, and with the batch before it", () => {
    const draft = beginDraft(2, chainOf(9), 100_000, 0);
    extendDraft(draft, chainOf(9), 5);
    expect(continuesAt(draft, 2, chainOf(9))).to.equal(true);
    expect(continuesAt(draft, 3, chainOf(9))).to.equal(false);
    expect(continuesAt(draft, 2, chainOf(9, 10, 1))).to.equal(false);
    expect(continuesAt(draft, 2, chainOf(4))).to.equal(false);
  });
});
