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

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  let square = base % modulus;
  // The bits of the exponent as text: shifting a long one at every bit would take longer than multiplying.
  const bits = exponent.toString(2);
  for (let index = bits.length - 1; index >= 0; index--) {
    if (bits[index] === "1") result = (result * square) % modulus;
    if (index > 0) square = (square * square) % modulus;
  }
  return result;
}
