import { RLP } from "@ethereumjs/rlp";
import { BLOB_SIZE } from "../../batch/index.ts";
import { bytesToHex, versionedHash } from "../../primitives/index.ts";
import type { Hash, Kzg } from "../../primitives/index.ts";

/**
 * How blobs travel with their transaction: 0 has a proof for each blob (EIP-4844), 1 has 128 cell proofs for each
 * (EIP-7594). Networks since Osaka take only 1; Hardhat's takes only 0 at any hardfork.
 */
export type BlobWrapperVersion = 0 | 1;

/** What is sent to L1 beside a blob transaction. */
export interface BlobSidecar {
  readonly wrapperVersion: BlobWrapperVersion;
  /** 131,072 bytes each. */
  readonly blobs: readonly Uint8Array[];
  /** 48 bytes each, one for each blob. */
  readonly commitments: readonly Uint8Array[];
  /** 48 bytes each: one for each blob (version 0), or its 128 cell proofs after one another (version 1). */
  readonly proofs: readonly Uint8Array[];
  /** For the transaction's `blobVersionedHashes`. */
  readonly versionedHashes: readonly Hash[];
}

/** Most blobs of one transaction (EIP-7594). */
export const MAXIMUM_BLOBS_PER_TRANSACTION = 6;

const BLOB_TRANSACTION_TYPE = 0x03;
const CELLS_PER_BLOB = 128;

/** Commits to blobs and proves them. Rejects if one is not 4096 field elements. */
export async function createBlobSidecar(
  kzg: Kzg,
  blobs: readonly Uint8Array[],
  wrapperVersion: BlobWrapperVersion,
): Promise<BlobSidecar> {
  const parts = await Promise.all(
    blobs.map(async (blob) => {
      const commitment = await kzg.blobToCommitment(blob);
      const proofs =
        wrapperVersion === 0 ? [await kzg.computeBlobProof(blob, commitment)] : await kzg.computeCellProofs(blob);
      return { commitment, proofs };
    }),
  );
  const commitments = parts.map(({ commitment }) => commitment);
  return {
    wrapperVersion,
    blobs,
    commitments,
    proofs: parts.flatMap(({ proofs }) => proofs),
    versionedHashes: commitments.map(versionedHash),
  };
}

/** The point at infinity, compressed: commitment and every proof of the blob of zeros. */
const INFINITY = Uint8Array.of(0xc0, ...new Uint8Array(47));

/** One blob of zeros, for a transaction whose only purpose is to replace another blob transaction. */
export function createZeroSidecar(wrapperVersion: BlobWrapperVersion): BlobSidecar {
  return {
    wrapperVersion,
    blobs: [new Uint8Array(BLOB_SIZE)],
    commitments: [INFINITY],
    proofs: Array.from({ length: wrapperVersion === 0 ? 1 : CELLS_PER_BLOB }, () => INFINITY),
    versionedHashes: [versionedHash(INFINITY)],
  };
}

/**
 * The network form of a signed blob transaction, as `eth_sendRawTransaction` takes it: `0x03 ‖ rlp([transaction, blobs,
 * commitments, proofs])`, with the wrapper version after the transaction if it is not 0 (EIP-4844, EIP-7594).
 *
 * @param signed the transaction without blobs: `0x03 ‖ rlp(fields)`. Throws a RangeError if it is not one.
 */
export function wrapBlobTransaction(signed: Uint8Array, sidecar: BlobSidecar): Uint8Array {
  const { wrapperVersion, blobs, commitments, proofs } = sidecar;
  const fields = signed[0] === BLOB_TRANSACTION_TYPE ? RLP.decode(signed.subarray(1)) : undefined;
  if (!Array.isArray(fields)) {
    throw new RangeError(`expected a signed blob transaction, got ${bytesToHex(signed.subarray(0, 40))}`);
  }
  const version = wrapperVersion === 0 ? [] : [Uint8Array.of(wrapperVersion)];
  const wrapper = RLP.encode([fields, ...version, [...blobs], [...commitments], [...proofs]]);
  return Buffer.concat([Uint8Array.of(BLOB_TRANSACTION_TYPE), wrapper]);
}
