import createKeccak from "keccak";
import type { Address, Hash, Hex } from "./hex.ts";

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

/** Keccak-256 by the native library. */
export function keccak256(bytes: Uint8Array): Hash {
  return bytesToHex(keccak256Bytes(bytes));
}

/** Keccak-256 by the native library, as 32 bytes. */
export function keccak256Bytes(bytes: Uint8Array): Uint8Array {
  return createKeccak("keccak256").update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).digest();
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** Lowercase form of an address in any case. Throws a RangeError that names the value if it is not 20 bytes. */
export function toAddress(value: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(value)) throw new RangeError(`expected a 20-byte address, got ${value.slice(0, 80)}`);
  return value.toLowerCase() as Address;
}
