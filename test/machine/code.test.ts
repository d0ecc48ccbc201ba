import { expect } from "chai";
import fc from "fast-check";
import { codeOf, jumpBitmap, paddedCode, pushDataOf } from "../../src/machine/code.ts";
import { bytesToHex } from "../../src/primitives/index.ts";

/** EIP-3540's reading of a code before it: a byte at a time. */
function pushDataByBytes(bytes: Uint8Array): Uint8Array {
  const pushData = new Uint8Array(bytes.length);
  for (let position = 0; position < bytes.length; position++) {
    const opcode = bytes[position] as number;
    if (opcode < 0x60 || opcode > 0x7f) continue;
    pushData.fill(1, position + 1, position + opcode - 0x5e);
    position += opcode - 0x5f;
  }
  return pushData;
}

describe("a code", () => {
  const opcode = fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 255 }), weight: 1 },
    { arbitrary: fc.constantFrom(0x5b, 0x5f, 0x60, 0x61, 0x7f, 0x80, 0xe0), weight: 3 },
    { arbitrary: fc.constant(0x5b), weight: 6 },
  );
  const codes = fc
    .tuple(fc.array(opcode, { maxLength: 120 }), fc.nat(3))
    .map(([opcodes, offset]) =>
      Uint8Array.from([...opcodes, 0x60, 0x60, 0x60]).subarray(Math.min(offset, opcodes.length)),
    )
    .map((bytes) => bytes.subarray(0, bytes.length - 3));

  it("has the data of its PUSHes found, however it lies in its buffer", () =>
    fc.assert(
      fc.property(codes, (bytes) => {
        const found = pushDataOf(codeOf(bytes));
        const bits = bytes.map((_, position) => ((found[position >> 5] as number) >> (position & 31)) & 1);
        expect(bytesToHex(bits)).to.equal(bytesToHex(pushDataByBytes(bytes)));
      }),
      { numRuns: 3_000 },
    ));

  it("may be jumped into where a JUMPDEST is no such data", () =>
    fc.assert(
      fc.property(codes, (bytes) => {
        const bitmap = jumpBitmap(codeOf(bytes));
        const pushData = pushDataByBytes(bytes);
        bytes.forEach((byte, position) => {
          const bit = ((bitmap[32 * (position >> 8) + 31 - ((position & 255) >> 3)] as number) >> (position & 7)) & 1;
          expect(bit).to.equal(byte === 0x5b && pushData[position] === 0 ? 1 : 0);
        });
      }),
    ));

  it("is read as zeros beyond its end, whatever lies behind it in its buffer", () =>
    fc.assert(
      fc.property(codes, fc.constantFrom(0, 33, 34, 64), fc.constantFrom(0, 1), (bytes, behind, filling) => {
        const buffer = new Uint8Array(bytes.length + behind).fill(filling);
        buffer.set(bytes);
        const padded = paddedCode(codeOf(buffer.subarray(0, bytes.length)));
        expect(padded.length).to.equal(bytes.length + 33);
        expect(bytesToHex(padded)).to.equal(`${bytesToHex(bytes)}${"00".repeat(33)}`);
      }),
    ));
});
