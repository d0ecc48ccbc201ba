import { keccak256Bytes } from "../../primitives/index.ts";
import { recoverPublicKey } from "../secp256k1.ts";
import { padded } from "./padding.ts";
import type { Precompile } from "./precompile.ts";

const GAS = 3_000;
const NOBODY = new Uint8Array();

/**
 * Precompile 0x01: input hash (32) ‖ v (32) ‖ r (32) ‖ s (32), with zeros behind a shorter one, 3,000 gas; output the
 * signer's address (20) after 12 bytes of 0, or nothing if nobody signed.
 */
export const SIGNATURE_RECOVERY: Precompile = {
  gas: () => GAS,
  run: (input) => {
    const [hash, v, r, s] = [0, 32, 64, 96].map((start) => padded(input, start, 32)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const recovery = v[31] as number;
    if ((recovery !== 27 && recovery !== 28) || v.some((byte, index) => byte !== 0 && index < 31)) return NOBODY;
    try {
      const output = new Uint8Array(32);
      output.set(keccak256Bytes(recoverPublicKey(hash, r, s, recovery - 27)).subarray(12), 12);
      return output;
    } catch {
      return NOBODY;
    }
  },
};
