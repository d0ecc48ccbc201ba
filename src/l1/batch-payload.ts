import { blobsToPayload } from "../batch/index.ts";
import { blobsHash, calldataHash } from "../chain/index.ts";
import type { Batch } from "../derivation/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import type { BlobSource } from "./blob-source.ts";
import { InconsistentL1Error } from "./inbox-log.ts";
import { decodePostedPayload } from "./posted-payload.ts";
import type { L1Client } from "./transaction-manager-types.ts";

const NOTHING = new Uint8Array();
const HASH_OF_NOTHING = calldataHash(NOTHING);

/**
 * The payload of a batch, from the transaction that posted it or its blobs, checked against `dataHash`.
 * @throws InconsistentL1Error if L1 does not give the transaction the log came from; BlobUnavailableError; RPC errors
 */
export async function fetchPayload(
  batch: Omit<Batch, "payload">,
  origin: { readonly block: L1BlockReference; readonly transactionHash: Hash },
  { client, blobs, signal }: { readonly client: L1Client; readonly blobs: BlobSource; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  if (batch.kind === "calldata" && batch.dataHash === HASH_OF_NOTHING) return NOTHING;
  const transaction = await client.getTransaction({ hash: origin.transactionHash });
  if (transaction.blockHash !== origin.block.hash) {
    throw new InconsistentL1Error(
      `expected transaction ${origin.transactionHash} in L1 block ${origin.block.hash}, got ${String(transaction.blockHash)}`,
    );
  }
  if (batch.kind === "calldata") {
    const payload = decodePostedPayload(transaction.input);
    if (payload === undefined || calldataHash(payload) !== batch.dataHash) {
      throw new InconsistentL1Error(
        `the input of transaction ${origin.transactionHash} is not that of batch ${batch.index}`,
      );
    }
    return payload;
  }
  const { blobVersionedHashes: versionedHashes } = transaction as { readonly blobVersionedHashes?: readonly Hash[] };
  if (versionedHashes === undefined || blobsHash(versionedHashes) !== batch.dataHash) {
    throw new InconsistentL1Error(
      `the blobs of transaction ${origin.transactionHash} are not those of batch ${batch.index}`,
    );
  }
  return blobsToPayload(
    await blobs.getBlobs({ versionedHashes, l1Timestamp: batch.timestamp, l1BlockNumber: origin.block.number, signal }),
  );
}
