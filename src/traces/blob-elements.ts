import { FIELD_ELEMENTS_PER_BLOB, payloadToBlobs } from "../batch/index.ts";
import type { BlobElement } from "../machine/index.ts";
import { loadKzg, versionedHash } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { blobsHash } from "../rollup/index.ts";
import type { ReadableInboxStore } from "../storage/index.ts";
import { proveElement } from "./element-proof.ts";

/** Elements of the blobs of batches, with their proofs: what `ReadElement` opens. */
export interface BlobElements {
  /**
   * Makes what the step of this index of the unit `LoadBatch` opens, if it opens an element. To be awaited before the step is
   * proven, as a machine does not wait.
   */
  prepare(unit: { readonly batch: number; readonly unitsBefore: number }, step: number): Promise<void>;
  versionedHashes(batch: number): readonly Hash[];
  element(batch: number, position: number): BlobElement;
}

interface Prepared {
  readonly batch: number;
  readonly position: number;
  readonly versionedHashes: readonly Hash[];
  readonly element: BlobElement;
}

export function createBlobElements(
  inbox: Pick<ReadableInboxStore, "getBatchRecord" | "getPayload" | "getHighBytes">,
): BlobElements {
  let prepared: Prepared | undefined;

  const preparedOf = (batch: number): Prepared => {
    if (prepared?.batch !== batch) throw new Error(`no element of batch ${batch} is prepared`);
    return prepared;
  };

  return {
    async prepare({ batch, unitsBefore }, step) {
      const record = inbox.getBatchRecord(batch);
      // Step 0 opens the batch, and each after it one element.
      const position = step - 1;
      if (unitsBefore > 0 || record?.kind !== "blobs" || position < 0) return;
      const payload = inbox.getPayload(record);
      if (payload === undefined) throw new Error(`corrupt database: the payload ${record.dataHash} is missing`);
      const kzg = await loadKzg();
      const blobs = payloadToBlobs(payload, inbox.getHighBytes(record));
      const commitments = await Promise.all(blobs.map((blob) => kzg.blobToCommitment(blob)));
      const versionedHashes = commitments.map(versionedHash);
      if (blobsHash(versionedHashes) !== record.dataHash) {
        throw new Error(`corrupt database: the payload of batch ${batch} is not that of its blobs`);
      }
      const index = Math.floor(position / FIELD_ELEMENTS_PER_BLOB);
      const [blob, commitment] = [blobs[index], commitments[index]];
      if (blob === undefined || commitment === undefined) return;
      const { value, proof } = await proveElement(kzg, blob, position % FIELD_ELEMENTS_PER_BLOB);
      prepared = { batch, position, versionedHashes, element: { value, commitment, proof } };
    },
    versionedHashes: (batch) => preparedOf(batch).versionedHashes,
    element(batch, position) {
      const found = preparedOf(batch);
      if (found.position !== position) throw new Error(`element ${position} of batch ${batch} is not prepared`);
      return found.element;
    },
  };
}
