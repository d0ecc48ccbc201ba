import { errorText } from "../error-text.ts";
import { broadcastPending } from "./broadcast.ts";
import type { ManagerContext } from "./context.ts";
import { L1TransactionError } from "./errors.ts";
import { viewL1 } from "./l1-view.ts";

/** Has an empty transaction compete for the nonce of one that is not mined; see `TransactionManager.cancel`. */
export async function cancelTransaction(context: ManagerContext, purpose: string): Promise<void> {
  const { book, client, account, state, log } = context;
  const record = book.find(purpose);
  if (record === undefined) throw new L1TransactionError({ kind: "unknown-purpose", purpose });
  if (record.mined !== undefined || record.cancelling) return;
  log.warn({ purpose, nonce: record.nonce }, "cancelling an L1 transaction");
  // What no node took needs no blob to be replaced, and a node that takes no blobs at all would refuse one.
  const blobVersionedHashes = record.accepted ? record.blobVersionedHashes : [];
  await book.save({ ...record, cancelling: true, blobVersionedHashes });
  state.progress.set(record.nonce, { broadcastAt: undefined });
  try {
    await broadcastPending(context, await viewL1(client, account));
  } catch (error) {
    log.warn({ purpose, error: errorText(error) }, "L1 unreachable; the next step broadcasts the cancellation");
  }
}
