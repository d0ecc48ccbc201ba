import type { RawData } from "ws";
import type { Hash } from "../primitives/index.ts";
import { applyPending } from "./block-application.ts";
import { afterLatest, forgetAll, forgetBlock, resubscribeLater } from "./feed-client-state.ts";
import type { FeedClientState } from "./feed-client-state.ts";
import { decodeBlockFrame, decodeFeedBlock, decodeFeedBlockHead, FeedMessageError } from "./feed-message.ts";
import type { FeedBlockHead } from "./feed-message.ts";
import { recoverFeedSigner } from "./feed-signature.ts";
import { addPending, isFull, lowestPending } from "./pending-blocks.ts";

/** Messages in a row that tell nothing new before the server counts as hostile. */
const MAXIMUM_USELESS = 65_536;

/** What is known of a block number before a message of it comes. */
export interface KnownOfNumber {
  /** The safe head, by number. */
  readonly safe: number;
  /** Sequence of the newest message seen for the number. */
  readonly sequence: number | undefined;
  /** Hash of the block that is held for it. */
  readonly heldHash: Hash | undefined;
  /** Hash of the chain's block. */
  readonly chainHash: Hash | undefined;
}

/** Whether a message tells something new. */
export function isNews({ number, sequence, blockHash }: FeedBlockHead, known: KnownOfNumber): boolean {
  const isOld = number <= known.safe || sequence < (known.sequence ?? 0);
  return !isOld && blockHash !== known.heldHash && blockHash !== known.chainHash;
}

/** Takes a frame of the server. @throws FeedMessageError if an honest server would not have sent it */
export function receiveFrame(client: FeedClientState, data: RawData, isBinary: boolean): void {
  const { chain, pending, sequences } = client;
  // 1. Cheap looks before the signature: a replay must not cost more than this.
  if (!isBinary || !Buffer.isBuffer(data)) throw new FeedMessageError("expected a binary frame");
  const signed = decodeBlockFrame(data);
  const head = decodeFeedBlockHead(signed.content);
  const known: KnownOfNumber = {
    safe: chain.store.getHeads().safe,
    sequence: sequences.get(head.number),
    heldHash: pending.byNumber.get(head.number)?.blockHash,
    chainHash: chain.store.getBlockHash(head.number),
  };
  if (!isNews(head, known)) {
    countUseless(client);
    return;
  }

  // 2. Is it the operator's?
  const signer = recoverFeedSigner(signed.content, signed.signature, client.domain);
  if (signer !== client.signer) {
    throw new FeedMessageError(
      `expected block ${head.number} to be signed by ${client.signer}, got ${signer ?? "no signature"}`,
    );
  }

  // 3. Hold it, and execute what can be executed.
  const block = { ...decodeFeedBlock(signed.content), size: data.length };
  sequences.set(block.number, block.sequence);
  client.useless = 0;
  forgetBlock(client, block.number);
  addPending(pending, block);
  applyPending(client);

  // 4. Take no more than memory is meant for.
  if (!isFull(pending)) return;
  const lowest = lowestPending(pending);
  if (lowest !== undefined && lowest.number <= afterLatest(client)) client.socket?.pause();
  else {
    // A gap that nothing here can fill.
    forgetAll(client);
    resubscribeLater(client, afterLatest);
  }
}

function countUseless(client: FeedClientState): void {
  client.counters.receivedBlocks.inc({ outcome: "known" });
  client.useless += 1;
  if (client.useless > MAXIMUM_USELESS) {
    throw new FeedMessageError(`expected new blocks, got ${client.useless} known ones in a row`);
  }
}
