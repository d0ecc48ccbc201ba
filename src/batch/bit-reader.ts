/** The bits of a byte string, the lowest of each byte first, as DEFLATE packs them (RFC 1951 §3.1.1). */
export interface BitReader {
  readonly bytes: Uint8Array;
  /** Of the next byte whose bits are not held. */
  position: number;
  /** The next bits, the first one lowest; zeros above `heldCount` of them. A 32-bit integer, which may be negative. */
  held: number;
  /** At most 32. */
  heldCount: number;
}

export function createBitReader(bytes: Uint8Array): BitReader {
  return { bytes, position: 0, held: 0, heldCount: 0 };
}

/** How many bits were taken or skipped. */
export function bitPosition({ position, heldCount }: BitReader): number {
  return 8 * position - heldCount;
}

/** Holds at least 25 bits, or all that are left. */
export function holdBits(reader: BitReader): void {
  const { bytes } = reader;
  while (reader.heldCount <= 24 && reader.position < bytes.length) {
    reader.held |= (bytes[reader.position++] as number) << reader.heldCount;
    reader.heldCount += 8;
  }
}

/** The number that the next bits make, the first one lowest; −1 if fewer are left. `count` is at most 16. */
export function takeBits(reader: BitReader, count: number): number {
  if (reader.heldCount < count) holdBits(reader);
  if (reader.heldCount < count) return -1;
  const value = reader.held & ((1 << count) - 1);
  dropBits(reader, count);
  return value;
}

/** Skips bits that are held; below 32. */
export function dropBits(reader: BitReader, count: number): void {
  reader.held = (reader.held >>> count) | 0;
  reader.heldCount -= count;
}

/** Skips the rest of a byte of which some bits are read, and holds nothing: `position` is that of the next byte. */
export function alignToByte(reader: BitReader): void {
  reader.position -= reader.heldCount >>> 3;
  reader.held = 0;
  reader.heldCount = 0;
}
