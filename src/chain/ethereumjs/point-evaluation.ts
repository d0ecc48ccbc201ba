import { createHash } from "node:crypto";
import { EVMError } from "@ethereumjs/evm";
import type { ExecResult, PrecompileInput } from "@ethereumjs/evm";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesToBigint, concatBytes, bigintToBytes32, equalBytes, hexToBytes } from "../../primitives/index.ts";

const { G1, G2, fields } = bls12_381;

const GAS = 50_000n;
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

const OUTPUT = concatBytes([bigintToBytes32(FIELD_ELEMENTS_PER_BLOB), bigintToBytes32(MODULUS)]);

/**
 * Precompile 0x0a (EIP-4844): input versioned hash (32) ‖ z (32) ‖ y (32) ‖ commitment (48) ‖ proof (48), 50,000 gas.
 * Works on the curve directly, because loading a KZG library with its whole trusted setup takes seconds and this
 * precompile needs one point of it.
 */
export function pointEvaluation(input: PrecompileInput): ExecResult {
  const { data, gasLimit } = input;
  if (gasLimit < GAS) return failure(EVMError.errorMessages.OUT_OF_GAS, gasLimit);
  if (data.length !== INPUT_LENGTH) return failure(EVMError.errorMessages.INVALID_INPUT_LENGTH, gasLimit);
  const commitment = data.subarray(96, 144);
  const versionedHash = createHash("sha256").update(commitment).digest();
  versionedHash[0] = VERSION;
  if (!equalBytes(versionedHash, data.subarray(0, 32))) return failure(EVMError.errorMessages.INVALID_COMMITMENT, gasLimit);
  const z = bytesToBigint(data.subarray(32, 64));
  const y = bytesToBigint(data.subarray(64, 96));
  if (!verifyKzgProof(commitment, z, y, data.subarray(144))) return failure(EVMError.errorMessages.INVALID_PROOF, gasLimit);
  return { executionGasUsed: GAS, returnValue: OUTPUT };
}

/** Whether `proof` shows that the polynomial under `commitment` has the value `y` at `z`; false for malformed points. */
export function verifyKzgProof(commitment: Uint8Array, z: bigint, y: bigint, proof: Uint8Array): boolean {
  if (z >= MODULUS || y >= MODULUS) return false;
  try {
    // e(C − [y]₁, −[1]₂) · e(π, [τ]₂ − [z]₂) = 1
    const left = decodeG1(commitment).subtract(G1.Point.BASE.multiplyUnsafe(y));
    const right = decodeG1(proof);
    const shifted = TAU_G2.subtract(G2.Point.BASE.multiplyUnsafe(z));
    const pairs = [
      { g1: left, g2: G2.Point.BASE.negate() },
      { g1: right, g2: shifted },
      // A pairing with the point at infinity is 1, which the library will not be asked for.
    ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
    return pairs.length === 0 || fields.Fp12.eql(bls12_381.pairingBatch(pairs), fields.Fp12.ONE);
  } catch {
    return false;
  }
}

function decodeG1(bytes: Uint8Array): InstanceType<typeof G1.Point> {
  const point = G1.Point.fromBytes(bytes);
  if (!point.is0()) point.assertValidity();
  return point;
}

function failure(error: EVMError["error"], gasLimit: bigint): ExecResult {
  return { returnValue: new Uint8Array(), executionGasUsed: gasLimit, exceptionError: new EVMError(error) };
}
