import { createRequire } from "node:module";

/**
 * What is used of mcl's own WebAssembly module, in place of the classes of mcl-wasm: those belong to one curve in a process,
 * and take and give text. A `number` is an address in its memory; functions write to the first. Field elements and points
 * have the layout of the constants below, whatever the curve.
 */
export interface MclModule {
  /** A view of all memory; another one after the memory has grown. */
  readonly HEAP8: Int8Array<ArrayBuffer>;
  _malloc(size: number): number;
  _mclBn_init(curve: number, version: number): number;
  _mclBn_setMapToMode(mode: number): number;
  _mclBn_verifyOrderG1(doesVerify: number): void;
  _mclBn_verifyOrderG2(doesVerify: number): void;
  _mclBnFp_setBigEndianMod(result: number, bytes: number, size: number): number;
  _mclBnFp_setInt32(result: number, value: number): void;
  _mclBnFp_getLittleEndian(bytes: number, size: number, value: number): number;
  _mclBnFp_isNegative(value: number): number;
  _mclBnFp_isZero(value: number): number;
  _mclBnFp_neg(result: number, value: number): void;
  _mclBnFp_add(result: number, left: number, right: number): void;
  _mclBnFp_mul(result: number, left: number, right: number): void;
  _mclBnFp_sqr(result: number, value: number): void;
  /** Not 0 if there is none. */
  _mclBnFp_squareRoot(result: number, value: number): number;
  _mclBnFp_mapToG1(result: number, value: number): number;
  _mclBnFp2_mul(result: number, left: number, right: number): void;
  _mclBnFp2_mapToG2(result: number, value: number): number;
  _mclBnFr_setBigEndianMod(result: number, bytes: number, size: number): number;
  _mclBnFr_neg(result: number, value: number): void;
  _mclBnFr_div(result: number, dividend: number, divisor: number): void;
  _mclBnG1_clear(point: number): void;
  _mclBnG1_isValid(point: number): number;
  _mclBnG1_isZero(point: number): number;
  _mclBnG1_isEqual(left: number, right: number): number;
  _mclBnG1_normalize(result: number, point: number): void;
  _mclBnG1_neg(result: number, point: number): void;
  _mclBnG1_dbl(result: number, point: number): void;
  _mclBnG1_add(result: number, left: number, right: number): void;
  /** Of a point of the group, not just of the curve. */
  _mclBnG1_mul(result: number, point: number, scalar: number): void;
  /** The same of several. */
  _mclBnG1_mulVec(result: number, points: number, scalars: number, count: number): void;
  _mclBnG2_clear(point: number): void;
  _mclBnG2_isValid(point: number): number;
  _mclBnG2_isZero(point: number): number;
  _mclBnG2_isEqual(left: number, right: number): number;
  _mclBnG2_normalize(result: number, point: number): void;
  _mclBnG2_neg(result: number, point: number): void;
  _mclBnG2_dbl(result: number, point: number): void;
  _mclBnG2_add(result: number, left: number, right: number): void;
  _mclBnG2_mul(result: number, point: number, scalar: number): void;
  _mclBnG2_mulVec(result: number, points: number, scalars: number, count: number): void;
  _mclBn_millerLoopVec(result: number, pointsOfG1: number, pointsOfG2: number, count: number): void;
  _mclBn_finalExp(result: number, value: number): void;
  _mclBnGT_isOne(value: number): number;
  _mclBn_getUint64NumToPrecompute(): number;
  _mclBn_precomputeG2(result: number, point: number): void;
  _mclBn_precomputedMillerLoop(result: number, point: number, precomputed: number): void;
  _mclBn_precomputedMillerLoop2(
    result: number,
    firstPoint: number,
    firstPrecomputed: number,
    secondPoint: number,
    secondPrecomputed: number,
  ): void;
}

/** Bytes. */
export const MCL_FIELD_SIZE = 48;
export const MCL_G1_SIZE = 3 * MCL_FIELD_SIZE;
export const MCL_G2_SIZE = 2 * MCL_G1_SIZE;
export const MCL_GT_SIZE = 12 * MCL_FIELD_SIZE;
export const MCL_SCALAR_SIZE = 32;

/** What mcl was compiled with: 4 words of a scalar × 10 + 6 words of a field element. */
const MCL_VERSION = 46;

type CreateMclModule = (options: { cryptoGetRandomValues: () => void }) => Promise<MclModule>;

