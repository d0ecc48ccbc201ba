import { expect } from "chai";
import fc from "fast-check";
import { bigintToBytes32, bytesToHex } from "../../src/primitives/index.ts";
import * as word from "../../src/machine/word.ts";

const SIZE = 1n << 256n;
const MAX = SIZE - 1n;
const SIGN = 1n << 255n;

const modulo = (value: bigint) => ((value % SIZE) + SIZE) % SIZE;
const signed = (value: bigint) => (value >= SIGN ? value - SIZE : value);
const flag = (condition: boolean) => (condition ? 1n : 0n);

/** Numbers of every length, with runs of zeros and ones, and those near powers of two: where carries and limbs meet. */
const anyWord = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: MAX }) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(256), fc.bigInt(-2n, 2n)).map(([bit, delta]) => modulo((1n << BigInt(bit)) + delta)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.bigInt({ min: 0n, max: MAX }), fc.nat(255)).map(([value, bits]) => value >> BigInt(bits)),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom(0n, 1n, 0x7fffffffn, 0x80000000n, 0xffff0000n, 0xffffffffn), {
        minLength: 8,
        maxLength: 8,
      })
      .map((limbs) => limbs.reduce<bigint>((value, limb) => (value << 32n) | limb, 0n)),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 300n }) },
);

/** Numbers whose digits of 24 bits, those of long division, are extreme: the largest, the smallest, and half of one. */
const anyDigits = fc
  .tuple(
    fc.array(fc.constantFrom(0n, 1n, 0x7fffffn, 0x800000n, 0x800001n, 0xfffffen, 0xffffffn), {
      minLength: 1,
      maxLength: 11,
    }),
    fc.nat(23),
  )
  .map(([digits, bits]) => modulo(digits.reduce<bigint>((value, digit) => (value << 24n) | digit, 0n) >> BigInt(bits)));

/** A stack whose items above and below the operands hold something, as they do in use. */
function stackOf(items: readonly bigint[]): { readonly stack: Uint32Array; readonly sp: number } {
  const stack = new Uint32Array(8 * (items.length + 3)).fill(0xdeadbeef);
  items.toReversed().forEach((item, index) => {
    word.fromBigint(stack, 8 * (index + 1), item);
  });
  return { stack, sp: 8 * (items.length + 1) };
}

type Operation = (stack: Uint32Array, sp: number) => void;

function check(operation: Operation, pops: number, reference: (...items: bigint[]) => bigint, runs = 3_000): void {
  fc.assert(
    fc.property(fc.array(anyWord, { minLength: pops, maxLength: pops }), fc.boolean(), (drawn, isSame) => {
      const items = isSame ? drawn.map(() => drawn[0]!) : drawn;
      const { stack, sp } = stackOf(items);
      operation(stack, sp);
      expect(word.toBigint(stack, 8), items.map((item) => `0x${item.toString(16)}`).join()).to.equal(
        reference(...items),
      );
      expect(stack.slice(0, 8)).to.eql(new Uint32Array(8).fill(0xdeadbeef));
    }),
    { numRuns: runs },
  );
}

