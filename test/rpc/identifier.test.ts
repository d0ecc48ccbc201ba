import { expect } from "chai";
import fc from "fast-check";
import { createIdentifier, normalizeIdentifier } from "../../src/rpc/protocol/index.ts";

describe("Ids of filters and subscriptions", () => {
  it("are quantities: they have no leading zeros, whatever their bytes", () => {
    const of = (...first: number[]) =>
      createIdentifier((size) => Uint8Array.from({ length: size }, (_, index) => first[index] ?? 1));
    expect(of(0x03)).to.equal(`0x3${"01".repeat(15)}`);
    expect(of(0, 0, 0xab)).to.equal(`0xab${"01".repeat(13)}`);
    expect(createIdentifier((size) => new Uint8Array(size))).to.equal("0x0");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(BigInt(createIdentifier(() => bytes))).to.equal(BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
        expect(createIdentifier(() => bytes)).to.match(/^0x(0|[1-9a-f][0-9a-f]*)$/);
      }),
    );
  });

  it("are the same with leading zeros and in any case; what is no id stays what it is", () => {
    for (const spelling of ["0x3ab", "0x03AB", "0X003aB", `0x${"3ab".padStart(64, "0")}`])
      expect(normalizeIdentifier(spelling)).to.equal("0x3ab");
    expect(normalizeIdentifier("0x0")).to.equal("0x0");
    for (const other of ["", "0", "3ab", "0x3g", "0x-1", "__proto__"])
      expect(normalizeIdentifier(other)).to.equal(other);
  });
});
