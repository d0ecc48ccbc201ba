// Every precompile with inputs that are the most work for their gas.

import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { p256 } from "@noble/curves/nist.js";
import { bigintToBytes32, concatBytes, hexToBytes } from "../src/primitives/index.ts";

const { G1, G2 } = bls12_381;
const MAX = 2n ** 256n - 1n;

const bytes = (size: number, value: number) => new Uint8Array(size).fill(value);
const word = bigintToBytes32;
const words = (...values: readonly bigint[]) => concatBytes(values.map(word));
const field = (value: bigint) => concatBytes([bytes(32, 0), word(value >> 256n), word(value & MAX)]).subarray(32);
const many = (count: number, item: (index: bigint) => Uint8Array) =>
  concatBytes(Array.from({ length: count }, (_, index) => item(BigInt(index) + 2n)));

function g1(scalar: bigint): Uint8Array {
  const { x, y } = G1.Point.BASE.multiply(scalar).toAffine();
  return concatBytes([field(x), field(y)]);
}

function g2(scalar: bigint): Uint8Array {
  const { x, y } = G2.Point.BASE.multiply(scalar).toAffine();
  return concatBytes([x.c0, x.c1, y.c0, y.c1].map(field));
}

/** [τ]₁ of the KZG ceremony: the commitment to the polynomial X. */
const TAU_G1 = G1.Point.fromHex(
  "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81",
);

/** A proof of the value 11 of the polynomial 3X + 5 at 2: the quotient (3X + 5 − 11) ÷ (X − 2) is 3. */
function pointEvaluationInput(): Uint8Array {
  const commitment = TAU_G1.multiply(3n).add(G1.Point.BASE.multiply(5n)).toBytes(true);
  const versionedHash = Uint8Array.from(createHash("sha256").update(commitment).digest());
  versionedHash[0] = 1;
  return concatBytes([versionedHash, words(2n, 11n), commitment, G1.Point.BASE.multiply(3n).toBytes(true)]);
}

function p256Input(): Uint8Array {
  const hash = bytes(32, 0xf7);
  const key = bytes(32, 0xa5);
  const signature = p256.sign(hash, key, { prehash: false, lowS: false });
  return concatBytes([hash, signature, p256.getPublicKey(key, false).subarray(1)]);
}

const modexp = (size: number, exponentSize: number, exponent: number) =>
  concatBytes([
    words(BigInt(size), BigInt(exponentSize), BigInt(size)),
    bytes(size, 0xfd),
    bytes(exponentSize, exponent),
    bytes(size, 0xfb),
  ]);

const BN254_G1 = words(1n, 2n);
const BN254_G2 = hexToBytes(
  "0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
);

export interface PrecompileCase {
  readonly address: number;
  readonly name: string;
  readonly input: Uint8Array;
}

const blake2Rounds = (count: number) =>
  concatBytes([word(BigInt(count)).subarray(28), bytes(208, 0x5a), Uint8Array.of(1)]);

export const PRECOMPILE_CASES: readonly PrecompileCase[] = [
  {
    address: 0x01,
    name: "ECRECOVER",
    // r is the x of the generator of secp256k1.
    input: words(7n, 27n, 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 3n),
  },
  { address: 0x02, name: "SHA-256 of 32 bytes", input: bytes(32, 1) },
  { address: 0x02, name: "SHA-256 of 32 KiB", input: bytes(32_768, 1) },
  { address: 0x03, name: "RIPEMD-160 of 32 bytes", input: bytes(32, 1) },
  { address: 0x03, name: "RIPEMD-160 of 32 KiB", input: bytes(32_768, 1) },
  { address: 0x04, name: "identity of nothing", input: bytes(0, 0) },
  { address: 0x04, name: "identity of 32 KiB", input: bytes(32_768, 1) },
  { address: 0x05, name: "MODEXP, 32 bytes each", input: modexp(32, 32, 0xff) },
  { address: 0x05, name: "MODEXP, 32 bytes, exponent of 1,024", input: modexp(32, 1_024, 0xff) },
  { address: 0x05, name: "MODEXP, 40 bytes, exponent of 32", input: modexp(40, 32, 0xff) },
  { address: 0x05, name: "MODEXP, 256 bytes, exponent of 3", input: modexp(256, 3, 0xff) },
  { address: 0x05, name: "MODEXP, 1,024 bytes, exponent of 1", input: modexp(1_024, 1, 0xff) },
  { address: 0x05, name: "MODEXP, 1,024 bytes, exponent 1", input: modexp(1_024, 1, 1) },
  { address: 0x06, name: "bn254 addition", input: concatBytes([BN254_G1, BN254_G1]) },
  { address: 0x07, name: "bn254 multiplication", input: concatBytes([BN254_G1, word(MAX)]) },
  { address: 0x08, name: "bn254 pairing, none", input: bytes(0, 0) },
  { address: 0x08, name: "bn254 pairing, 1", input: concatBytes([BN254_G1, BN254_G2]) },
  { address: 0x08, name: "bn254 pairing, 20", input: many(20, () => concatBytes([BN254_G1, BN254_G2])) },
  { address: 0x09, name: "BLAKE2 compression, no rounds", input: blake2Rounds(0) },
  { address: 0x09, name: "BLAKE2 compression, 1,000,000 rounds", input: blake2Rounds(1_000_000) },
  { address: 0x0a, name: "KZG point evaluation", input: pointEvaluationInput() },
  { address: 0x0b, name: "BLS12-381 G1 addition", input: concatBytes([g1(3n), g1(5n)]) },
  { address: 0x0c, name: "BLS12-381 G1 multiplication, 1", input: concatBytes([g1(3n), word(MAX)]) },
  {
    address: 0x0c,
    name: "BLS12-381 G1 multiplication, 128",
    input: many(128, (index) => concatBytes([g1(index), word(MAX - index)])),
  },
  { address: 0x0d, name: "BLS12-381 G2 addition", input: concatBytes([g2(3n), g2(5n)]) },
  { address: 0x0e, name: "BLS12-381 G2 multiplication, 1", input: concatBytes([g2(3n), word(MAX)]) },
  {
    address: 0x0e,
    name: "BLS12-381 G2 multiplication, 128",
    input: many(128, (index) => concatBytes([g2(index), word(MAX - index)])),
  },
  { address: 0x0f, name: "BLS12-381 pairing, 1", input: concatBytes([g1(2n), g2(3n)]) },
  {
    address: 0x0f,
    name: "BLS12-381 pairing, 20",
    input: many(20, (index) => concatBytes([g1(index), g2(index + 1n)])),
  },
  { address: 0x10, name: "BLS12-381 map to G1", input: field(5n) },
  { address: 0x11, name: "BLS12-381 map to G2", input: concatBytes([field(5n), field(7n)]) },
  { address: 0x100, name: "P256VERIFY", input: p256Input() },
];
