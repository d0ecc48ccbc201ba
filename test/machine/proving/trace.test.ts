import { expect } from "chai";
import { prepareMachine, traceUnit } from "../../../src/machine/index.ts";
import type { Trace } from "../../../src/machine/index.ts";
import { hashPair, merkleProof, merkleRoot } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { beginProgram, mixedLoop } from "./unit.ts";

/** Programs whose traces end before, at and behind a power of two, and one of more than one kept node. */
const LENGTHS = [1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16];

function begin(pushes: number) {
  return () => beginProgram(new Uint8Array(pushes).fill(0x5b), { gas: 60_000 });
}

function entriesOf(trace: Trace, height: number): Hash[] {
  return Array.from({ length: 2 ** height }, (_, index) => trace.stateHash(index));
}

describe("Trace of a unit", () => {
  before(prepareMachine);

  it("has the state hash after every step, start being step 0, and repeats the last", () => {
    const trace = traceUnit(begin(3));
    const prover = begin(3)();
    expect(trace.before).to.equal(prover.stateHash());
    const hashes: Hash[] = [];
    while (!prover.isDone()) {
      prover.step();
      hashes.push(prover.stateHash());
    }
    expect(trace.length).to.equal(hashes.length);
    hashes.forEach((hash, index) => expect(trace.stateHash(index)).to.equal(hash));
    for (const beyond of [trace.length, trace.length + 1, 2 ** 40])
      expect(trace.stateHash(beyond)).to.equal(hashes.at(-1));
  });

  it("has the root of the plain Merkle tree over its entries, padded", () => {
    for (const pushes of LENGTHS) {
      const trace = traceUnit(begin(pushes));
      for (const height of [0, 1, 5, 6, 7]) {
        expect(trace.root(0, height), `${trace.length} steps`).to.equal(merkleRoot(entriesOf(trace, height)));
      }
    }
  });

  it("has the root and the halves of every span of it, within the padding and across its begin too", () => {
    const trace = traceUnit(() => beginProgram(mixedLoop(9)));
    expect(trace.length).to.be.greaterThan(512);
    const entries = entriesOf(trace, 11);
    for (let height = 0; height <= 11; height++) {
      for (let start = 0; start < 2 ** 11; start += 2 ** height) {
        if (height < 5 && start > 64 && Math.abs(start - trace.length) > 64) continue;
        const root = trace.root(start, height);
        expect(root).to.equal(merkleRoot(entries.slice(start, start + 2 ** height)));
        if (height === 0) continue;
        const { left, right } = trace.halves(start, height);
        expect(hashPair(left, right)).to.equal(root);
        expect(left).to.equal(trace.root(start, height - 1));
      }
    }
  });

  it("pads to any height without holding the padding", () => {
    const trace = traceUnit(begin(3));
    let last = trace.stateHash(trace.length - 1);
    let root = trace.root(0, 6);
    for (let height = 0; height < 6; height++) last = hashPair(last, last);
    for (let height = 6; height < 43; height++) {
      root = hashPair(root, last);
      last = hashPair(last, last);
      expect(trace.root(0, height + 1)).to.equal(root);
      expect(trace.root(2 ** (height + 1), height + 1)).to.equal(last);
    }
  });

  it("proves any entry", () => {
    const trace = traceUnit(() => beginProgram(mixedLoop(5)));
    const entries = entriesOf(trace, 10);
    for (const index of [0, 1, 255, 256, trace.length - 1, trace.length, 1023]) {
      expect(trace.proof(index, 10)).to.eql(merkleProof(entries, index));
    }
  });

  it("makes the witness of any step by running the unit again, the step of the padding too", () => {
    const trace = traceUnit(() => beginProgram(mixedLoop(1)));
    for (const index of [0, 1, 17, trace.length - 1, trace.length, trace.length + 5]) {
      const step = trace.prove(index);
      expect(step.before).to.equal(index === 0 ? trace.before : trace.stateHash(index - 1));
      expect(step.after).to.equal(trace.stateHash(index));
      expect(step.kind).to.equal(index === 0 ? "start" : "step");
    }
  });

  it("refuses spans and indexes that are none", () => {
    const trace = traceUnit(begin(1));
    expect(() => trace.root(2, 2)).to.throw(RangeError, "multiple of 2^2");
    expect(() => trace.root(-4, 2)).to.throw(RangeError);
    expect(() => trace.halves(0, 0)).to.throw(RangeError);
    expect(() => trace.proof(8, 3)).to.throw(RangeError, "below 2^3");
    expect(() => trace.prove(-1)).to.throw(RangeError);
    expect(() => trace.stateHash(-1)).to.throw(RangeError);
  });
});
