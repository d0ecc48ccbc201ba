import mcl from "mcl-wasm";
import { bigintToBytes32, loadKzg } from "../../primitives/index.ts";
import type { Kzg } from "../../primitives/index.ts";
import {
  MCL_FIELD_SIZE,
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
import { createPointEvaluation } from "./point-evaluation.ts";
import { MAX_PRECOMPILE_INPUT } from "./precompile.ts";
import type { Precompile } from "./precompile.ts";

const FIELD_MODULUS =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
/** The curve's parameters are polynomials of this number's negative. */
const PARAMETER = 0xd201000000010000n;
/** What G2's curve is twisted by: 1 + i. */
const NON_RESIDUE: Element2 = [1n, 1n];

const TRUE = bigintToBytes32(1n);
const FALSE = bigintToBytes32(0n);

const ELEMENT_LENGTH = 64;
/** Bytes of a field element's 64 that must be 0. */
const ELEMENT_PADDING = 16;
const G1_LENGTH = 2 * ELEMENT_LENGTH;
const G2_LENGTH = 4 * ELEMENT_LENGTH;
const SCALAR_LENGTH = 32;

/** EIP-2537: thousandths of the price of so many multiplications, from 1 on; the last one counts for more. */
const G1_DISCOUNTS = [
  1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654, 651,
  648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601,
  599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570,
  569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547,
  547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529, 528,
  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
];
const G2_DISCOUNTS = [
  1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683, 679,
  674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611,
  609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579, 578, 576, 575,
  574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551,
  550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533, 532,
  532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
];

const loadNativeKzg = () => loadKzg("native");

/**
 * Precompiles 0x0a to 0x11: KZG point evaluation (EIP-4844) and EIP-2537's operations on BLS12-381. Points of G1 take 128
 * bytes, of G2 256, scalars 32.
 *
 * @param loadLibrary gives the library of KZG, or rejects where there is none: proofs are then verified on the curve
 */
export async function createBls12381(
  loadLibrary: () => Promise<Pick<Kzg, "verifyProof">> = loadNativeKzg,
): Promise<
  Record<
    | "pointEvaluation"
    | "g1Addition"
    | "g1Multiplication"
    | "g2Addition"
    | "g2Multiplication"
    | "pairing"
    | "mapToG1"
    | "mapToG2",
    Precompile
  >
> {
  const module = await createMclModule(mcl.BLS12_381);
  // Membership is checked here, where it takes less.
  module._mclBn_verifyOrderG1(0);
  module._mclBn_verifyOrderG2(0);
  module._mclBn_setMapToMode(mcl.IRTF);
  const curve = createPairingCurve({
    module,
    fieldModulus: FIELD_MODULUS,
    elementLength: ELEMENT_LENGTH,
    padding: ELEMENT_PADDING,
    isImaginaryFirst: false,
    maxInput: MAX_PRECOMPILE_INPUT,
  });
  const { allocate, readField, readField2, readG1, readG2, readScalar, encodeG1, encodeG2, isProductOne } = curve;
  const maxPoints = Math.floor(MAX_PRECOMPILE_INPUT / (G1_LENGTH + SCALAR_LENGTH));
  const pointsOfG1 = allocate(maxPoints * MCL_G1_SIZE);
  const pointsOfG2 = allocate(maxPoints * MCL_G2_SIZE);
  const scalars = allocate(maxPoints * MCL_SCALAR_SIZE);
  const element = allocate(2 * MCL_FIELD_SIZE);
  const isInG1 = createMembershipInG1(curve);
  const isInG2 = createMembershipInG2(curve);

  const addG1 = (): Uint8Array | undefined => {
    const [left, right] = [pointsOfG1, pointsOfG1 + MCL_G1_SIZE];
    if (!readG1(left, 0) || !readG1(right, G1_LENGTH)) return undefined;
    module._mclBnG1_add(left, left, right);
    return encodeG1(left);
  };

  const addG2 = (): Uint8Array | undefined => {
    const [left, right] = [pointsOfG2, pointsOfG2 + MCL_G2_SIZE];
    if (!readG2(left, 0) || !readG2(right, G2_LENGTH)) return undefined;
    module._mclBnG2_add(left, left, right);
    return encodeG2(left);
  };

  const multiplyG1 = (input: Uint8Array): Uint8Array | undefined => {
    let count = 0;
    for (let start = 0; start < input.length; start += G1_LENGTH + SCALAR_LENGTH) {
      const point = pointsOfG1 + count * MCL_G1_SIZE;
      if (!readG1(point, start)) return undefined;
      if (module._mclBnG1_isZero(point) === 1) continue;
      if (!isInG1(point)) return undefined;
      readScalar(scalars + count * MCL_SCALAR_SIZE, start + G1_LENGTH);
      count++;
    }
    if (count === 0) return new Uint8Array(G1_LENGTH);
    if (count === 1) module._mclBnG1_mul(pointsOfG1, pointsOfG1, scalars);
    else module._mclBnG1_mulVec(pointsOfG1, pointsOfG1, scalars, count);
    return encodeG1(pointsOfG1);
  };

  const multiplyG2 = (input: Uint8Array): Uint8Array | undefined => {
    let count = 0;
    for (let start = 0; start < input.length; start += G2_LENGTH + SCALAR_LENGTH) {
      const point = pointsOfG2 + count * MCL_G2_SIZE;
      if (!readG2(point, start)) return undefined;
      if (module._mclBnG2_isZero(point) === 1) continue;
      if (!isInG2(point)) return undefined;
      readScalar(scalars + count * MCL_SCALAR_SIZE, start + G2_LENGTH);
      count++;
    }
    if (count === 0) return new Uint8Array(G2_LENGTH);
    if (count === 1) module._mclBnG2_mul(pointsOfG2, pointsOfG2, scalars);
    else module._mclBnG2_mulVec(pointsOfG2, pointsOfG2, scalars, count);
    return encodeG2(pointsOfG2);
  };

  const checkPairing = (input: Uint8Array): Uint8Array | undefined => {
    let count = 0;
    for (let start = 0; start < input.length; start += G1_LENGTH + G2_LENGTH) {
      const pointOfG1 = pointsOfG1 + count * MCL_G1_SIZE;
      const pointOfG2 = pointsOfG2 + count * MCL_G2_SIZE;
      if (!readG1(pointOfG1, start) || !readG2(pointOfG2, start + G1_LENGTH)) return undefined;
      const isFirstInfinite = module._mclBnG1_isZero(pointOfG1) === 1;
      const isSecondInfinite = module._mclBnG2_isZero(pointOfG2) === 1;
      if (!isFirstInfinite && !isInG1(pointOfG1)) return undefined;
      if (!isSecondInfinite && !isInG2(pointOfG2)) return undefined;
      // The pairing of a point at infinity is 1.
      if (!isFirstInfinite && !isSecondInfinite) count++;
    }
    return (isProductOne(pointsOfG1, pointsOfG2, count) ? TRUE : FALSE).slice();
  };

  const mapToG1 = (): Uint8Array | undefined => {
    if (!readField(element, 0)) return undefined;
    module._mclBnFp_mapToG1(pointsOfG1, element);
    return encodeG1(pointsOfG1);
  };

  const mapToG2 = (): Uint8Array | undefined => {
    if (!readField2(element, 0)) return undefined;
    module._mclBnFp2_mapToG2(pointsOfG2, element);
    return encodeG2(pointsOfG2);
  };

  return {
    pointEvaluation: await createPointEvaluation(curve, isInG1, loadLibrary),
    g1Addition: operation(curve, 2 * G1_LENGTH, 375, addG1),
    g1Multiplication: multiplication(curve, G1_LENGTH, 12_000, G1_DISCOUNTS, multiplyG1),
    g2Addition: operation(curve, 2 * G2_LENGTH, 600, addG2),
    g2Multiplication: multiplication(curve, G2_LENGTH, 22_500, G2_DISCOUNTS, multiplyG2),
    pairing: {
      gas: (input) => 37_700 + 32_600 * Math.floor(input.length / (G1_LENGTH + G2_LENGTH)),
      run: (input) => runOnItems(curve, input, G1_LENGTH + G2_LENGTH, checkPairing),
    },
    mapToG1: operation(curve, ELEMENT_LENGTH, 5_500, mapToG1),
    mapToG2: operation(curve, 2 * ELEMENT_LENGTH, 23_800, mapToG2),
  };
}

function operation(
  curve: PairingCurve,
  length: number,
  gas: number,
  compute: (input: Uint8Array) => Uint8Array | undefined,
): Precompile {
  return {
    gas: () => gas,
    run: (input) => (input.length === length ? runOnItems(curve, input, length, compute) : undefined),
  };
}

function multiplication(
  curve: PairingCurve,
  pointLength: number,
  gas: number,
  discounts: readonly number[],
  compute: (input: Uint8Array) => Uint8Array | undefined,
): Precompile {
  const itemLength = pointLength + SCALAR_LENGTH;
  return {
    gas: (input) => {
      const count = Math.floor(input.length / itemLength);
      const discount = discounts[Math.min(count, discounts.length) - 1] ?? 0;
      return Math.floor((count * gas * discount) / 1000);
    },
    run: (input) => runOnItems(curve, input, itemLength, compute),
  };
}

/** Undefined unless the input is one or more items of `itemLength` bytes, and something can be computed of it. */
function runOnItems(
  { load }: PairingCurve,
  input: Uint8Array,
  itemLength: number,
  compute: (input: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  if (input.length === 0 || input.length % itemLength !== 0) return undefined;
  load(input);
  return compute(input);
}

// ── Membership in the groups ──────────────────────────────────────────────────────────────────────────────────────────
// After M. Scott, "A note on group membership tests for G1, G2 and GT on BLS pairing-friendly curves"
// (https://eprint.iacr.org/2021/1130). Multiplying by the order takes several times as long.

/** Whether a point of G1's curve is in the group: φ(P) = −[u²]P, where φ multiplies x by a cube root of 1. */
function createMembershipInG1(curve: PairingCurve): (point: number) => boolean {
  const { module, allocate, setField } = curve;
  const multiply = createMultiplication(
    (result, left, right) => module._mclBnG1_add(result, left, right),
    (result, point) => module._mclBnG1_dbl(result, point),
    (result, point) => module.HEAP8.copyWithin(result, point, point + MCL_G1_SIZE),
    PARAMETER,
  );
  const root = allocate(MCL_FIELD_SIZE);
  // There are two such roots besides 1, which differ by the sign of u² in the equation; this is the one of −u².
  const [cubeRoot] = power2([2n, 0n], (FIELD_MODULUS - 1n) / 3n, FIELD_MODULUS);
  setField(root, cubeRoot);
  const [image, multiple, result] = [allocate(MCL_G1_SIZE), allocate(MCL_G1_SIZE), allocate(MCL_G1_SIZE)];
  return (point) => {
    multiply(multiple, point);
    multiply(result, multiple);
    module._mclBnG1_neg(result, result);
    module.HEAP8.copyWithin(image, point, point + MCL_G1_SIZE);
    module._mclBnFp_mul(image, image, root);
    return module._mclBnG1_isEqual(image, result) === 1;
  };
}

/** Whether a point of G2's curve is in the group: ψ(P) = [u]P. */
function createMembershipInG2(curve: PairingCurve): (point: number) => boolean {
  const { module, allocate } = curve;
  const inverse = (divisor: bigint) =>
    power2(power2(NON_RESIDUE, (FIELD_MODULUS - 1n) / divisor, FIELD_MODULUS), FIELD_MODULUS ** 2n - 2n, FIELD_MODULUS);
  const frobenius = createFrobenius({ curve, x: inverse(3n), y: inverse(2n) });
  const multiply = createMultiplication(
    (result, left, right) => module._mclBnG2_add(result, left, right),
    (result, point) => module._mclBnG2_dbl(result, point),
    (result, point) => module.HEAP8.copyWithin(result, point, point + MCL_G2_SIZE),
    PARAMETER,
  );
  const [image, multiple] = [allocate(MCL_G2_SIZE), allocate(MCL_G2_SIZE)];
  return (point) => {
    multiply(multiple, point);
    module._mclBnG2_neg(multiple, multiple);
    frobenius(image, point);
    return module._mclBnG2_isEqual(image, multiple) === 1;
  };
}
