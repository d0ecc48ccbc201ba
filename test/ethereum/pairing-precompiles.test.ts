import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import fc from "fast-check";
import { loadPrecompiles, runPrecompile } from "../../src/ethereum/index.ts";
import type { Precompiles } from "../../src/ethereum/index.ts";
import { createBls12381 } from "../../src/ethereum/precompiles/bls12-381.ts";
import type { Precompile } from "../../src/ethereum/precompiles/precompile.ts";
import { bigintToBytes32, bytesToHex, concatBytes, loadKzg } from "../../src/primitives/index.ts";
import type { Kzg } from "../../src/primitives/index.ts";

const word = bigintToBytes32;
const ONE = bytesToHex(word(1n));
const ZERO = bytesToHex(word(0n));

let precompiles: Precompiles;
/** The output, or undefined for a failure. */
function output(address: number, input: Uint8Array): string | undefined {
  const precompile = precompiles.get(`0x${address.toString(16).padStart(40, "0")}`);
  if (precompile === undefined) throw new Error(`expected a precompile at ${address}`);
  const result = runPrecompile(precompile, input, 7_500_000);
  return "failure" in result ? undefined : bytesToHex(result.output);
}

// What curves do is checked against noble's, which is JavaScript, by other formulas.
describe("the precompiles of pairing-friendly curves", () => {
  before(async () => (precompiles = await loadPrecompiles()));

  describe("bn254 (0x06 to 0x08)", () => {
    const { G1, G2, fields } = bn254;
    type G1Point = typeof G1.Point.BASE;
    type G2Point = typeof G2.Point.BASE;
    const encodeG1 = (point: G1Point) => {
      const { x, y } = point.toAffine();
      return point.is0() ? new Uint8Array(64) : concatBytes([word(x), word(y)]);
    };
    const encodeG2 = (point: G2Point) => {
      const { x, y } = point.toAffine();
      return point.is0() ? new Uint8Array(128) : concatBytes([x.c1, x.c0, y.c1, y.c0].map(word));
    };
    const scalar = fc.bigInt({ min: 0n, max: fields.Fr.ORDER - 1n });
    const g1 = scalar.map((value) => (value === 0n ? G1.Point.ZERO : G1.Point.BASE.multiply(value)));
    const g2 = scalar.map((value) => (value === 0n ? G2.Point.ZERO : G2.Point.BASE.multiply(value)));

    it("adds any two points, and multiplies any by any number of 32 bytes", () => {
      fc.assert(
        fc.property(g1, g1, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (left, right, factor) => {
          for (const other of [right, left, left.negate(), G1.Point.ZERO]) {
            expect(output(0x06, concatBytes([encodeG1(left), encodeG1(other)]))).to.equal(
              bytesToHex(encodeG1(left.add(other))),
            );
          }
          const reduced = factor % fields.Fr.ORDER;
          const product = reduced === 0n || left.is0() ? G1.Point.ZERO : left.multiply(reduced);
          expect(output(0x07, concatBytes([encodeG1(left), word(factor)]))).to.equal(bytesToHex(encodeG1(product)));
        }),
        { numRuns: 40 },
      );
    });

    it("takes no coordinate of the field's order or more, and no point off the curve", () => {
      const valid = encodeG1(G1.Point.BASE);
      for (const [x, y] of [
        [1n + fields.Fp.ORDER, 2n],
        [1n, 2n + fields.Fp.ORDER],
        [fields.Fp.ORDER, 0n],
        [2n ** 256n - 1n, 2n],
        [1n, 3n],
        [0n, 1n],
      ] as const) {
        const point = concatBytes([word(x), word(y)]);
        expect(output(0x06, concatBytes([point, valid]))).to.equal(undefined);
        expect(output(0x06, concatBytes([valid, point]))).to.equal(undefined);
        expect(output(0x07, concatBytes([point, word(1n)]))).to.equal(undefined);
        expect(output(0x08, concatBytes([point, encodeG2(G2.Point.BASE)]))).to.equal(undefined);
      }
    });

    it("finds the product of pairings 1 exactly if the logarithms' products sum to 0", () => {
      fc.assert(
        fc.property(
          g1,
          g2,
          scalar.filter((value) => value > 1n),
          (left, right, factor) => {
            const pair = (first: G1Point, second: G2Point) => concatBytes([encodeG1(first), encodeG2(second)]);
            const multiple = left.is0() ? left : left.multiply(factor);
            const other = right.is0() ? right : right.multiply(factor);
            const isTrivial = left.is0() || right.is0();
            const cancelling = concatBytes([pair(multiple, right), pair(left.negate(), other)]);
            expect(output(0x08, cancelling)).to.equal(ONE);
            expect(output(0x08, concatBytes([cancelling, pair(left, right)]))).to.equal(isTrivial ? ONE : ZERO);
          },
        ),
        { numRuns: 10 },
      );
    });

    it("takes points of G2 in the group, and none beside it on the curve", () => {
      const { Fp2 } = fields;
      const b = Fp2.sub(Fp2.sqr(G2.Point.BASE.y), Fp2.mul(Fp2.sqr(G2.Point.BASE.x), G2.Point.BASE.x));
      let outside = 0;
      for (let c0 = 1n; outside < 12; c0++) {
        const x = Fp2.fromBigTuple([c0, c0 * 7n + 1n]);
        const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
        let y;
        try {
          y = Fp2.sqrt(square);
        } catch {
          continue;
        }
        const point = G2.Point.fromAffine({ x, y });
        expect(point.isTorsionFree()).to.equal(false);
        expect(output(0x08, concatBytes([encodeG1(G1.Point.BASE), encodeG2(point)]))).to.equal(undefined);
        expect(output(0x08, concatBytes([new Uint8Array(64), encodeG2(point)]))).to.equal(undefined);
        outside++;
      }
    });
  });

  describe("BLS12-381 (0x0c, 0x0e, 0x0f)", () => {
    const { G1, G2, fields } = bls12_381;
    const field = (value: bigint) =>
      concatBytes([new Uint8Array(16), Buffer.from(value.toString(16).padStart(96, "0"), "hex")]);
    const encodeG1 = (point: typeof G1.Point.BASE) => {
      const { x, y } = point.toAffine();
      return point.is0() ? new Uint8Array(128) : concatBytes([x, y].map(field));
    };
    const encodeG2 = (point: typeof G2.Point.BASE) => {
      const { x, y } = point.toAffine();
      return point.is0() ? new Uint8Array(256) : concatBytes([x.c0, x.c1, y.c0, y.c1].map(field));
    };
    const scalar = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    const logarithm = fc.bigInt({ min: 0n, max: 50n });

    it("sums multiples of points, at infinity or not, by any numbers of 32 bytes", () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(logarithm, scalar), { minLength: 1, maxLength: 6 }), (items) => {
          const sum = items.reduce((total, [point, factor]) => total + point * factor, 0n) % fields.Fr.ORDER;
          const multiple = <P extends { multiply(scalar: bigint): P }>(base: P, zero: P, by: bigint) =>
            by === 0n ? zero : base.multiply(by);
          const ofG1 = (by: bigint) => encodeG1(multiple(G1.Point.BASE, G1.Point.ZERO, by));
          const ofG2 = (by: bigint) => encodeG2(multiple(G2.Point.BASE, G2.Point.ZERO, by));
          const g1Input = concatBytes(items.map(([point, factor]) => concatBytes([ofG1(point), word(factor)])));
          const g2Input = concatBytes(items.map(([point, factor]) => concatBytes([ofG2(point), word(factor)])));
          expect(output(0x0c, g1Input)).to.equal(bytesToHex(ofG1(sum)));
          expect(output(0x0e, g2Input)).to.equal(bytesToHex(ofG2(sum)));
        }),
        { numRuns: 25 },
      );
    });

    it("multiplies and pairs points in the groups, and none beside them on the curves", () => {
      const g1 = encodeG1(G1.Point.BASE);
      const g2 = encodeG2(G2.Point.BASE);
      let outside = 0;
      for (let value = 1n; outside < 12; value++) {
        try {
          const x = fields.Fp2.fromBigTuple([value, value + 3n]);
          const y = fields.Fp2.sqrt(
            fields.Fp2.add(fields.Fp2.mul(fields.Fp2.sqr(x), x), fields.Fp2.fromBigTuple([4n, 4n])),
          );
          const g1y = fields.Fp.sqrt(value ** 3n + 4n);
          const pointOfG1 = G1.Point.fromAffine({ x: value, y: g1y });
          const pointOfG2 = G2.Point.fromAffine({ x, y });
          expect(pointOfG1.isTorsionFree() || pointOfG2.isTorsionFree()).to.equal(false);
          expect(output(0x0c, concatBytes([encodeG1(pointOfG1), word(1n)]))).to.equal(undefined);
          expect(output(0x0c, concatBytes([g1, word(1n), encodeG1(pointOfG1), word(0n)]))).to.equal(undefined);
          expect(output(0x0e, concatBytes([encodeG2(pointOfG2), word(1n)]))).to.equal(undefined);
          expect(output(0x0f, concatBytes([encodeG1(pointOfG1), g2]))).to.equal(undefined);
          expect(output(0x0f, concatBytes([g1, encodeG2(pointOfG2)]))).to.equal(undefined);
          expect(output(0x0f, concatBytes([new Uint8Array(128), encodeG2(pointOfG2)]))).to.equal(undefined);
          outside++;
        } catch (error) {
          if (!(error instanceof Error) || !error.message.includes("square root")) throw error;
        }
      }
      expect(output(0x0f, concatBytes([g1, g2]))).to.equal(ZERO);
      expect(output(0x0f, concatBytes([g1, g2, encodeG1(G1.Point.BASE.negate()), g2]))).to.equal(ONE);
    });
  });

  describe("KZG point evaluation (0x0a)", () => {
    const { G1, fields } = bls12_381;
    /** [τ]₁ of the ceremony: the commitment to the polynomial X. */
    const TAU = G1.Point.fromHex(
      "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81",
    );
    let kzg: Kzg;
    let onCurve: Precompile;
    before(async function () {
      this.timeout(120_000);
      kzg = await loadKzg();
      const noLibrary = () => Promise.reject(new Error("no build for this platform"));
      onCurve = (await createBls12381(noLibrary)).pointEvaluation;
    });
    const multiple = (point: typeof G1.Point.BASE, factor: bigint) =>
      factor === 0n ? G1.Point.ZERO : point.multiply(factor);
    /** Of the polynomial `slope` X + `constant` at z. */
    const proofOf = (slope: bigint, constant: bigint, z: bigint) => ({
      commitment: multiple(TAU, slope).add(multiple(G1.Point.BASE, constant)).toBytes(true),
      z: word(z),
      y: word((slope * z + constant) % fields.Fr.ORDER),
      proof: multiple(G1.Point.BASE, slope).toBytes(true),
    });
    const agree = ({ commitment, z, y, proof }: ReturnType<typeof proofOf>): boolean => {
      const versionedHash = Uint8Array.from(createHash("sha256").update(commitment).digest());
      versionedHash[0] = 1;
      const input = concatBytes([versionedHash, z, y, commitment, proof]);
      const isValid = output(0x0a, input) !== undefined;
      expect(isValid).to.equal(kzg.verifyProof(commitment, z, y, proof));
      // Where there is no native library, the curve's own arithmetic decides.
      expect(onCurve.run(input) !== undefined).to.equal(isValid);
      return isValid;
    };
    const scalar = fc.oneof(
      fc.bigInt({ min: 0n, max: fields.Fr.ORDER - 1n }),
      fc.constantFrom(0n, 1n, fields.Fr.ORDER - 1n),
    );

    it("takes what a KZG library takes: polynomials of degree 0 and 1, and 0", () =>
      fc.assert(
        fc.property(scalar, scalar, scalar, (slope, constant, z) => {
          expect(agree(proofOf(slope, constant, z))).to.equal(true);
        }),
        { numRuns: 20 },
      ));

    it("refuses what a KZG library refuses: other values, damaged points, points outside of the group, long numbers", () => {
      const valid = proofOf(3n, 5n, 7n);
      fc.assert(
        fc.property(
          fc.constantFrom("commitment", "z", "y", "proof"),
          fc.nat(47),
          fc.integer({ min: 1, max: 255 }),
          (part, position, flip) => {
            const bytes = valid[part];
            const at = position % bytes.length;
            expect(agree({ ...valid, [part]: bytes.with(at, (bytes[at] as number) ^ flip) })).to.equal(false);
          },
        ),
        { numRuns: 60 },
      );
      const infinity = new Uint8Array(48).with(0, 0xc0);
      for (const point of [
        infinity,
        infinity.with(0, 0xe0),
        infinity.with(47, 1),
        infinity.with(0, 0x40),
        new Uint8Array(48),
        new Uint8Array(48).with(0, 0x80),
        // Of the curve, not of the group: x is 4, whatever y.
        new Uint8Array(48).with(0, 0x80).with(47, 4),
        new Uint8Array(48).with(0, 0xa0).with(47, 4),
        new Uint8Array(48).fill(0xff).with(0, 0x9f),
      ]) {
        expect(agree({ ...valid, proof: point })).to.equal(false);
        expect(agree({ ...valid, commitment: point })).to.equal(false);
      }
      for (const long of [fields.Fr.ORDER, fields.Fr.ORDER + 7n, 2n ** 256n - 1n]) {
        expect(agree({ ...valid, z: word(long) })).to.equal(false);
        expect(agree({ ...valid, y: word(long) })).to.equal(false);
      }
    });
  });
});
