import secp256k1 from "secp256k1";
import { bytesToHex, keccak256Bytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";

/** Order of the secp256k1 group. */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * The 64-byte public key that signed `messageHash` (32 bytes), by the native library. `r` and `s` have at most 32 bytes,
 * `recoveryId` is 0 or 1. Throws if there is no such key.
 */
export function recoverPublicKey(
  messageHash: Uint8Array,
  r: Uint8Array,
  s: Uint8Array,
  recoveryId: number,
): Uint8Array {
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return secp256k1.ecdsaRecover(signature, recoveryId, messageHash, false).subarray(1);
}

/** Address of a 64-byte public key. */
export function publicKeyToAddress(publicKey: Uint8Array): Address {
  return bytesToHex(keccak256Bytes(publicKey).subarray(12));
}