describe("an operation on limbs gives what integers modulo 2^256 give", function () {
  this.timeout(20_000);

  const binary: readonly [name: string, operation: Operation, reference: (a: bigint, b: bigint) => bigint][] = [
    ["ADD", word.add, (a, b) => modulo(a + b)],
    ["SUB", word.sub, (a, b) => modulo(a - b)],
    ["MUL", word.mul, (a, b) => modulo(a * b)],
    ["DIV", word.div, (a, b) => (b === 0n ? 0n : a / b)],
    ["SDIV", word.sdiv, (a, b) => (b === 0n ? 0n : modulo(signed(a) / signed(b)))],
    ["MOD", word.mod, (a, b) => (b === 0n ? 0n : a % b)],
    ["SMOD", word.smod, (a, b) => (b === 0n ? 0n : modulo(signed(a) % signed(b)))],
    ["SIGNEXTEND", word.signextend, (a, b) => (a > 30n ? b : modulo(BigInt.asIntN(8 * Number(a) + 8, b)))],
    ["LT", word.lt, (a, b) => flag(a < b)],
    ["GT", word.gt, (a, b) => flag(a > b)],
    ["SLT", word.slt, (a, b) => flag(signed(a) < signed(b))],
    ["SGT", word.sgt, (a, b) => flag(signed(a) > signed(b))],
    ["EQ", word.eq, (a, b) => flag(a === b)],
    ["AND", word.and, (a, b) => a & b],
    ["OR", word.or, (a, b) => a | b],
    ["XOR", word.xor, (a, b) => a ^ b],
    ["BYTE", word.byte, (a, b) => (a > 31n ? 0n : (b >> (8n * (31n - a))) & 0xffn)],
    ["SHL", word.shl, (a, b) => (a > 255n ? 0n : modulo(b << a))],
    ["SHR", word.shr, (a, b) => (a > 255n ? 0n : b >> a)],
    ["SAR", word.sar, (a, b) => modulo(signed(b) >> (a > 255n ? 255n : a))],
  ];
  for (const [name, operation, reference] of binary) {
    it(name, () => {
      check(operation, 2, reference);
    });
  }

  it("ISZERO", () => {
    check(word.iszero, 1, (a) => flag(a === 0n));
  });
  it("NOT", () => {
    check(word.not, 1, (a) => MAX - a);
  });
  it("CLZ", () => {
    check(word.clz, 1, (a) => 256n - (a === 0n ? 0n : BigInt(a.toString(2).length)));
  });
  it("ADDMOD, with a sum of 257 bits", () => {
    check(word.addmod, 3, (a, b, modulus) => (modulus === 0n ? 0n : (a + b) % modulus));
  });
  it("MULMOD, with a product of 512 bits", () => {
    check(word.mulmod, 3, (a, b, modulus) => (modulus === 0n ? 0n : (a * b) % modulus));
  });
  it("EXP", () => {
    check(
      word.exp,
      2,
      (base, exponent) => {
        let result = 1n;
        for (const bit of exponent.toString(2)) {
          result = modulo(result * result);
          if (bit === "1") result = modulo(result * base);
        }
        return result;
      },
      500,
    );
  });
});

