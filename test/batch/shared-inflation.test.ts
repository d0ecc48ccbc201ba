import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { openPayload, shareInflation } from "../../src/batch/index.ts";
import type { Inflater } from "../../src/batch/index.ts";

/** Where an inflater stands, as far as docs/machine.md §16 commits to it. */
function standing(inflater: Inflater) {
  const state = inflater.state();
  const output = Buffer.from(inflater.output()).toString("hex");
  if (state.mode === "ended") return { mode: state.mode, output };
  return { ...state, output, codeLengths: state.mode === "symbols" ? inflater.codeLengths() : undefined };
}

const payloads = fc
  .tuple(fc.array(fc.constantFrom(0, 1, 2, 65), { maxLength: 3_000 }), fc.constantFrom(0, 1, 9), fc.nat(200))
  .map(([content, level, cut]) => {
    const deflate = deflateRawSync(Uint8Array.from(content), { level });
    return Buffer.concat([Uint8Array.of(1), deflate.subarray(0, deflate.length - Math.min(cut, deflate.length))]);
  });
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });

describe("Inflaters that share their work", () => {
  it("stand where one of their own would, whoever has read further before", () => {
    fc.assert(
      fc.property(payloads, sizes, fc.array(fc.nat(20), { maxLength: 6 }), (payload, reads, counts) => {
        const open = shareInflation(payload);
        for (const count of [...counts, reads.length]) {
          const [view, own] = [open(), openPayload(payload)];
          expect(standing(view)).eql(standing(own));
          let position = 0;
          for (const size of reads.slice(0, count)) {
            expect(view.read(position, size)).eql(own.read(position, size));
            expect(standing(view)).eql(standing(own));
            position += size;
          }
          expect(standing(view.copy())).eql(standing(own));
        }
      }),
    );
  });

  it("stand there too if they read otherwise than those before", () => {
    fc.assert(
      fc.property(payloads, fc.array(sizes, { minLength: 2, maxLength: 5 }), (payload, all) => {
        const open = shareInflation(payload);
        for (const reads of all) {
          const [view, own] = [open(), openPayload(payload)];
          for (const end of reads) {
            expect(view.read(0, end)).eql(own.read(0, end));
            expect(standing(view)).eql(standing(own));
          }
        }
      }),
    );
  });

  it("inflate once what all of them read", () => {
    const open = shareInflation(Buffer.concat([Uint8Array.of(1), deflateRawSync(new Uint8Array(4_000).fill(7))]));
    const [first, second] = [open(), open()];
    const bytes = first.read(0, 3_000);
    expect(second.read(0, 3_000)?.buffer).to.equal(bytes?.buffer);
  });

  it("give nothing behind the bound of a content, and inflate nothing for it", () => {
    const view = shareInflation(Buffer.concat([Uint8Array.of(1), deflateRawSync(new Uint8Array(100))]))();
    expect(view.read(4_194_304, 1)).to.equal(undefined);
    expect(view.output()).to.have.length(0);
  });
});
