import { readL1Block } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { L1BlockReference } from "../storage/index.ts";

/** L1 blocks before its own that a transaction can name the hash of, and so that a claim can be bound to. */
const NAMEABLE_BLOCKS = 256;

/**
 * Most blocks between the one a new claim is bound to and L1's head: what is left of the 256, about 38 minutes, is for the
 * transaction to be mined in.
 */
const MAXIMUM_AGE = 64;

/** The L1 block for a claim to be bound to, or why there is none for now. */
export type L1Binding =
  { readonly kind: "bound"; readonly block: L1BlockReference } | { readonly kind: "unbound"; readonly reason: string };

/**
 * The parent of the L1 block up to which the Inbox was read, if it has the claimed batches: an endpoint without a pending
 * block estimates a transaction in its head block, where nobody can name the head's hash. Else the block itself: an L1 that
 * mines with transactions only need not have another for days.
 *
 * @param synced the last block read, if any
 * @param claimed the L1 block of the last claimed batch
 * @param l1Number L1's head
 */
export async function readBinding(
  client: L1Client,
  synced: L1BlockReference | undefined,
  claimed: number,
  l1Number: number,
): Promise<L1Binding> {
  if (synced === undefined || synced.number < claimed) return { kind: "unbound", reason: "the Inbox is not read yet" };
  if (l1Number - synced.number >= MAXIMUM_AGE) {
    return { kind: "unbound", reason: `the Inbox is read to L1 block ${synced.number} of ${l1Number} only` };
  }
  const block = await readL1Block(client, synced.number);
  if (block?.hash !== synced.hash) {
    return { kind: "unbound", reason: `L1 block ${synced.number} is not the one the Inbox was read to` };
  }
  // The parent's hash is taken from the very block the claimed batches were read up to, so no other chain gets mixed in.
  return {
    kind: "bound",
    block: claimed < synced.number ? { number: synced.number - 1, hash: block.parentHash } : synced,
  };
}

/** Whether a claim bound to L1 block `bound` can only be refused from the block after `l1Number` on. */
export function isBindingSpent(bound: number, l1Number: number): boolean {
  return l1Number + 1 - bound > NAMEABLE_BLOCKS;
}
