import { BLOB_SIZE } from "../batch/index.ts";
import { blobVersionedHash } from "../primitives/index.ts";
import type { Hash, Kzg } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import { BlobUnavailableError } from "./blob-source.ts";
import type { BlobSource } from "./blob-source.ts";

/** Blobs kept by their versioned hash: those the batcher posts, for an L1 that takes blobs but does not serve them. */
export interface BlobArchive extends BlobSource {
  /** Keeps a blob durably and gives its versioned hash. Rejects if it is not 131,072 bytes of field elements. */
  put(blob: Uint8Array): Promise<Hash>;
  get(versionedHash: Hash): Uint8Array | undefined;
}

/** An archive in a record store of its own. */
export function createBlobArchive({ records, kzg }: { readonly records: RecordStore; readonly kzg: Kzg }): BlobArchive {
  const get = (versionedHash: Hash) => records.get<Uint8Array>(versionedHash);
  return {
    put: async (blob) => {
      if (blob.length !== BLOB_SIZE) throw new RangeError(`expected a blob of ${BLOB_SIZE} bytes, got ${blob.length}`);
      const versionedHash = await blobVersionedHash(kzg, blob);
      if (get(versionedHash) === undefined) await records.put(versionedHash, blob);
      return versionedHash;
    },
    get,
    getBlobs: async (request) =>
      request.versionedHashes.map((versionedHash) => {
        const blob = get(versionedHash);
        if (blob === undefined) {
          const message = `blob ${versionedHash} was never posted by this node`;
          throw new BlobUnavailableError(request, [{ kind: "missing", endpoint: "archive", message }]);
        }
        return blob;
      }),
  };
}