/** A module of its own for a curve of mcl-wasm's `CurveType`. */
export async function createMclModule(curve: number): Promise<MclModule> {
  const createModule = createRequire(import.meta.url)("mcl-wasm/dist/mcl_c.js") as CreateMclModule;
  const module = await createModule({
    cryptoGetRandomValues: () => {
      throw new Error("no precompile takes randomness");
    },
  });
  if (module._mclBn_init(curve, MCL_VERSION) !== 0) throw new Error(`mcl does not know the curve ${curve}`);
  return module;
}

/** How a curve's elements stand in the inputs of its precompiles, and its numbers. */
export interface PairingCurveOptions {
  readonly module: MclModule;
  readonly fieldModulus: bigint;
  /** Bytes a field element takes, and how many of them at its begin must be 0. */
  readonly elementLength: number;
  readonly padding: number;
  /** Whether the imaginary part of an element of the quadratic extension comes first. */
  readonly isImaginaryFirst: boolean;
  /** Bytes of the longest input. */
  readonly maxInput: number;
}

/** Points of a pairing-friendly curve as its precompiles read and write them. Addresses are in mcl's memory. */
export interface PairingCurve {
  readonly module: MclModule;
  allocate(size: number): number;
  /** Makes bytes the input that is read from; `start` below is a position in it. */
  load(input: Uint8Array): void;
  /** Whether a field element could be read. */
  readField(target: number, start: number): boolean;
  readField2(target: number, start: number): boolean;
  /** Whether a point of the curve could be read; it need not be in the group. All zeros are the point at infinity. */
  readG1(target: number, start: number): boolean;
  readG2(target: number, start: number): boolean;
  /** A number of 32 bytes modulo the order of the group. */
  readScalar(target: number, start: number): void;
  /** Changes what represents the point. */
  encodeG1(point: number): Uint8Array;
  encodeG2(point: number): Uint8Array;
  /** Whether the product of the pairings of so many points, one behind the other, is 1. None is at infinity. */
  isProductOne(pointsOfG1: number, pointsOfG2: number, count: number): boolean;
  /** Writes a constant. */
  setField(target: number, value: bigint): void;
}

export function createPairingCurve(options: PairingCurveOptions): PairingCurve {
  const { module, fieldModulus, elementLength, padding, isImaginaryFirst, maxInput } = options;
  const allocate = (size: number): number => module._malloc(size);
  const size = elementLength - padding;
  const modulus = Uint8Array.from(Buffer.from(fieldModulus.toString(16).padStart(2 * size, "0"), "hex"));
  const inputAt = allocate(maxInput);
  const bytesAt = allocate(MCL_FIELD_SIZE);
  const product = allocate(MCL_GT_SIZE);
  let input: Uint8Array = new Uint8Array();

  const load = (bytes: Uint8Array): void => {
    input = bytes;
    module.HEAP8.set(bytes, inputAt);
  };

  const isZero = (start: number, length: number): boolean => {
    for (let index = start; index < start + length; index++) if (input[index] !== 0) return false;
    return true;
  };

  const readField = (target: number, start: number): boolean => {
    if (!isZero(start, padding)) return false;
    const first = start + padding;
    let index = 0;
    while (index < size && input[first + index] === modulus[index]) index++;
    if (index === size || (input[first + index] as number) > (modulus[index] as number)) return false;
    module._mclBnFp_setBigEndianMod(target, inputAt + first, size);
    return true;
  };

  const readField2 = (target: number, start: number): boolean => {
    const [real, imaginary] = isImaginaryFirst ? [start + elementLength, start] : [start, start + elementLength];
    return readField(target, real) && readField(target + MCL_FIELD_SIZE, imaginary);
  };

  const readG1 = (target: number, start: number): boolean => {
    if (isZero(start, 2 * elementLength)) {
      module._mclBnG1_clear(target);
      return true;
    }
    if (!readField(target, start) || !readField(target + MCL_FIELD_SIZE, start + elementLength)) return false;
    module._mclBnFp_setInt32(target + 2 * MCL_FIELD_SIZE, 1);
    return module._mclBnG1_isValid(target) === 1;
  };

  const readG2 = (target: number, start: number): boolean => {
    if (isZero(start, 4 * elementLength)) {
      module._mclBnG2_clear(target);
      return true;
    }
    if (!readField2(target, start) || !readField2(target + 2 * MCL_FIELD_SIZE, start + 2 * elementLength)) return false;
    module._mclBnFp_setInt32(target + 4 * MCL_FIELD_SIZE, 1);
    module._mclBnFp_setInt32(target + 5 * MCL_FIELD_SIZE, 0);
    return module._mclBnG2_isValid(target) === 1;
  };

  const writeField = (output: Uint8Array, start: number, element: number): void => {
    const { HEAP8 } = module;
    const length = module._mclBnFp_getLittleEndian(bytesAt, MCL_FIELD_SIZE, element);
    const last = start + elementLength - 1;
    for (let index = 0; index < length; index++) output[last - index] = HEAP8[bytesAt + index] as number;
  };

  const encodeG1 = (point: number): Uint8Array => {
    const output = new Uint8Array(2 * elementLength);
    if (module._mclBnG1_isZero(point) === 1) return output;
    module._mclBnG1_normalize(point, point);
    writeField(output, 0, point);
    writeField(output, elementLength, point + MCL_FIELD_SIZE);
    return output;
  };

  const encodeG2 = (point: number): Uint8Array => {
    const output = new Uint8Array(4 * elementLength);
    if (module._mclBnG2_isZero(point) === 1) return output;
    module._mclBnG2_normalize(point, point);
    const first = isImaginaryFirst ? 1 : 0;
    for (let part = 0; part < 4; part++)
      writeField(output, (part ^ first) * elementLength, point + part * MCL_FIELD_SIZE);
    return output;
  };

  const isProductOne = (pointsOfG1: number, pointsOfG2: number, count: number): boolean => {
    if (count === 0) return true;
    module._mclBn_millerLoopVec(product, pointsOfG1, pointsOfG2, count);
    module._mclBn_finalExp(product, product);
    return module._mclBnGT_isOne(product) === 1;
  };

  const setField = (target: number, value: bigint): void => {
    const bytes = Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
    module.HEAP8.set(bytes, bytesAt);
    module._mclBnFp_setBigEndianMod(target, bytesAt, size);
  };

  return {
    ...{ module, allocate, load, readField, readField2, readG1, readG2, encodeG1, encodeG2, isProductOne, setField },
    readScalar: (target, start) => void module._mclBnFr_setBigEndianMod(target, inputAt + start, MCL_SCALAR_SIZE),
  };
}

