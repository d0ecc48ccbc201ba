import type { Address, Hex } from "./hex.ts";

// Text and bytes are made of each other some ten times for each account and slot that a transaction touches.

/** What `toString("hex")` calls: on any bytes, without a Buffer around them. */
const { hexSlice } = Buffer.prototype as unknown as { hexSlice(this: Uint8Array, start: number, end: number): string };

/** Value of a hexadecimal digit by its character's code; −1 for others. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});

/** Bytes as lowercase 0x-hex. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${hexSlice.call(bytes, 0, bytes.length)}`;
}

/** The bytes of a 0x-hex string of even length. Throws a RangeError that names the value otherwise. */
export function hexToBytes(hex: Hex | string): Uint8Array {
  const bytes = hex.startsWith("0x") && hex.length % 2 === 0 ? parseDigits(hex, 2) : undefined;
  if (bytes === undefined) throw new RangeError(`expected 0x-prefixed hex of even length, got ${hex.slice(0, 80)}`);
  return bytes;
}

/** Undefined if there is a character from `start` on that is no digit. */
function parseDigits(text: string, start: number): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length - start) >> 1);
  let position = start;
  let isHex = true;
  for (let index = 0; index < bytes.length; index++) {
    const high = DIGITS[text.charCodeAt(position++)] ?? -1;
    const low = DIGITS[text.charCodeAt(position++)] ?? -1;
    if ((high | low) < 0) isHex = false;
    bytes[index] = (high << 4) | low;
  }
  return isHex ? bytes : undefined;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** A natural number as 32 big-endian bytes. Throws a RangeError if it is negative or does not fit. */
export function bigintToBytes32(value: bigint): Uint8Array {
  if (value < 0n || value >> 256n !== 0n) throw new RangeError(`expected an unsigned 256-bit integer, got ${value}`);
  return parseDigits(value.toString(16).padStart(64, "0"), 0) as Uint8Array;
}

/** Big-endian bytes as a natural number; no bytes are 0. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt(bytesToHex(bytes));
}

/** Lowercase form of an address in any case. Throws a RangeError that names the value if it is not 20 bytes. */
export function toAddress(value: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(value)) throw new RangeError(`expected a 20-byte address, got ${value.slice(0, 80)}`);
  return value.toLowerCase() as Address;
}
