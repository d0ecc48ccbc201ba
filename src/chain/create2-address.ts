import { bytesToHex, concatBytes, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

const PREFIX = Uint8Array.of(0xff);

/** Address of the contract a CREATE2 by `creator` makes of an initcode (EIP-1014). */
export function create2Address(creator: Address, salt: Hash, initcode: Uint8Array): Address {
  const preimage = concatBytes([PREFIX, hexToBytes(creator), hexToBytes(salt), keccak256Bytes(initcode)]);
  return bytesToHex(keccak256Bytes(preimage).subarray(12));
}
