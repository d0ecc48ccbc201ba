import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Precompiles } from "../../src/ethereum/index.ts";
import { bigintToBytes32, concatBytes } from "../../src/primitives/index.ts";
import type { Address } from "../../src/primitives/index.ts";

export function addressOfPrecompile(number: number): Address {
  return `0x${number.toString(16).padStart(40, "0")}`;
}

/** What each precompile but identity succeeds with, by its number. */
export function validPrecompileInputs(precompiles: Precompiles): readonly (readonly [number, Uint8Array])[] {
  const compute = (number: number, input: Uint8Array): Uint8Array => {
    const output = precompiles.get(addressOfPrecompile(number))?.run(input);
    if (output === undefined) throw new Error(`precompile ${number} fails`);
    return output;
  };
  const bnPoint = bnPointBy(compute);
  const g1 = (seed: number) => compute(0x10, fieldElement(seed));
  const g2 = (seed: number) => compute(0x11, concatBytes([fieldElement(seed), fieldElement(seed + 1)]));
  return [
    [0x01, signatureRecoveryInput()],
    [0x02, DIGEST],
    [0x03, DIGEST],
    [0x05, modexpInput(word(3), word(2n ** 255n + 5n), word(1_000_003))],
    [0x06, concatBytes([bnPoint(5), bnPoint(7)])],
    [0x07, concatBytes([bnPoint(5), word(11)])],
    [0x08, concatBytes([bnPoint(5), new Uint8Array(128)])],
    [0x09, concatBytes([word(12).subarray(28), new Uint8Array(208).fill(7), Uint8Array.of(1)])],
    [0x0a, pointEvaluationInput()],
    [0x0b, concatBytes([g1(5), g1(6)])],
    [0x0c, concatBytes([g1(5), word(9), g1(7), word(8)])],
    [0x0d, concatBytes([g2(5), g2(6)])],
    [0x0e, concatBytes([g2(5), word(9), g2(7), word(8)])],
    [0x0f, concatBytes([g1(5), g2(6)])],
    [0x10, fieldElement(5)],
    [0x11, concatBytes([fieldElement(5), fieldElement(6)])],
    [0x100, p256Input()],
  ];
}

/** A multiple of the generator of bn254. */
export function bnPointBy(compute: (number: number, input: Uint8Array) => Uint8Array): (scalar: number) => Uint8Array {
  return (scalar) => compute(0x07, concatBytes([word(1), word(2), word(scalar)]));
}

export function modexpInput(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
  return concatBytes([word(base.length), word(exponent.length), word(modulus.length), base, exponent, modulus]);
}

/** Of MODEXP, for 20,000 gas a bit: with 240 of them after the first for 8,000,000 gas, the most it may cost. */
export function dearModexpInput(bits: number): Uint8Array {
  const number = new Uint8Array(800).fill(0xfd);
  return modexpInput(number, concatBytes([word(2n ** BigInt(bits)), new Uint8Array(10)]), number.with(0, 0xfe));
}

const word = (value: number | bigint) => bigintToBytes32(BigInt(value));
const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const DIGEST = createHash("sha256").update("onestep").digest();

function signatureRecoveryInput(): Uint8Array {
  const signature = secp256k1.sign(DIGEST, SECRET, { prehash: false, format: "recovered" });
  return concatBytes([DIGEST, word(27 + (signature[0] as number)), signature.subarray(1)]);
}

function p256Input(): Uint8Array {
  const signature = p256.sign(DIGEST, SECRET, { prehash: false });
  return concatBytes([DIGEST, signature, p256.getPublicKey(SECRET, false).subarray(1)]);
}

function fieldElement(seed: number): Uint8Array {
  return concatBytes([word(0), word(seed)]);
}

/** Of the polynomial 0, which is 0 everywhere. */
function pointEvaluationInput(): Uint8Array {
  const infinity = new Uint8Array(48).with(0, 0xc0);
  const versionedHash = Uint8Array.from(createHash("sha256").update(infinity).digest()).with(0, 1);
  return concatBytes([versionedHash, word(5), word(0), infinity, infinity]);
}
