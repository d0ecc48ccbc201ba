import { createHash } from "node:crypto";
import { bigintToBytes32, bytesToBigint, concatBytes, equalBytes } from "../../primitives/index.ts";
import type { Kzg } from "../../primitives/index.ts";
import { MCL_FIELD_SIZE, MCL_G1_SIZE, MCL_G2_SIZE, MCL_GT_SIZE, MCL_SCALAR_SIZE } from "./mcl.ts";
import type { PairingCurve } from "./mcl.ts";
import type { Precompile } from "./precompile.ts";

const GAS = 50_000;
const INPUT_LENGTH = 192;
const POINT_LENGTH = 48;
const VERSION = 1;
const FIELD_ELEMENTS_PER_BLOB = 4096n;
/** Order of the groups of BLS12-381. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** Generator of G1. */
const GENERATOR_G1 = [
  0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bbn,
  0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1n,
] as const;
/** Generator of G2: real and imaginary part of x, then of y. */
const GENERATOR_G2 = [
  0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8n,
  0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7en,
  0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801n,
  0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79ben,
] as const;
/** [τ]₂ of the KZG ceremony: the second G2 point of Ethereum's trusted setup. All that verifying a proof needs of it. */
const TAU_G2 = [
  0x185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2n,
  0x15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72n,
  0x014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99n,
  0x1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154fn,
] as const;

const OUTPUT = concatBytes([bigintToBytes32(FIELD_ELEMENTS_PER_BLOB), bigintToBytes32(ORDER)]);

/** Whether the proof of an input shows that the polynomial under the commitment has the value y at z. */
type KzgVerification = (input: Uint8Array) => boolean;

/**
 * Precompile 0x0a (EIP-4844): input versioned hash (32) ‖ z (32) ‖ y (32) ‖ commitment (48) ‖ proof (48), 50,000 gas. By the
 * native library, which unpacks the trusted setup at its first use (2 s, once a thread) and then is five times as fast; where
 * the platform has none, on the curve.
 */
export async function createPointEvaluation(
  curve: PairingCurve,
  isInG1: (point: number) => boolean,
  loadLibrary: () => Promise<Pick<Kzg, "verifyProof">>,
): Promise<Precompile> {
  const verify = await loadLibrary().then(verificationOf, () => createKzgVerification(curve, isInG1));
  const run = (input: Uint8Array) => {
    if (input.length !== INPUT_LENGTH) return undefined;
    const versionedHash = createHash("sha256").update(input.subarray(96, 144)).digest();
    versionedHash[0] = VERSION;
    if (!equalBytes(versionedHash, input.subarray(0, 32))) return undefined;
    return verify(input) ? OUTPUT.slice() : undefined;
  };
  return { gas: () => GAS, run };
}

function verificationOf({ verifyProof }: Pick<Kzg, "verifyProof">): KzgVerification {
  return (input) =>
    verifyProof(input.subarray(96, 144), input.subarray(32, 64), input.subarray(64, 96), input.subarray(144));
}

/** Needs one point of the trusted setup, and no library of KZG. */
function createKzgVerification(
  { module, allocate, load, readField, readScalar, setField }: PairingCurve,
  isInG1: (point: number) => boolean,
): KzgVerification {
  const setPoint = (point: number, coordinates: readonly bigint[], one: readonly bigint[]): number => {
    [...coordinates, ...one].forEach((value, index) => setField(point + index * MCL_FIELD_SIZE, value));
    return point;
  };
  const precompute = (coordinates: readonly bigint[], isNegated: boolean): number => {
    const point = setPoint(allocate(MCL_G2_SIZE), coordinates, [1n, 0n]);
    if (isNegated) module._mclBnG2_neg(point, point);
    const precomputed = allocate(8 * module._mclBn_getUint64NumToPrecompute());
    module._mclBn_precomputeG2(precomputed, point);
    return precomputed;
  };
  const negatedGeneratorOfG2 = precompute(GENERATOR_G2, true);
  const tau = precompute(TAU_G2, false);

  const four = allocate(MCL_FIELD_SIZE);
  setField(four, 4n);
  const [ordinate, product] = [allocate(MCL_FIELD_SIZE), allocate(MCL_GT_SIZE)];
  const [commitment, left] = [allocate(MCL_G1_SIZE), allocate(MCL_G1_SIZE)];
  // The generator of G1 and the proof, which are multiplied by −y and z.
  const points = allocate(2 * MCL_G1_SIZE);
  const scalars = allocate(2 * MCL_SCALAR_SIZE);
  const proof = points + MCL_G1_SIZE;
  setPoint(points, GENERATOR_G1, [1n]);

  /** Reads a compressed point (48 bytes, as of the ZCash specification); false unless it is the one encoding of one in G1. */
  const decompress = (input: Uint8Array, target: number, start: number): boolean => {
    const flags = (input[start] as number) >> 5;
    if ((flags & 4) === 0) return false;
    const padded = new Uint8Array(64);
    padded.set(input.subarray(start, start + POINT_LENGTH), 16);
    padded[16] = (padded[16] as number) & 0x1f;
    if ((flags & 2) !== 0) {
      module._mclBnG1_clear(target);
      return flags === 6 && padded.every((byte) => byte === 0);
    }
    load(padded);
    if (!readField(target, 0)) return false;
    module._mclBnFp_sqr(ordinate, target);
    module._mclBnFp_mul(ordinate, ordinate, target);
    module._mclBnFp_add(ordinate, ordinate, four);
    const y = target + MCL_FIELD_SIZE;
    if (module._mclBnFp_squareRoot(y, ordinate) !== 0) return false;
    // Negative is what is above half of the modulus.
    if ((module._mclBnFp_isNegative(y) === 1) !== ((flags & 1) === 1)) module._mclBnFp_neg(y, y);
    module._mclBnFp_setInt32(target + 2 * MCL_FIELD_SIZE, 1);
    return isInG1(target);
  };

  return (input) => {
    const isScalar = (start: number) => bytesToBigint(input.subarray(start, start + 32)) < ORDER;
    if (!isScalar(32) || !isScalar(64)) return false;
    if (!decompress(input, commitment, 96) || !decompress(input, proof, 144)) return false;

    // e(C − [y]₁ + z·π, −[1]₂) · e(π, [τ]₂) = 1
    load(input);
    readScalar(scalars, 64);
    module._mclBnFr_neg(scalars, scalars);
    readScalar(scalars + MCL_SCALAR_SIZE, 32);
    module._mclBnG1_mulVec(left, points, scalars, 2);
    module._mclBnG1_add(left, left, commitment);
    const [isLeftInfinite, isProofInfinite] = [left, proof].map((point) => module._mclBnG1_isZero(point) === 1);
    // The pairing of a point at infinity is 1.
    if (isLeftInfinite === true || isProofInfinite === true) return isLeftInfinite === isProofInfinite;
    module._mclBnG1_normalize(left, left);
    module._mclBn_precomputedMillerLoop2(product, left, negatedGeneratorOfG2, proof, tau);
    module._mclBn_finalExp(product, product);
    return module._mclBnGT_isOne(product) === 1;
  };
}
