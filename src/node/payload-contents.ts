import { openPayload } from "../batch/index.ts";
import type { PayloadContent } from "../batch/index.ts";
import type { PayloadIdentity, ReadableInboxStore } from "../storage/index.ts";

/** Opens the content of a payload that the Inbox store has. Throws if it has not. */
export type OpenContent = (identity: PayloadIdentity) => PayloadContent;

/**
 * Opens contents, and remembers the last one. One L1 transaction may post hundreds of batches of the same blobs, whose stream
 * may take long before anything comes out of it: it is read and inflated once for all of them. There may be empty batches
 * between them, which anyone may have forced in the same transaction; there is nothing to remember of those.
 */
export function createPayloadContents(inbox: Pick<ReadableInboxStore, "getPayload">): OpenContent {
  let last: { readonly identity: PayloadIdentity; readonly content: PayloadContent } | undefined;
  return (identity) => {
    if (last?.identity.kind !== identity.kind || last.identity.dataHash !== identity.dataHash) {
      const payload = inbox.getPayload(identity);
      if (payload === undefined) throw new Error(`corrupt database: the payload ${identity.dataHash} is missing`);
      const content = openPayload(payload);
      if (payload.length === 0) return content;
      last = { identity, content };
    }
    return last.content;
  };
}
