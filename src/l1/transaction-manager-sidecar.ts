import { concatHex, fromRlp, toRlp } from "viem";
import { bytesToHex, loadKzg, versionedHash } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import type { SidecarVersion } from "./transaction-manager-types.ts";

/** Blobs with what proves them: commitments and proofs of 48 bytes; one proof a blob in version 0, 128 in version 1. */
export interface BlobSidecar {
  readonly version: SidecarVersion;
  /** 131,072 bytes each. */
  readonly blobs: readonly Hex[];
  readonly commitments: readonly Hex[];
  readonly proofs: readonly Hex[];
}

/** Most blobs of one transaction (EIP-7594). */
export const MAXIMUM_BLOBS_PER_TRANSACTION = 6;

const CELLS_PER_BLOB = 128;

/** Rejects if a blob is not 4096 field elements. */
export async function createSidecar(blobs: readonly Uint8Array[], version: SidecarVersion): Promise<BlobSidecar> {
  const kzg = await loadKzg();
  const commitments: Hex[] = [];
  const proofs: Hex[] = [];
  for (const blob of blobs) {
    const commitment = await kzg.blobToCommitment(blob);
    commitments.push(bytesToHex(commitment));
    if (version === 0) proofs.push(bytesToHex(await kzg.computeBlobProof(blob, commitment)));
    else proofs.push(...(await kzg.computeCellProofs(blob)).map(bytesToHex));
  }
  return { version, blobs: blobs.map(bytesToHex), commitments, proofs };
}

/** The point at infinity: commitment and every proof of the blob of zeros. */
const INFINITY: Hex = `0xc0${"00".repeat(47)}`;

/** One blob of zeros, for a transaction whose only purpose is to replace another blob transaction. */
export function zeroSidecar(version: SidecarVersion): BlobSidecar {
  return {
    version,
    blobs: [`0x${"00".repeat(131_072)}`],
    commitments: [INFINITY],
    proofs: Array.from({ length: version === 0 ? 1 : CELLS_PER_BLOB }, () => INFINITY),
  };
}

export function sidecarHashes(sidecar: BlobSidecar): readonly Hash[] {
  return sidecar.commitments.map((commitment) => versionedHash(Buffer.from(commitment.slice(2), "hex")));
}

/**
 * A signed blob transaction as it is broadcast: `0x03 ‖ rlp([transaction, blobs, commitments, proofs])` in version 0,
 * `0x03 ‖ rlp([transaction, 1, blobs, commitments, cellProofs])` in version 1.
 */
export function toNetworkForm(signed: Hex, sidecar: BlobSidecar): Hex {
  const transaction = fromRlp(`0x${signed.slice(4)}`);
  const { blobs, commitments, proofs } = sidecar;
  const version: Hex[] = sidecar.version === 0 ? [] : ["0x01"];
  return concatHex(["0x03", toRlp([transaction, ...version, [...blobs], [...commitments], [...proofs]])]);
}
