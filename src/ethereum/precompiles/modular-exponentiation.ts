import { bytesToBigint, hexToBytes } from "../../primitives/index.ts";
import { padded } from "./padding.ts";
import type { Precompile } from "./precompile.ts";

/** Bytes of base, exponent or modulus above which it fails (EIP-7823). */
const MAX_LENGTH = 1_024;
const HEADER_LENGTH = 96;
const MIN_GAS = 500;
/** More than others: 256 bytes to the power of 256 bytes take 7,860,224, and L1 proves it for less than a pairing. */
const MAX_GAS = 8_000_000;

interface Lengths {
  readonly base: number;
  readonly exponent: number;
  readonly modulus: number;
}

/**
 * Precompile 0x05 (EIP-198, priced by EIP-7883): input the lengths of base, exponent and modulus (32 each), then these, with
 * zeros behind a shorter input; output base ^ exponent mod modulus in the length of the modulus.
 */
export const MODULAR_EXPONENTIATION: Precompile = {
  gas,
  run,
  maxGas: MAX_GAS,
  significantLength: HEADER_LENGTH + 3 * MAX_LENGTH,
};

/** Undefined if one of them is above the limit. */
function readLengths(input: Uint8Array): Lengths | undefined {
  const [base, exponent, modulus] = [0, 32, 64].map((start) => bytesToBigint(padded(input, start, 32))) as [
    bigint,
    bigint,
    bigint,
  ];
  if (base > MAX_LENGTH || exponent > MAX_LENGTH || modulus > MAX_LENGTH) return undefined;
  return { base: Number(base), exponent: Number(exponent), modulus: Number(modulus) };
}

function gas(input: Uint8Array): number {
  const lengths = readLengths(input);
  if (lengths === undefined) return Infinity;
  const longest = Math.max(lengths.base, lengths.modulus);
  const complexity = longest <= 32 ? 16 : 2 * Math.ceil(longest / 8) ** 2;
  const head = bytesToBigint(padded(input, HEADER_LENGTH + lengths.base, Math.min(lengths.exponent, 32)));
  const headBits = head === 0n ? 0 : head.toString(2).length - 1;
  const iterations = Math.max(16 * Math.max(lengths.exponent - 32, 0) + headBits, 1);
  return Math.max(MIN_GAS, complexity * iterations);
}

function run(input: Uint8Array): Uint8Array | undefined {
  const lengths = readLengths(input);
  if (lengths === undefined) return undefined;
  const { base, exponent, modulus } = lengths;
  const modulusValue = bytesToBigint(padded(input, HEADER_LENGTH + base + exponent, modulus));
  if (modulusValue === 0n) return new Uint8Array(modulus);
  const result = power(
    bytesToBigint(padded(input, HEADER_LENGTH, base)),
    bytesToBigint(padded(input, HEADER_LENGTH + base, exponent)),
    modulusValue,
  );
  return hexToBytes(`0x${result.toString(16).padStart(2 * modulus, "0")}`);
}

/** Bits of a digit of an exponent, and from how many bits on it is worth while to have powers for all digits. */
const DIGIT_BITS = 4;
const LONG_EXPONENT = 24;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  // The exponent as text: shifting a long one at every digit would take longer than multiplying.
  const bits = exponent.toString(2);
  return bits.length < LONG_EXPONENT
    ? powerByDigits(base, bits, 1, modulus)
    : powerByDigits(base, exponent.toString(2 ** DIGIT_BITS), DIGIT_BITS, modulus);
}

/** From the highest digit of the exponent down: the result to the power of 2^bits, times the base to that of the digit. */
function powerByDigits(base: bigint, digits: string, bits: number, modulus: bigint): bigint {
  const powers = [1n % modulus, base % modulus];
  for (let digit = 2; digit < 2 ** bits; digit++) {
    powers.push(((powers[digit - 1] as bigint) * (powers[1] as bigint)) % modulus);
  }
  let result = powers[Number.parseInt(digits[0] as string, 16)] as bigint;
  for (let index = 1; index < digits.length; index++) {
    for (let square = 0; square < bits; square++) result = (result * result) % modulus;
    const digit = Number.parseInt(digits[index] as string, 16);
    if (digit !== 0) result = (result * (powers[digit] as bigint)) % modulus;
  }
  return result;
}
