import { createHash } from "node:crypto";
import type { EVMBLSInterface } from "@ethereumjs/evm";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesToBigint, concatBytes, bigintToBytes32, equalBytes, hexToBytes } from "../../primitives/index.ts";
import type { Precompile } from "./precompile.ts";

const { G1, G2, fields } = bls12_381;

const GAS = 50_000;
const INPUT_LENGTH = 192;
const VERSION = 1;
const FIELD_ELEMENTS_PER_BLOB = 4096n;
const MODULUS = fields.Fr.ORDER;

/** [τ]₂ of the KZG ceremony: the second G2 point of Ethereum's trusted setup. All that verifying a proof needs of it. */
const TAU_G2 = G2.Point.fromBytes(
  hexToBytes(
    "0xb5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2",
  ),
);

// Points as the precompiles of EIP-2537 take them.
const GENERATOR_G1 = encodeG1(G1.Point.BASE);
const NEGATED_GENERATOR_G2 = encodeG2(G2.Point.BASE.negate());
const ENCODED_TAU_G2 = encodeG2(TAU_G2);

const OUTPUT = concatBytes([bigintToBytes32(FIELD_ELEMENTS_PER_BLOB), bigintToBytes32(MODULUS)]);

/** What verification needs of a BLS12-381 library: EIP-2537's multi-scalar multiplication in G1 and its pairing check. */
type Curve = Pick<EVMBLSInterface, "msmG1" | "pairingCheck">;

/**
 * Precompile 0x0a (EIP-4844): input versioned hash (32) ‖ z (32) ‖ y (32) ‖ commitment (48) ‖ proof (48), 50,000 gas.
 * Works on the curve directly, because loading a KZG library with its whole trusted setup takes seconds and this
 * precompile needs one point of it.
 */
export function createPointEvaluation(curve: Curve): Precompile {
  const run = (input: Uint8Array) => {
    if (input.length !== INPUT_LENGTH) return undefined;
    const commitment = input.subarray(96, 144);
    const versionedHash = createHash("sha256").update(commitment).digest();
    versionedHash[0] = VERSION;
    if (!equalBytes(versionedHash, input.subarray(0, 32))) return undefined;
    const z = bytesToBigint(input.subarray(32, 64));
    const y = bytesToBigint(input.subarray(64, 96));
    return verifyKzgProof(curve, commitment, z, y, input.subarray(144)) ? OUTPUT : undefined;
  };
  return { gas: () => GAS, run };
}

/**
 * Whether `proof` shows that the polynomial under `commitment` (48 bytes each) has the value `y` at `z`; false for
 * malformed points and for numbers that are no field elements.
 */
export function verifyKzgProof(curve: Curve, commitment: Uint8Array, z: bigint, y: bigint, proof: Uint8Array): boolean {
  if (z >= MODULUS || y >= MODULUS) return false;
  let encodedCommitment: Uint8Array;
  let encodedProof: Uint8Array;
  try {
    encodedCommitment = decompressG1(commitment);
    encodedProof = decompressG1(proof);
  } catch {
    return false;
  }
  // e(C − [y]₁ + z·π, −[1]₂) · e(π, [τ]₂) = 1
  const left = curve.msmG1(
    concatBytes([
      encodedCommitment,
      bigintToBytes32(1n),
      GENERATOR_G1,
      bigintToBytes32((MODULUS - y) % MODULUS),
      encodedProof,
      bigintToBytes32(z),
    ]),
  );
  const product = curve.pairingCheck(concatBytes([left, NEGATED_GENERATOR_G2, encodedProof, ENCODED_TAU_G2]));
  return product.at(-1) === 1;
}

/** Checks that the point is on the curve and in the group; throws if not. */
function decompressG1(compressed: Uint8Array): Uint8Array {
  const point = G1.Point.fromBytes(compressed);
  if (!point.is0()) point.assertValidity();
  return encodeG1(point);
}

function encodeG1(point: InstanceType<typeof G1.Point>): Uint8Array {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return encodeFieldElements([x, y]);
}

function encodeG2(point: InstanceType<typeof G2.Point>): Uint8Array {
  const { x, y } = point.toAffine();
  return encodeFieldElements([x.c0, x.c1, y.c0, y.c1]);
}

function encodeFieldElements(elements: readonly bigint[]): Uint8Array {
  return hexToBytes(`0x${elements.map((element) => element.toString(16).padStart(128, "0")).join("")}`);
}