describe("long division", function () {
  this.timeout(20_000);
  const operand = fc.oneof(anyDigits, anyWord);
  const divisor = operand.map((value) => value || 1n);

  it("gives the quotient and the remainder of numbers of any two lengths", () => {
    for (let length = 1; length <= 256; length++) {
      fc.assert(
        fc.property(fc.bigInt(0n, MAX), fc.bigInt(0n, MAX), fc.nat(256 - length), (one, other, longer) => {
          const small = (one >> BigInt(256 - length)) | (1n << BigInt(length - 1));
          const large = (other >> BigInt(256 - length - longer)) | (1n << BigInt(length + longer - 1));
          expectDivision(large, small);
        }),
        { numRuns: 40 },
      );
    }
  });

  it("gives them where the digits of either are extreme", () => {
    fc.assert(fc.property(operand, divisor, expectDivision), { numRuns: 20_000 });
  });

  it("gives them next to multiples of the divisor", () => {
    fc.assert(
      fc.property(operand, divisor, fc.bigInt(-2n, 2n), (bound, small, delta) => {
        expectDivision(modulo((bound / small) * small + delta), small);
      }),
      { numRuns: 20_000 },
    );
  });

  it("reduces products and sums of extreme numbers, and those next to multiples of the modulus", () => {
    fc.assert(
      fc.property(operand, operand, divisor, fc.boolean(), fc.bigInt(-2n, 2n), (a, b, modulus, isNear, delta) => {
        const left = isNear ? modulo((a / modulus) * modulus + delta) : a;
        for (const [operation, expected] of [
          [word.mulmod, (left * b) % modulus],
          [word.addmod, (left + b) % modulus],
        ] as const) {
          const { stack, sp } = stackOf([left, b, modulus]);
          operation(stack, sp);
          expect(word.toBigint(stack, 8), `${left}, ${b} modulo ${modulus}`).to.equal(expected);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  function expectDivision(dividend: bigint, small: bigint): void {
    for (const [operation, expected] of [
      [word.div, dividend / small],
      [word.mod, dividend % small],
    ] as const) {
      const { stack, sp } = stackOf([dividend, small]);
      operation(stack, sp);
      expect(word.toBigint(stack, 8), `${dividend} by ${small}`).to.equal(expected);
    }
  }
});

describe("small divisors", () => {
  const small = fc.bigInt({ min: 0n, max: (1n << 56n) - 1n });
  it("divide numbers near 2^53 exactly", () => {
    fc.assert(
      fc.property(
        small,
        fc.bigInt({ min: 1n, max: (1n << 40n) - 1n }),
        fc.bigInt(-1n, 1n),
        (quotient, divisor, delta) => {
          const dividend = modulo(quotient * divisor + delta);
          for (const [operation, expected] of [
            [word.div, dividend / divisor],
            [word.mod, dividend % divisor],
          ] as const) {
            const { stack, sp } = stackOf([dividend, divisor]);
            operation(stack, sp);
            expect(word.toBigint(stack, 8)).to.equal(expected);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("a word", () => {
  const place = () => new Uint32Array(8).fill(0xdeadbeef);

  it("keeps its value as a bigint, bytes and hex", () => {
    fc.assert(
      fc.property(anyWord, (value) => {
        const stack = place();
        word.fromBigint(stack, 0, value);
        expect(word.toBigint(stack, 0)).to.equal(value);
        expect(word.toSignedBigint(stack, 0)).to.equal(signed(value));
        const bytes = bigintToBytes32(value);
        const hash = bytesToHex(bytes);
        expect(word.toHash(stack, 0)).to.equal(hash);
        expect(word.toAddress(stack, 0)).to.equal(`0x${hash.slice(26)}`);
        const view = new DataView(new ArrayBuffer(40));
        word.store(stack, 0, view, 5);
        expect(bytesToHex(new Uint8Array(view.buffer, 5, 32))).to.equal(hash);

        for (const read of [
          (target: Uint32Array) => {
            word.load(target, 0, view, 5);
          },
          (target: Uint32Array) => {
            word.fromBytes(target, 0, bytes, 0, 32);
          },
          (target: Uint32Array) => {
            word.fromHex(target, 0, hash);
          },
          (target: Uint32Array) => {
            word.fromHex(target, 0, `0x${value.toString(16)}`);
          },
        ]) {
          const target = place();
          read(target);
          expect(target).to.eql(stack);
        }
      }),
    );
  });

  it("is made of any number of bytes at any place, zeros standing for those beyond the end", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.nat(80),
        fc.integer({ min: 1, max: 32 }),
        (bytes, offset, length) => {
          const padded = new Uint8Array(160);
          padded.set(bytes);
          const expected = BigInt(bytesToHex(padded.subarray(offset, offset + length)));
          const stack = place();
          word.fromBytes(stack, 0, bytes, offset, length);
          expect(word.toBigint(stack, 0)).to.equal(expected);
          const short = place();
          word.loadShort(short, 0, new DataView(padded.buffer), offset, length);
          expect(word.toBigint(short, 0)).to.equal(expected);
        },
      ),
    );
  });

  it("is an offset below 2^32, and 2^32 from there on", () => {
    for (const [value, expected] of [
      [0n, 0],
      [2n ** 32n - 1n, 2 ** 32 - 1],
      [2n ** 32n, 2 ** 32],
      [2n ** 64n, 2 ** 32],
      [MAX, 2 ** 32],
    ] as const) {
      const stack = place();
      word.fromBigint(stack, 0, value);
      expect(word.toOffset(stack, 0)).to.equal(expected);
    }
  });

  it("says whether it is below a limit", () => {
    fc.assert(
      fc.property(anyWord, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value, limit) => {
        const stack = place();
        word.fromBigint(stack, 0, value);
        expect(word.toNumberBelow(stack, 0, limit)).to.equal(value < BigInt(limit) ? Number(value) : undefined);
      }),
    );
  });

  it("takes numbers up to 2^53", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value) => {
        const stack = place();
        word.setNumber(stack, 0, value);
        expect(word.toBigint(stack, 0)).to.equal(BigInt(value));
      }),
    );
  });

  it("has as many significant bytes as its hex has pairs of digits", () => {
    fc.assert(
      fc.property(anyWord, (value) => {
        const stack = place();
        word.fromBigint(stack, 0, value);
        expect(word.significantBytes(stack, 0)).to.equal(value === 0n ? 0 : Math.ceil(value.toString(16).length / 2));
      }),
    );
  });
});
