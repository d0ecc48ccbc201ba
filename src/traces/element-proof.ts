import { FIELD_ELEMENTS_PER_BLOB as SIZE, SCALAR_MODULUS, elementPoint } from "../batch/index.ts";
import { bigintToBytes32, bytesToBigint } from "../primitives/index.ts";
import type { Kzg } from "../primitives/index.ts";

const ELEMENT_SIZE = 32;

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
  const points = allPoints();
  const z = points[position] as bigint;
  // 1 at the position itself, which divides nothing.
  const inverses = invertAll(points.map((point, index) => (index === position ? 1n : modulo(point - z))));
  const inverseZ = inverseOf(z);
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

/** The points of all elements of a blob. */
function allPoints(): readonly bigint[] {
  // The element in the middle is at ω itself, the others at its powers.
  const root = bytesToBigint(elementPoint(SIZE / 2));
  const points: bigint[] = [];
  let point = 1n;
  for (let exponent = 0; exponent < SIZE; exponent++) {
    points[reverseBits(exponent)] = point;
    point = (point * root) % SCALAR_MODULUS;
  }
  return points;
}

function reverseBits(index: number): number {
  let reversed = 0;
  for (let bit = 1; bit < SIZE; bit *= 2) reversed = 2 * reversed + (Math.floor(index / bit) % 2);
  return reversed;
}

function elementOf(blob: Uint8Array, position: number): Uint8Array {
  return blob.slice(position * ELEMENT_SIZE, (position + 1) * ELEMENT_SIZE);
}

function modulo(value: bigint): bigint {
  const rest = value % SCALAR_MODULUS;
  return rest < 0n ? rest + SCALAR_MODULUS : rest;
}

function inverseOf(value: bigint): bigint {
  let result = 1n;
  let square = value;
  for (let rest = SCALAR_MODULUS - 2n; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % SCALAR_MODULUS;
    square = (square * square) % SCALAR_MODULUS;
  }
  return result;
}

/** The inverses of numbers that are not 0, for one inversion and three products each. */
function invertAll(values: readonly bigint[]): readonly bigint[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    products.push(product);
    product = (product * value) % SCALAR_MODULUS;
  }
  let inverse = inverseOf(product);
  const inverses: bigint[] = [];
  for (let index = values.length - 1; index >= 0; index--) {
    inverses[index] = (inverse * (products[index] as bigint)) % SCALAR_MODULUS;
    inverse = (inverse * (values[index] as bigint)) % SCALAR_MODULUS;
  }
  return inverses;
}
