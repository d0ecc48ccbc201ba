import type { Hash } from "../primitives/index.ts";

/** The blobs of one L1 transaction, named the way L1 knows them. */
export interface BlobRequest {
  readonly versionedHashes: readonly Hash[];
  /** Timestamp of the L1 block that carried the transaction, seconds. */
  readonly l1Timestamp: number;
  readonly l1BlockNumber: number;
  /** Aborting it rejects the request. */
  readonly signal?: AbortSignal;
}

/** Where a node reads blobs from. What it gives is checked: every blob has the versioned hash it was asked by. */
export interface BlobSource {
  /** The blobs, 131,072 bytes each, in the order of `versionedHashes`. Rejects with a `BlobUnavailableError`. */
  getBlobs(request: BlobRequest): Promise<readonly Uint8Array[]>;
}

/** Why one endpoint did not give the blobs. */
export type BlobFailure =
  /** It cannot be reached, timed out, or answered with a server error. */
  | { readonly kind: "unreachable"; readonly endpoint: string; readonly message: string }
  /** It answered with something that is not the beacon API. */
  | { readonly kind: "malformed"; readonly endpoint: string; readonly message: string }
  /** The L1 timestamp is not the start of one of its slots: it follows another chain. */
  | { readonly kind: "wrong-chain"; readonly endpoint: string; readonly message: string }
  /** It does not have these blobs (pruned after 18 days, wrong slot, or never stored). */
  | { readonly kind: "missing"; readonly endpoint: string; readonly message: string };

/** No source gave the blobs that were asked for. `failures` are those of the last attempt, one for each endpoint. */
export class BlobUnavailableError extends Error {
  readonly request: Pick<BlobRequest, "versionedHashes" | "l1BlockNumber" | "l1Timestamp">;
  readonly failures: readonly BlobFailure[];

  constructor(request: BlobRequest, failures: readonly BlobFailure[]) {
    const reasons = failures.map(({ endpoint, kind, message }) => `${endpoint}: ${kind}: ${message}`).join("; ");
    super(`no blob source has all blobs of L1 block ${request.l1BlockNumber}: ${reasons}`);
    this.name = "BlobUnavailableError";
    const { versionedHashes, l1BlockNumber, l1Timestamp } = request;
    this.request = { versionedHashes, l1BlockNumber, l1Timestamp };
    this.failures = failures;
  }
}
