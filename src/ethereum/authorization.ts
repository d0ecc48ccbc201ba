import { RLP } from "@ethereumjs/rlp";
import { bytesToHex, concatBytes, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { minimalBytes } from "./account.ts";
import { SECP256K1_ORDER, publicKeyToAddress, recoverPublicKey } from "./secp256k1.ts";

/** An EIP-7702 authorization whose authority is already known. */
export interface Authorization {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

/** EIP-7702. */
const AUTHORIZATION_MAGIC = 0x05;

/** Who signed an EIP-7702 authorization; undefined if nobody did. */
export function recoverAuthority(authorization: Authorization): Address | undefined {
  const { chainId, address, nonce, yParity, r, s } = authorization;
  if (yParity > 1 || r === 0n || r >= SECP256K1_ORDER || s === 0n || s > SECP256K1_ORDER / 2n) return undefined;
  const encoded = RLP.encode([minimalBytes(chainId), hexToBytes(address), minimalBytes(nonce)]);
  const hash = keccak256Bytes(concatBytes([Uint8Array.of(AUTHORIZATION_MAGIC), encoded]));
  try {
    return publicKeyToAddress(recoverPublicKey(hash, minimalBytes(r), minimalBytes(s), yParity));
  } catch {
    return undefined;
  }
}

/** Who signed these authorizations, without those that nobody did. */
export function authoritiesOf(authorizations: readonly Authorization[]): Address[] {
  return authorizations.flatMap((authorization) => recoverAuthority(authorization) ?? []);
}

const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
/** Bytes of an EIP-7702 designator. */
export const DELEGATION_LENGTH = 23;

/** The target if `code` is an EIP-7702 designator, `0xef0100 ‖ address`. */
export function delegationOf(code: Uint8Array): Address | undefined {
  const isDesignator =
    code.length === DELEGATION_LENGTH && DELEGATION_PREFIX.every((byte, index) => code[index] === byte);
  return isDesignator ? bytesToHex(code.subarray(3)) : undefined;
}

/** The EIP-7702 designator of a delegation to `target`, 23 bytes. */
export function delegationTo(target: Address): Uint8Array {
  return concatBytes([DELEGATION_PREFIX, hexToBytes(target)]);
}
