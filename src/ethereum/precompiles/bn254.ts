import mcl from "mcl-wasm";
import { bigintToBytes32 } from "../../primitives/index.ts";
import {
  MCL_G1_SIZE,
  MCL_G2_SIZE,
  MCL_SCALAR_SIZE,
  createFrobenius,
  createMclModule,
  createMultiplication,
  createPairingCurve,
  power2,
} from "./mcl.ts";
import type { Element2, PairingCurve } from "./mcl.ts";
import { padded } from "./padding.ts";
import { MAX_PRECOMPILE_INPUT } from "./precompile.ts";
import type { Precompile } from "./precompile.ts";

const FIELD_MODULUS = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
/** The number that the curve's parameters are polynomials of. */
const PARAMETER = 0x44e992b44a6909f1n;
/** What G2's curve is twisted by: 9 + i. */
const NON_RESIDUE: Element2 = [9n, 1n];

const G1_LENGTH = 64;
const PAIR_LENGTH = 192;

const TRUE = bigintToBytes32(1n);
const FALSE = bigintToBytes32(0n);

/**
 * Precompiles 0x06 to 0x08 (EIP-196, EIP-197, priced by EIP-1108): addition of two points (128 bytes, 150 gas) and
 * multiplication of a point by a scalar (96, 6,000), with zeros behind a shorter input and what is behind these ignored;
 * pairing check of pairs of points (192 each, 45,000 and 34,000 a pair).
 */
export async function createBn254(): Promise<Record<"addition" | "multiplication" | "pairing", Precompile>> {
  const module = await createMclModule(mcl.BN_SNARK1);
  // It would multiply by the order of the group; membership in G2 is checked here, and all of G1's curve is in the group.
  module._mclBn_verifyOrderG1(0);
  module._mclBn_verifyOrderG2(0);
  const curve = createPairingCurve({
    module,
    fieldModulus: FIELD_MODULUS,
    elementLength: 32,
    padding: 0,
    isImaginaryFirst: true,
    maxInput: MAX_PRECOMPILE_INPUT,
  });
  const { allocate, load, readG1, readG2, readScalar, encodeG1, isProductOne } = curve;
  const maxPairs = Math.floor(MAX_PRECOMPILE_INPUT / PAIR_LENGTH);
  const scalar = allocate(MCL_SCALAR_SIZE);
  const pointsOfG1 = allocate(maxPairs * MCL_G1_SIZE);
  const pointsOfG2 = allocate(maxPairs * MCL_G2_SIZE);
  const [left, right] = [pointsOfG1, pointsOfG1 + MCL_G1_SIZE];
  const isInG2 = createMembershipInG2(curve);

  const add = (input: Uint8Array): Uint8Array | undefined => {
    load(padded(input, 0, 2 * G1_LENGTH));
    if (!readG1(left, 0) || !readG1(right, G1_LENGTH)) return undefined;
    module._mclBnG1_add(left, left, right);
    return encodeG1(left);
  };

  const multiply = (input: Uint8Array): Uint8Array | undefined => {
    load(padded(input, 0, G1_LENGTH + 32));
    if (!readG1(left, 0)) return undefined;
    readScalar(scalar, G1_LENGTH);
    module._mclBnG1_mul(left, left, scalar);
    return encodeG1(left);
  };

  const checkPairing = (input: Uint8Array): Uint8Array | undefined => {
    if (input.length % PAIR_LENGTH !== 0) return undefined;
    load(input);
    let count = 0;
    for (let start = 0; start < input.length; start += PAIR_LENGTH) {
      const pointOfG1 = pointsOfG1 + count * MCL_G1_SIZE;
      const pointOfG2 = pointsOfG2 + count * MCL_G2_SIZE;
      if (!readG1(pointOfG1, start) || !readG2(pointOfG2, start + G1_LENGTH)) return undefined;
      const isInfinite = module._mclBnG2_isZero(pointOfG2) === 1;
      if (!isInfinite && !isInG2(pointOfG2)) return undefined;
      // The pairing of a point at infinity is 1.
      if (!isInfinite && module._mclBnG1_isZero(pointOfG1) === 0) count++;
    }
    return (isProductOne(pointsOfG1, pointsOfG2, count) ? TRUE : FALSE).slice();
  };

  return {
    addition: { gas: () => 150, run: add },
    multiplication: { gas: () => 6_000, run: multiply },
    pairing: {
      gas: (input) => 45_000 + 34_000 * Math.floor(input.length / PAIR_LENGTH),
      run: checkPairing,
    },
  };
}

/**
 * Whether a point of G2's curve is in the group: [u + 1]P + ψ([u]P) + ψ²([u]P) = ψ³([2u]P), of El Housni, Guillevic and
 * Piellard (https://eprint.iacr.org/2022/348, §5.1), a quarter of the work of multiplying by the order.
 */
function createMembershipInG2(curve: PairingCurve): (point: number) => boolean {
  const { module, allocate } = curve;
  const power = (divisor: bigint) => power2(NON_RESIDUE, (FIELD_MODULUS - 1n) / divisor, FIELD_MODULUS);
  const frobenius = createFrobenius({ curve, x: power(3n), y: power(2n) });
  const multiply = createMultiplication(
    (result, first, second) => module._mclBnG2_add(result, first, second),
    (result, point) => module._mclBnG2_dbl(result, point),
    (result, point) => module.HEAP8.copyWithin(result, point, point + MCL_G2_SIZE),
    PARAMETER,
  );
  const [multiple, image, sum] = [allocate(MCL_G2_SIZE), allocate(MCL_G2_SIZE), allocate(MCL_G2_SIZE)];
  return (point) => {
    multiply(multiple, point);
    module._mclBnG2_add(sum, multiple, point);
    frobenius(image, multiple);
    module._mclBnG2_add(sum, sum, image);
    frobenius(image, image);
    module._mclBnG2_add(sum, sum, image);
    frobenius(image, image);
    module._mclBnG2_dbl(image, image);
    return module._mclBnG2_isEqual(sum, image) === 1;
  };
}
