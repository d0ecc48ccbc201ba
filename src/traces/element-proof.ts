import { FIELD_ELEMENTS_PER_BLOB } from "../batch/index.ts";
import { bigintToBytes32, bytesToBigint } from "../primitives/index.ts";
import type { Kzg } from "../primitives/index.ts";

/** Order of the groups of BLS12-381: field elements are below it. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const SIZE = FIELD_ELEMENTS_PER_BLOB;
const INDEX_BITS = Math.log2(SIZE);
const ELEMENT_SIZE = 32;
/** 7 generates the field's units, so this one has order 4096. */
const ROOT_OF_UNITY = power(7n, (ORDER - 1n) / BigInt(SIZE));

/**
 * An element of a blob with the KZG proof that it is one: the commitment to the quotient (p − y) ÷ (X − z), z being the point of
 * the element (EIP-4844). The quotient is made by hand, as not every library makes proofs at a point; at z itself, where both are 0,
 * by the formula of the consensus specification (`compute_quotient_eval_within_domain`).
 */
export async function proveElement(
  kzg: Pick<Kzg, "blobToCommitment">,
  blob: Uint8Array,
  position: number,
): Promise<{ readonly value: Uint8Array; readonly proof: Uint8Array }> {
  const elements = Array.from({ length: SIZE }, (_, index) => bytesToBigint(elementOf(blob, index)));
  const y = elements[position] as bigint;
  const z = elementPoint(position);
  const points = Array.from({ length: SIZE }, (_, index) => elementPoint(index));
  // 1 at the position itself, which divides nothing.
  const inverses = invertAll(points.map((point, index) => (index === position ? 1n : modulo(point - z))));
  const inverseZ = power(z, ORDER - 2n);
  const quotient = new Uint8Array(blob.length);
  let atPosition = 0n;
  for (let index = 0; index < SIZE; index++) {
    if (index === position) continue;
    const value = modulo(((elements[index] as bigint) - y) * (inverses[index] as bigint));
    quotient.set(bigintToBytes32(value), index * ELEMENT_SIZE);
    atPosition = modulo(atPosition - value * (points[index] as bigint) * inverseZ);
  }
  quotient.set(bigintToBytes32(atPosition), position * ELEMENT_SIZE);
  return { value: elementOf(blob, position), proof: await kzg.blobToCommitment(quotient) };
}

/** The point at which a blob's polynomial is the element of this index: ω to the power of the index with its 12 bits in reverse. */
export function elementPoint(position: number): bigint {
  let reversed = 0;
  for (let bit = 0; bit < INDEX_BITS; bit++) reversed = 2 * reversed + ((position >>> bit) & 1);
  return power(ROOT_OF_UNITY, BigInt(reversed));
}

function elementOf(blob: Uint8Array, position: number): Uint8Array {
  return blob.slice(position * ELEMENT_SIZE, (position + 1) * ELEMENT_SIZE);
}

function modulo(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % ORDER;
    square = (square * square) % ORDER;
  }
  return result;
}

/** The inverses of numbers that are not 0, for one inversion and three products each. */
function invertAll(values: readonly bigint[]): readonly bigint[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    products.push(product);
    product = (product * value) % ORDER;
  }
  let inverse = power(product, ORDER - 2n);
  const inverses: bigint[] = [];
  for (let index = values.length - 1; index >= 0; index--) {
    inverses[index] = (inverse * (products[index] as bigint)) % ORDER;
    inverse = (inverse * (values[index] as bigint)) % ORDER;
  }
  return inverses;
}
