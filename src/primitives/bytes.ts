import type { Address, Hex } from "./hex.ts";

/** Bytes as lowercase 0x-hex. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

/** The bytes of a 0x-hex string of even length. Throws a RangeError that names the value otherwise. */
export function hexToBytes(hex: Hex | string): Uint8Array {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(hex)) {
    throw new RangeError(`expected 0x-prefixed hex of even length, got ${hex.slice(0, 80)}`);
  }
  return Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
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
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
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
