import secp256k1 from "secp256k1";
import { bigintToBytes32, bytesToHex, concatBytes, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { SIGNATURE_SIZE } from "./feed-message.ts";

/** The rollup a signature is for: it is worth nothing on another. */
export interface FeedDomain {
  readonly chainId: number;
  readonly genesisHash: Hash;
}

const DOMAIN_NAME = new TextEncoder().encode("Onestep block feed 1");

/** Signs block contents with one key. Throws a RangeError if the key is none. */
export function createFeedSigner(
  privateKey: Hex,
  domain: FeedDomain,
): { readonly address: Address; sign(content: Uint8Array): Uint8Array } {
  const key = hexToBytes(privateKey);
  if (key.length !== 32 || !secp256k1.privateKeyVerify(key)) {
    throw new RangeError("expected the feed's private key to be 32 bytes below the order of secp256k1");
  }
  return {
    address: addressOf(secp256k1.publicKeyCreate(key, false)),
    sign(content) {
      const { signature, recid } = secp256k1.ecdsaSign(signedHash(content, domain), key);
      return concatBytes([signature, Uint8Array.of(recid)]);
    },
  };
}

/** Who signed `content` (`signature` is r ‖ s ‖ recovery id), or undefined if nobody can have. */
export function recoverFeedSigner(content: Uint8Array, signature: Uint8Array, domain: FeedDomain): Address | undefined {
  const recoveryId = signature[SIGNATURE_SIZE - 1];
  if (signature.length !== SIGNATURE_SIZE || (recoveryId !== 0 && recoveryId !== 1)) return undefined;
  try {
    return addressOf(secp256k1.ecdsaRecover(signature.subarray(0, 64), recoveryId, signedHash(content, domain), false));
  } catch {
    return undefined;
  }
}

function signedHash(content: Uint8Array, { chainId, genesisHash }: FeedDomain): Uint8Array {
  return keccak256Bytes(
    concatBytes([DOMAIN_NAME, bigintToBytes32(BigInt(chainId)), hexToBytes(genesisHash), keccak256Bytes(content)]),
  );
}

/** `publicKey` is uncompressed, with its prefix byte. */
function addressOf(publicKey: Uint8Array): Address {
  return bytesToHex(keccak256Bytes(publicKey.subarray(1)).subarray(12));
}
