import { bytesToBigint, bytesToHex } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";

/** Bytes that are not the encoding of any transaction; the step that meets them skips it. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/** Where an item of RLP lies: positions in the bytes it was read from. */
export interface RlpItem {
  readonly isList: boolean;
  /** First byte of the payload. */
  readonly start: number;
  /** First byte after the payload. */
  readonly end: number;
}

/** Most bytes that say how long a payload is. */
const MAX_LENGTH_SIZE = 3;
const ADDRESS_SIZE = 20;

/**
 * Reads canonical RLP within a window, from `position` on; twin of contracts/machine/libraries/Rlp.sol. `end` is where the
 * list around the items ends, `windowEnd` where what is known of the bytes does. Every method throws a MalformedError.
 */
export interface RlpReader {
  readonly position: number;
  /** Header of any item; the position is then that of its payload, which may reach beyond the window but not beyond the list. */
  header(): RlpItem;
  /** The same of a list. */
  list(): RlpItem;
  /** A number of at most `maximumSize` bytes. */
  number(maximumSize: number): bigint;
  /** A string of 20 bytes. */
  address(): Address;
  /** A string of 20 bytes, or of none. */
  optionalAddress(): Address | undefined;
}

export function createRlpReader(bytes: Uint8Array, start: number, end: number, windowEnd: number): RlpReader {
  let position = start;
  const limit = Math.min(end, windowEnd);

  const byteAt = (index: number): number => {
    if (index >= limit) throw new MalformedError(`expected an item of RLP at ${index}, where its list or window ends`);
    return bytes[index] as number;
  };

  const header = (): RlpItem => {
    const prefix = byteAt(position);
    if (prefix < 0x80) return { isList: false, start: position, end: position + 1 };
    const isList = prefix >= 0xc0;
    let length = prefix - (isList ? 0xc0 : 0x80);
    position += 1;
    if (length > 55) {
      const size = length - 55;
      if (size > MAX_LENGTH_SIZE) throw new MalformedError(`a length of ${size} bytes at ${position}`);
      if (byteAt(position) === 0) throw new MalformedError(`a length with leading zeros at ${position}`);
      length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + byteAt(position + index);
      if (length <= 55) throw new MalformedError(`a short length in long form at ${position}`);
      position += size;
    } else if (!isList && length === 1 && byteAt(position) < 0x80) {
      throw new MalformedError(`a small byte in long form at ${position}`);
    }
    if (position + length > end) throw new MalformedError(`the item at ${position} ends after the list it is in`);
    return { isList, start: position, end: position + length };
  };

  const string = (): Uint8Array => {
    const item = header();
    if (item.isList) throw new MalformedError(`a list in place of a string at ${item.start}`);
    if (item.end > windowEnd) throw new MalformedError(`the item at ${item.start} is longer than any valid one`);
    position = item.end;
    return bytes.subarray(item.start, item.end);
  };

  return {
    get position() {
      return position;
    },
    header,
    list: () => {
      const item = header();
      if (!item.isList) throw new MalformedError(`a string in place of a list at ${item.start}`);
      return item;
    },
    number: (maximumSize) => {
      const value = string();
      if (value.length > maximumSize)
        throw new MalformedError(`expected at most ${maximumSize} bytes, got ${value.length}`);
      if (value[0] === 0) throw new MalformedError("a number with leading zeros");
      return bytesToBigint(value);
    },
    address: () => toAddress(string()),
    optionalAddress: () => {
      const value = string();
      return value.length === 0 ? undefined : toAddress(value);
    },
  };
}

function toAddress(value: Uint8Array): Address {
  if (value.length !== ADDRESS_SIZE)
    throw new MalformedError(`expected an address of ${ADDRESS_SIZE} bytes, got ${value.length}`);
  return bytesToHex(value);
}
