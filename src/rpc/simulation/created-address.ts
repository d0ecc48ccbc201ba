import { RLP } from "@ethereumjs/rlp";
import { concatBytes, hexToBytes, keccak256, keccak256Bytes, type Address } from "../../primitives/index.ts";

/** Address of the contract CREATE by `creator` with this nonce makes (yellow paper §7). */
export function createdAddress(creator: Address, nonce: bigint): Address {
  return `0x${keccak256(RLP.encode([hexToBytes(creator), nonce])).slice(26)}`;
}

/** Address of the contract CREATE2 makes (EIP-1014); `salt` is 32 bytes. */
export function createdAddress2(creator: Address, salt: Uint8Array, initcode: Uint8Array): Address {
  return `0x${keccak256(concatBytes([Uint8Array.of(0xff), hexToBytes(creator), salt, keccak256Bytes(initcode)])).slice(26)}`;
}
