import { RLP } from "@ethereumjs/rlp";
import { isEOACode7702Tx } from "@ethereumjs/tx";
import { unpadBytes } from "@ethereumjs/util";
import secp256k1 from "secp256k1";
import type { SignedTransaction } from "../chain/index.ts";
import { bytesToBigint, bytesToHex, concatBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";

const MAGIC = Uint8Array.of(0x05);

/**
 * Accounts whose authorizations (EIP-7702) a transaction carries, each once; empty for other types. Authorizations whose
 * signature recovers to no account are left out: they have no effect.
 */
export function authoritiesOf(transaction: SignedTransaction): readonly Address[] {
  const { inner } = transaction;
  if (!isEOACode7702Tx(inner)) return [];
  const found = new Set<Address>();
  for (const [chainId, address, nonce, yParity, r, s] of inner.authorizationList) {
    const parity = bytesToBigint(yParity);
    if (parity > 1n || r.length > 32 || s.length > 32) continue;
    const signature = new Uint8Array(64);
    signature.set(r, 32 - r.length);
    signature.set(s, 64 - s.length);
    const message = keccak256Bytes(concatBytes([MAGIC, RLP.encode([unpadBytes(chainId), address, unpadBytes(nonce)])]));
    try {
      const publicKey = secp256k1.ecdsaRecover(signature, Number(parity), message, false);
      found.add(bytesToHex(keccak256Bytes(publicKey.subarray(1)).subarray(12)));
    } catch {
      continue;
    }
  }
  return [...found];
}
