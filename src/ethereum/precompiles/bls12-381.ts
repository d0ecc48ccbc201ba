import { MCLBLS } from "@ethereumjs/evm";
import mcl from "mcl-wasm";
import { createPointEvaluation } from "./point-evaluation.ts";
import type { Precompile } from "./precompile.ts";

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

/**
 * Precompiles 0x0a to 0x11: KZG point evaluation (EIP-4844) and EIP-2537's operations on BLS12-381. Points of G1 take 128
 * bytes, of G2 256, scalars 32.
 */
export async function createBls12381(): Promise<
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
  await mcl.init(mcl.BLS12_381);
  const curve = new MCLBLS(mcl);
  curve.init();
  return {
    pointEvaluation: createPointEvaluation(curve),
    g1Addition: operation(2 * G1_LENGTH, 375, (input) => curve.addG1(input)),
    g1Multiplication: multiplication(G1_LENGTH, 12_000, G1_DISCOUNTS, (input) => curve.msmG1(input)),
    g2Addition: operation(2 * G2_LENGTH, 600, (input) => curve.addG2(input)),
    g2Multiplication: multiplication(G2_LENGTH, 22_500, G2_DISCOUNTS, (input) => curve.msmG2(input)),
    pairing: {
      gas: (input) => 37_700 + 32_600 * Math.floor(input.length / (G1_LENGTH + G2_LENGTH)),
      run: (input) => runOnItems(input, G1_LENGTH + G2_LENGTH, 6, () => curve.pairingCheck(input)),
    },
    mapToG1: operation(ELEMENT_LENGTH, 5_500, (input) => curve.mapFPtoG1(input)),
    mapToG2: operation(2 * ELEMENT_LENGTH, 23_800, (input) => curve.mapFP2toG2(input)),
  };
}

function operation(length: number, gas: number, compute: (input: Uint8Array) => Uint8Array): Precompile {
  return {
    gas: () => gas,
    run: (input) =>
      input.length === length ? runOnItems(input, length, length / ELEMENT_LENGTH, () => compute(input)) : undefined,
  };
}

function multiplication(
  pointLength: number,
  gas: number,
  discounts: readonly number[],
  compute: (input: Uint8Array) => Uint8Array,
): Precompile {
  const itemLength = pointLength + SCALAR_LENGTH;
  return {
    gas: (input) => {
      const count = Math.floor(input.length / itemLength);
      const discount = discounts[Math.min(count, discounts.length) - 1] ?? 0;
      return Math.floor((count * gas * discount) / 1000);
    },
    run: (input) => runOnItems(input, itemLength, pointLength / ELEMENT_LENGTH, () => compute(input)),
  };
}

/**
 * Undefined unless the input is one or more items of `itemLength` bytes, each beginning with so many well-padded field
 * elements, and the library computes something of it: it throws for what is no point or not in the group.
 */
function runOnItems(
  input: Uint8Array,
  itemLength: number,
  elements: number,
  compute: () => Uint8Array,
): Uint8Array | undefined {
  if (input.length === 0 || input.length % itemLength !== 0) return undefined;
  for (let item = 0; item < input.length; item += itemLength) {
    for (let element = 0; element < elements; element++) {
      const start = item + element * ELEMENT_LENGTH;
      for (let index = start; index < start + ELEMENT_PADDING; index++) if (input[index] !== 0) return undefined;
    }
  }
  try {
    return compute();
  } catch {
    return undefined;
  }
}
