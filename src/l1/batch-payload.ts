import { blobsToPayload, highBytesOf } from "../batch/index.ts";
import type { Batch } from "../derivation/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import { blobsHash, calldataHash } from "../rollup/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import type { BlobSource } from "./blob-source.ts";
import { InconsistentL1Error } from "./inbox-log.ts";
import { isConnectionClosed } from "./l1-connection-closed.ts";
import { decodePostedPayload } from "./posted-payload.ts";
import type { L1Client } from "./l1-client.ts";

const NOTHING = new Uint8Array();
const HASH_OF_NOTHING = calldataHash(NOTHING);

/** A payload, and what else there is of the blobs it was taken out of. */
export interface FetchedPayload {
  readonly payload: Uint8Array;
  /** High bytes of the elements of blobs; undefined if all are 0, or there are none. */
  readonly highBytes?: Uint8Array | undefined;
}

/** Where a log came from. */
export interface LogOrigin {
  readonly block: L1BlockReference;
  readonly transactionHash: Hash;
}

/** Fetches payloads of batches. */
export interface PayloadFetcher {
  /**
   * The payload of a batch, from the transaction that posted it or its blobs, checked against `dataHash`.
   * @throws InconsistentL1Error if L1 does not give the transaction the log came from; BlobUnavailableError; RPC errors
   */
  fetch(batch: Omit<Batch, "payload">, origin: LogOrigin, signal: AbortSignal): Promise<FetchedPayload>;
}

/** What a payload is taken from. */
interface PostingTransaction {
  readonly hash: Hash;
  readonly input: Hex;
  readonly blobVersionedHashes?: readonly Hash[] | undefined;
}

export function createPayloadFetcher(sources: {
  readonly client: L1Client;
  readonly blobs: BlobSource;
}): PayloadFetcher {
  const { client, blobs } = sources;
  /** Endpoints need not find old transactions by their hash, and then find none for a long time. */
  let isIndexed = true;

  async function findByHash({ block, transactionHash }: LogOrigin): Promise<PostingTransaction> {
    const transaction = await client.getTransaction({ hash: transactionHash });
    if (transaction.hash !== transactionHash || transaction.blockHash !== block.hash) {
      throw new InconsistentL1Error(
        `expected transaction ${transactionHash} in L1 block ${block.hash}, got ${transaction.hash} in ${String(transaction.blockHash)}`,
      );
    }
    return transaction;
  }

  async function findInBlock({ block, transactionHash }: LogOrigin): Promise<PostingTransaction> {
    const { hash, transactions } = await client.getBlock({ blockHash: block.hash, includeTransactions: true });
    const transaction = transactions.find((candidate) => candidate.hash === transactionHash);
    if (hash !== block.hash || transaction === undefined) {
      throw new InconsistentL1Error(
        `expected L1 block ${block.hash} to hold transaction ${transactionHash}, got block ${hash} with ${transactions.length} others`,
      );
    }
    return transaction;
  }

  /** By what worked last, then by the other. */
  async function findTransaction(origin: LogOrigin): Promise<PostingTransaction> {
    const [first, second] = isIndexed ? [findByHash, findInBlock] : [findInBlock, findByHash];
    try {
      return await first(origin);
    } catch (error) {
      if (isConnectionClosed(error)) throw error;
      const found = await second(origin).catch(() => undefined);
      if (found === undefined) throw error;
      isIndexed = second === findByHash;
      return found;
    }
  }

  return {
    async fetch(batch, origin, signal) {
      if (batch.kind === "calldata" && batch.dataHash === HASH_OF_NOTHING) return { payload: NOTHING };
      const transaction = await findTransaction(origin);
      if (batch.kind === "calldata") {
        const payload = decodePostedPayload(transaction.input);
        if (payload === undefined || calldataHash(payload) !== batch.dataHash) {
          throw new InconsistentL1Error(
            `the input of transaction ${origin.transactionHash} is not that of batch ${batch.index}`,
          );
        }
        return { payload };
      }
      const { blobVersionedHashes: versionedHashes } = transaction;
      if (versionedHashes === undefined || blobsHash(versionedHashes) !== batch.dataHash) {
        throw new InconsistentL1Error(
          `the blobs of transaction ${origin.transactionHash} are not those of batch ${batch.index}`,
        );
      }
      const request = { versionedHashes, l1Timestamp: batch.timestamp, l1BlockNumber: origin.block.number, signal };
      const found = await blobs.getBlobs(request);
      return { payload: blobsToPayload(found), highBytes: highBytesOf(found) };
    },
  };
}
