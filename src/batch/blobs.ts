import { bigintToBytes32 } from "../primitives/index.ts";

/** Bytes of an EIP-4844 blob: 4096 field elements of 32 bytes. */
export const BLOB_SIZE = 131_072;

const FIELD_ELEMENT_SIZE = 32;
/** A field element is below the BLS12-381 scalar modulus, so only its low 31 bytes are free. */
const USABLE_SIZE = 31;
/** Field elements of a blob (EIP-4844). */
export const FIELD_ELEMENTS_PER_BLOB = BLOB_SIZE / FIELD_ELEMENT_SIZE;

/** Order of the scalar field of BLS12-381, of which the elements of a blob are. */
export const SCALAR_MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const PRIMITIVE_ROOT = 7n;
const FIELD_ELEMENT_BITS = 12;

/** Payload bytes one blob carries: 4096 × 31 = 126,976. */
export const BLOB_PAYLOAD_SIZE = FIELD_ELEMENTS_PER_BLOB * USABLE_SIZE;

/**
 * Lays a payload out in as few blobs as hold it (at least one), padded with zeros. The high byte of every field element is 0, or as in
 * `highBytes`, so that blobs can be made again of what was taken out of them.
 */
export function payloadToBlobs(payload: Uint8Array, highBytes?: Uint8Array): readonly Uint8Array[] {
  const blobCount = Math.max(1, Math.ceil(payload.length / BLOB_PAYLOAD_SIZE));
  return Array.from({ length: blobCount }, (_, index) => {
    const part = payload.subarray(index * BLOB_PAYLOAD_SIZE, (index + 1) * BLOB_PAYLOAD_SIZE);
    const blob = new Uint8Array(BLOB_SIZE);
    for (let element = 0; element * USABLE_SIZE < part.length; element++) {
      const start = element * USABLE_SIZE;
      blob.set(part.subarray(start, start + USABLE_SIZE), element * FIELD_ELEMENT_SIZE + 1);
      blob[element * FIELD_ELEMENT_SIZE] = highBytes?.[index * FIELD_ELEMENTS_PER_BLOB + element] ?? 0;
    }
    return blob;
  });
}

/**
 * The point, 32 bytes, at which the polynomial of a blob has its element `index` as value (EIP-4844): a 4096th root of unity to
 * the power of the index with its 12 bits in reverse.
 */
export function elementPoint(index: number): Uint8Array {
  let power = 0;
  for (let bit = 0; bit < FIELD_ELEMENT_BITS; bit++) power = (power << 1) | ((index >>> bit) & 1);
  const root = powerOf(PRIMITIVE_ROOT, (SCALAR_MODULUS - 1n) / BigInt(FIELD_ELEMENTS_PER_BLOB));
  return bigintToBytes32(powerOf(root, BigInt(power)));
}

function powerOf(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % SCALAR_MODULUS;
    square = (square * square) % SCALAR_MODULUS;
  }
  return result;
}

/**
 * What `blobsToPayload` leaves out: the high byte of every field element of all blobs. Undefined if all of them are 0, as those
 * are that an honest batcher posts.
 */
export function highBytesOf(blobs: readonly Uint8Array[]): Uint8Array | undefined {
  const bytes = new Uint8Array(blobs.length * FIELD_ELEMENTS_PER_BLOB);
  for (const [index, blob] of blobs.entries()) {
    for (let element = 0; element < FIELD_ELEMENTS_PER_BLOB; element++) {
      bytes[index * FIELD_ELEMENTS_PER_BLOB + element] = blob[element * FIELD_ELEMENT_SIZE] as number;
    }
  }
  return bytes.some((byte) => byte !== 0) ? bytes : undefined;
}

/**
 * The low 31 bytes of all field elements of all blobs, concatenated (specification §3 rule 1): 126,976 bytes a blob, of
 * which those after the payload's end are padding. Total in the blobs' contents; throws a RangeError on a wrong size.
 */
export function blobsToPayload(blobs: readonly Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(blobs.length * BLOB_PAYLOAD_SIZE);
  let offset = 0;
  for (const blob of blobs) {
    if (blob.length !== BLOB_SIZE) throw new RangeError(`expected a blob of ${BLOB_SIZE} bytes, got ${blob.length}`);
    for (let element = 0; element < BLOB_SIZE; element += FIELD_ELEMENT_SIZE) {
      payload.set(blob.subarray(element + 1, element + FIELD_ELEMENT_SIZE), offset);
      offset += USABLE_SIZE;
    }
  }
  return payload;
}