// ── Membership in the groups ──────────────────────────────────────────────────────────────────────────────────────────

/** An element of the quadratic extension of a curve's field, in which i² = −1. */
export type Element2 = readonly [real: bigint, imaginary: bigint];

function multiply([a, b]: Element2, [c, d]: Element2, modulus: bigint): Element2 {
  const real = (a * c - b * d) % modulus;
  return [real < 0n ? real + modulus : real, (a * d + b * c) % modulus];
}

export function power2(base: Element2, exponent: bigint, modulus: bigint): Element2 {
  let result: Element2 = [1n, 0n];
  for (const bit of exponent.toString(2)) {
    result = multiply(result, result, modulus);
    if (bit === "1") result = multiply(result, base, modulus);
  }
  return result;
}

/** [`scalar`]P of a point of the curve that need not be in the group; `result` is another place than `point`. */
export function createMultiplication(
  add: (result: number, left: number, right: number) => void,
  double: (result: number, point: number) => void,
  copy: (result: number, point: number) => void,
  scalar: bigint,
): (result: number, point: number) => void {
  const bits = [...scalar.toString(2)].slice(1).map((bit) => bit === "1");
  return (result, point) => {
    copy(result, point);
    for (const isSet of bits) {
      double(result, result);
      if (isSet) add(result, result, point);
    }
  };
}

export interface FrobeniusOptions {
  readonly curve: PairingCurve;
  /** What the conjugated coordinates are multiplied by. */
  readonly x: Element2;
  readonly y: Element2;
}

/** The endomorphism ψ of G2's curve: untwist, Frobenius, twist. `result` may be `point`. */
export function createFrobenius({ curve, x, y }: FrobeniusOptions): (result: number, point: number) => void {
  const { module, allocate, setField } = curve;
  const element = (value: Element2): number => {
    const place = allocate(2 * MCL_FIELD_SIZE);
    setField(place, value[0]);
    setField(place + MCL_FIELD_SIZE, value[1]);
    return place;
  };
  const [xFactor, yFactor] = [element(x), element(y)];
  return (result, point) => {
    if (result !== point) module.HEAP8.copyWithin(result, point, point + MCL_G2_SIZE);
    for (let part = 1; part < 6; part += 2) {
      module._mclBnFp_neg(result + part * MCL_FIELD_SIZE, result + part * MCL_FIELD_SIZE);
    }
    module._mclBnFp2_mul(result, result, xFactor);
    module._mclBnFp2_mul(result + 2 * MCL_FIELD_SIZE, result + 2 * MCL_FIELD_SIZE, yFactor);
  };
}
