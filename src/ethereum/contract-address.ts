import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, concatBytes, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { minimalBytes } from "./account.ts";

const PREFIX = Uint8Array.of(0xff);

/** Address of the contract a CREATE2 by `creator` makes of an initcode (EIP-1014). */
export function create2Address(creator: Address, salt: Hash, initcode: Uint8Array): Address {
  const preimage = concatBytes([PREFIX, hexToBytes(creator), hexToBytes(salt), keccak256Bytes(initcode)]);
  return bytesToHex(keccak256Bytes(preimage).subarray(12));
}

/** Address of the contract a CREATE by `sender` with `nonce` makes. */
export function createAddress(sender: Address, nonce: bigint): Address {
  return bytesToHex(keccak256Bytes(RLP.encode([hexToBytes(sender), minimalBytes(nonce)])).subarray(12));
}
