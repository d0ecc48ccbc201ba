import { AbiCoder, Interface } from "ethers";
import { expect } from "chai";
import fc from "fast-check";
import { PROVER_FUNCTIONS, encodeStepCall, encodeWitness } from "../../../src/machine/proving/index.ts";
import type { Witness } from "../../../src/machine/proving/index.ts";
import { bytesToHex } from "../../../src/primitives/index.ts";

const PROVER = new Interface(Object.values(PROVER_FUNCTIONS).map((signature) => `function ${signature}`));

const bytes = fc.uint8Array({ maxLength: 100 });
const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
const words = fc.nat(4).chain((count) => fc.uint8Array({ minLength: 32 * count, maxLength: 32 * count }));

const witness: fc.Arbitrary<Witness> = fc.record({
  machine: bytes,
  frame: bytes,
  frameContext: bytes,
  parentFrame: bytes,
  transaction: bytes,
  blockContext: bytes,
  pending: bytes,
  savedJournal: bytes,
  bloom: bytes,
  blockBloom: bytes,
  sponge: bytes,
  code: bytes,
  stack: words,
  regions: fc.array(fc.record({ words: bytes, siblings: words }), { maxLength: 3 }),
  overlay: fc.array(fc.record({ siblings: words, value: bytes, otherKey: word, otherValue: word }), { maxLength: 3 }),
  tries: fc.array(fc.array(bytes, { maxLength: 3 }), { maxLength: 3 }),
  appends: fc.array(words, { maxLength: 3 }),
  preimages: fc.array(bytes, { maxLength: 3 }),
});

const input = fc.record({
  inbox: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex),
  target: fc.nat(Number.MAX_SAFE_INTEGER),
});

function split(list: Uint8Array): string[] {
  return Array.from({ length: list.length / 32 }, (_, index) => bytesToHex(list.slice(32 * index, 32 * index + 32)));
}

/** The witness as a general encoder takes it. */
function plain(value: Witness): unknown[] {
  return [
    value.machine,
    value.frame,
    value.frameContext,
    value.parentFrame,
    value.transaction,
    value.blockContext,
    value.pending,
    value.savedJournal,
    value.bloom,
    value.blockBloom,
    value.sponge,
    value.code,
    split(value.stack),
    value.regions.map((region) => [region.words, split(region.siblings)]),
    value.overlay.map((opening) => [split(opening.siblings), opening.value, opening.otherKey, opening.otherValue]),
    value.tries,
    value.appends.map(split),
    value.preimages,
  ];
}

describe("Witness ABI", () => {
  it("is what a general encoder makes of the call, for start and for step", () => {
    fc.assert(
      fc.property(
        witness,
        word,
        input,
        fc.constantFrom("start" as const, "step" as const),
        (value, before, of, kind) => {
          const expected = PROVER.encodeFunctionData(kind, [before, plain(value), [of.inbox, of.target]]);
          expect(bytesToHex(encodeStepCall(kind, bytesToHex(before), value, of))).to.equal(expected);
        },
      ),
    );
  });

  it("is abi.encode of the struct without its leading offset", () => {
    fc.assert(
      fc.property(witness, (value) => {
        const [, type] = PROVER.getFunction("step")?.inputs ?? [];
        if (type === undefined) throw new Error("expected a function with a witness");
        const expected = AbiCoder.defaultAbiCoder().encode([type], [plain(value)]);
        expect(`0x${"00".repeat(31)}20${bytesToHex(encodeWitness(value)).slice(2)}`).to.equal(expected);
      }),
      { numRuns: 30 },
    );
  });
});
