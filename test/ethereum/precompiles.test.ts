import { createEVM, getActivePrecompiles } from "@ethereumjs/evm";
import type { EVM, PrecompileFunc } from "@ethereumjs/evm";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import fc from "fast-check";
import { loadPrecompiles, runPrecompile } from "../../src/ethereum/index.ts";
import type { Precompile, Precompiles } from "../../src/ethereum/index.ts";
import { createExecutingCommon, createOsakaCommon } from "../../src/reference/osaka-common.ts";
import { bigintToBytes32, bytesToBigint, bytesToHex, concatBytes } from "../../src/primitives/index.ts";
import { CHAIN_ID } from "../execution/harness.ts";

const word = bigintToBytes32;
const MAX = 2n ** 256n - 1n;

// Every precompile is checked against ethereumjs's own, which is JavaScript from end to end.
describe("a precompile gives the library's result, gas and failure", () => {
  let ours: Precompiles;
  let reference: EVM;
  before(async () => {
    ours = await loadPrecompiles();
    reference = await createEVM({ common: await createExecutingCommon(CHAIN_ID) });
  });

  const run = (address: string, data: Uint8Array, gasLimit: bigint) => {
    const result = runPrecompile(ours.get(`0x${address}`) as Precompile, data, Number(gasLimit));
    return "failure" in result
      ? { output: "0x", gas: gasLimit, hasFailed: true }
      : { output: bytesToHex(result.output), gas: BigInt(result.gas), hasFailed: false };
  };
  const runReference = async (address: string, data: Uint8Array, gasLimit: bigint) => {
    const precompile = reference.precompiles.get(address) as PrecompileFunc;
    const result = await precompile({ data, gasLimit, common: reference.common, _EVM: reference });
    return {
      output: bytesToHex(result.returnValue),
      gas: result.executionGasUsed,
      hasFailed: result.exceptionError !== undefined,
    };
  };
  const agree = async (address: number, data: Uint8Array, gasLimit = 1_000_000n) => {
    const key = address.toString(16).padStart(40, "0");
    const result = run(key, data, gasLimit);
    expect(result, `0x${address.toString(16)} ${bytesToHex(data)}`).to.eql(await runReference(key, data, gasLimit));
    return result;
  };
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  /** Inputs of a valid one's length and near it. */
  const damaged = (valid: Uint8Array) =>
    fc.oneof(
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([position, value]) => valid.with(position, value)),
      fc.nat(valid.length + 40).map((size) => concatBytes([valid, new Uint8Array(40)]).subarray(0, size)),
    );

  it("is there at each address of Osaka, and nowhere else", () => {
    expect([...ours.keys()].sort()).to.eql(
      [...getActivePrecompiles(createOsakaCommon(CHAIN_ID)).keys()].map((address) => `0x${address}`).sort(),
    );
  });

  /** Of this length and near it, and of none. */
  const near = (length: number) => fc.oneof(bytes(length), fc.uint8Array({ maxLength: 2 * length }));

  it("hashes any bytes, and recovers signers of any (0x01 to 0x04)", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(0x01, 0x02, 0x03, 0x04), near(400), async (address, data) => {
        await agree(address, data);
      }),
      { numRuns: 200 },
    ));

  it("recovers who signed (0x01), of inputs cut short too, and nobody for a v that is not 27 or 28", async () => {
    const signature = secp256k1.sign(word(77n), word(5n), { prehash: false, format: "recovered" });
    const [recovery] = signature as unknown as [number];
    const input = (v: bigint) => concatBytes([word(77n), word(v), signature.subarray(1)]);
    expect((await agree(0x01, input(27n + BigInt(recovery)))).output).to.match(/^0x0{24}[0-9a-f]{40}$/);
    for (const v of [0n, 1n, 26n, 29n, 27n + (1n << 8n), 27n + (1n << 248n)]) {
      expect((await agree(0x01, input(v))).output).to.equal("0x");
    }
    for (const length of [0, 31, 64, 96, 127]) await agree(0x01, input(27n).subarray(0, length));
  });

  it("exponentiates (0x05), for the gas of EIP-7883 and with lengths up to those of EIP-7823", async () => {
    const length = fc.oneof(fc.nat(70), fc.constantFrom(0, 1, 32, 33, 255, 1_024, 1_025));
    const lengths = fc.tuple(length, fc.oneof(fc.nat(40), fc.constantFrom(64, 1_025)), length);
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0, 1, 30),
        async (sizes, data, zeros) => {
          const input = concatBytes([...sizes.map((size) => word(BigInt(size))), new Uint8Array(zeros), data]);
          await agree(0x05, input, 7_999_999n);
        },
      ),
      { numRuns: 300 },
    );
    for (const size of [2n ** 32n, 2n ** 64n, MAX]) {
      for (let place = 0; place < 3; place++) {
        const sizes = [1n, 1n, 1n].with(place, size);
        expect((await agree(0x05, concatBytes(sizes.map(word)), 7_999_999n)).hasFailed).to.equal(true);
      }
    }
    for (let size = 0; size < 96; size += 5) await agree(0x05, new Uint8Array(size).fill(0));
  });

  it("adds, multiplies and pairs on bn254 (0x06 to 0x08), and fails off the curve", async () => {
    const g1 = concatBytes([word(1n), word(2n)]);
    for (const data of [
      g1,
      concatBytes([g1, g1]),
      concatBytes([g1, word(9n)]),
      concatBytes([g1, g1, g1]),
      concatBytes([word(1n), word(1n)]),
    ]) {
      for (const address of [0x06, 0x07, 0x08]) await agree(address, data);
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0x06, 0x07, 0x08), fc.nat(3), near(192), async (address, points, rest) => {
        await agree(address, concatBytes([...Array.from({ length: points }, () => g1), rest]));
      }),
      { numRuns: 60 },
    );
    for (const size of [0, 192, 384])
      expect((await agree(0x08, new Uint8Array(size))).output).to.equal(bytesToHex(word(1n)));
  });

  it("multiplies and pairs on BLS12-381 (0x0c, 0x0e, 0x0f), none, one or more, and maps to it (0x10, 0x11)", async () => {
    for (const [address, item] of [
      [0x0c, 160],
      [0x0e, 288],
      [0x0f, 384],
      [0x10, 64],
      [0x11, 128],
    ] as const) {
      for (const count of [0, 1, 2, 5]) await agree(address, new Uint8Array(item * count), 7_999_999n);
      for (const size of [1, item - 1, item + 1]) await agree(address, new Uint8Array(size));
      for (const position of [0, 15, 16, 63]) await agree(address, new Uint8Array(item).with(position, 1));
    }
    await agree(0x0c, new Uint8Array(160 * 129), 7_999_999n);
    await agree(0x0e, new Uint8Array(288 * 129), 7_999_999n);
  });

  it("fails, unlike the library's, with more than 65,536 bytes of input or at a cost of more than 7,500,000 gas", async () => {
    const sha256 = "0000000000000000000000000000000000000002";
    expect(run(sha256, new Uint8Array(65_536), 9_000_000n).hasFailed).to.equal(false);
    expect(run(sha256, new Uint8Array(65_537), 9_000_000n).hasFailed).to.equal(true);
    expect((await runReference(sha256, new Uint8Array(65_537), 9_000_000n)).hasFailed).to.equal(false);
    await agree(0x04, new Uint8Array(65_537), 9_000_000n);
    const blake2 = "0000000000000000000000000000000000000009";
    const rounds = (count: bigint) => concatBytes([word(count).subarray(28), new Uint8Array(209)]);
    expect(run(blake2, rounds(7_500_000n), 9_000_000n).hasFailed).to.equal(false);
    expect(run(blake2, rounds(7_500_001n), 9_000_000n).hasFailed).to.equal(true);
  });

  describe("BLAKE2 compression (0x09)", () => {
    const input = fc
      .tuple(fc.nat(40), bytes(208), fc.constantFrom(0, 1, 1, 1, 2, 255))
      .map(([rounds, block, last]) => concatBytes([word(BigInt(rounds)).subarray(28), block, Uint8Array.of(last)]));

    it("of any block, up to 40 rounds", () =>
      fc.assert(
        fc.asyncProperty(input, async (data) => {
          await agree(0x09, data);
        }),
        { numRuns: 300 },
      ));

    it("of inputs of another length, and with too little gas", async () => {
      for (const size of [0, 1, 212, 214]) expect((await agree(0x09, new Uint8Array(size))).hasFailed).to.equal(true);
      const tenRounds = new Uint8Array(213).with(3, 10);
      expect((await agree(0x09, tenRounds, 9n)).hasFailed).to.equal(true);
      expect((await agree(0x09, tenRounds, 10n)).hasFailed).to.equal(false);
      expect((await agree(0x09, new Uint8Array(213).with(0, 255), 1_000_000n)).hasFailed).to.equal(true);
    });

    it("that stands in the middle of a larger buffer", async () => {
      const buffer = Uint8Array.from({ length: 300 }, (_, index) => index % 251);
      const data = buffer.subarray(50, 263);
      data.set([0, 0, 0, 12]);
      data[212] = 1;
      expect((await agree(0x09, data)).hasFailed).to.equal(false);
    });
  });

  describe("P256 verification (0x100)", () => {
    const { n, p } = p256.Point.CURVE();
    const keyOf = (secret: Uint8Array) => p256.getPublicKey(secret, false).subarray(1);
    const signed = (hash: Uint8Array, secret: Uint8Array) =>
      concatBytes([hash, p256.sign(hash, secret, { prehash: false, lowS: false }), keyOf(secret)]);
    const secrets = [1n, 2n, 12_345n, n - 1n, n / 2n].map(word);
    const hashes = [0n, 1n, n - 1n, n, n + 1n, MAX].map(word);
    const valid = signed(word(7n), word(99n));

    it("of valid signatures, of hashes above the group order and of 0 too", async () => {
      for (const secret of secrets) {
        for (const hash of hashes)
          expect((await agree(0x100, signed(hash, secret))).output).to.equal(bytesToHex(word(1n)));
      }
    });

    it("of random keys and hashes", () =>
      fc.assert(
        fc.asyncProperty(bytes(32), fc.bigInt({ min: 1n, max: n - 1n }), async (hash, secret) => {
          expect((await agree(0x100, signed(hash, word(secret)))).output).to.equal(bytesToHex(word(1n)));
        }),
        { numRuns: 30 },
      ));

    it("of damaged ones", () =>
      fc.assert(
        fc.asyncProperty(damaged(valid), async (data) => {
          await agree(0x100, data);
        }),
        { numRuns: 150 },
      ));

    it("of the other s, which is as valid, and of numbers out of range, which are not", async () => {
      const s = bytesToBigint(valid.subarray(64, 96));
      const replaced = (index: number, value: bigint) => {
        const data = Uint8Array.from(valid);
        data.set(word(value), 32 * index);
        return data;
      };
      expect((await agree(0x100, replaced(2, n - s))).output).to.equal(bytesToHex(word(1n)));
      const r = bytesToBigint(valid.subarray(32, 64));
      for (const [index, values] of [
        [1, [0n, n, r + n > MAX ? MAX : r + n, MAX]],
        [2, [0n, n, MAX]],
        [3, [0n, p, MAX]],
        [4, [0n, p, MAX]],
      ] as const) {
        for (const value of values) expect((await agree(0x100, replaced(index, value))).output).to.equal("0x");
      }
    });

    it("of a key at infinity, and of a signature whose point is at infinity", async () => {
      expect((await agree(0x100, concatBytes([valid.subarray(0, 96), new Uint8Array(64)]))).output).to.equal("0x");
      // key = −hash ÷ r × G
      const [hash, r] = [5n, 11n];
      const inverse = p256.Point.Fn.inv(r);
      const secret = word((n - ((hash * inverse) % n)) % n);
      expect((await agree(0x100, concatBytes([word(hash), word(r), word(3n), keyOf(secret)]))).output).to.equal("0x");
    });

    it("of a key that doubles the generator in the sum", async () => {
      const data = concatBytes([word(3n), word(3n), word(1n), keyOf(word(1n))]);
      await agree(0x100, data);
    });

    it("with too little gas", async () => {
      expect((await agree(0x100, valid, 6_899n)).hasFailed).to.equal(true);
      expect((await agree(0x100, valid, 6_900n)).hasFailed).to.equal(false);
    });
  });

  describe("BLS12-381 addition (0x0b, 0x0d)", () => {
    const { G1, G2, fields } = bls12_381;
    const { Fp, Fp2 } = fields;
    const element = (value: bigint) =>
      concatBytes([new Uint8Array(16), word(value >> 256n).subarray(16), word(value & MAX)]);
    const encode1 = ({ x, y }: { x: bigint; y: bigint }) => concatBytes([element(x), element(y)]);
    type Element2 = ReturnType<typeof Fp2.fromBigTuple>;
    const encode2 = ({ x, y }: { x: Element2; y: Element2 }) => concatBytes([x.c0, x.c1, y.c0, y.c1].map(element));

    /** Points of the curve that are in the group of prime order, and points that are not. */
    const outside1 = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].flatMap((x) => {
      try {
        const y = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
        return [{ x, y }];
      } catch {
        return [];
      }
    });
    const outside2 = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].flatMap((value) => {
      try {
        const x = Fp2.fromBigTuple([value, 1n]);
        return [{ x, y: Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n]))) }];
      } catch {
        return [];
      }
    });
    const inside1 = [G1.Point.BASE, G1.Point.BASE.negate(), G1.Point.BASE.multiply(5n)].map((point) =>
      point.toAffine(),
    );
    const inside2 = [G2.Point.BASE, G2.Point.BASE.negate(), G2.Point.BASE.multiply(5n)].map((point) =>
      point.toAffine(),
    );
    const all1 = [new Uint8Array(128), ...[...inside1, ...outside1].map(encode1)];
    const all2 = [new Uint8Array(256), ...[...inside2, ...outside2].map(encode2)];

    it("of any two points of the curve: in the group or not, the same, opposite, at infinity", async () => {
      expect(outside1.some((point) => !G1.Point.fromAffine(point).isTorsionFree())).to.equal(true);
      expect(outside2.some((point) => !G2.Point.fromAffine(point).isTorsionFree())).to.equal(true);
      for (const [address, points] of [
        [0x0b, all1],
        [0x0d, all2],
      ] as const) {
        for (const left of points) {
          for (const right of points) {
            expect((await agree(address, concatBytes([left, right]))).hasFailed).to.equal(false);
          }
        }
      }
    });

    it("of what is no point, no field element, or of another length", async () => {
      for (const [address, points] of [
        [0x0b, all1],
        [0x0d, all2],
      ] as const) {
        const valid = concatBytes([points[1] as Uint8Array, points[3] as Uint8Array]);
        for (const element0 of [Fp.ORDER, Fp.ORDER + 1n, 2n ** 384n - 1n, 0n]) {
          const data = Uint8Array.from(valid);
          data.set(element(element0));
          expect((await agree(address, data)).hasFailed).to.equal(true);
        }
        await fc.assert(
          fc.asyncProperty(damaged(valid), async (data) => {
            await agree(address, data);
          }),
          { numRuns: 100 },
        );
      }
    });
  });
});
