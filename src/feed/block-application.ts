import type { ChainWriter } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import type { BlockSummary } from "../storage/index.ts";
import {
  afterLatest,
  afterSafe,
  forgetAll,
  forgetBlock,
  RESUBSCRIBE_DELAY,
  resubscribeLater,
} from "./feed-client-state.ts";
import type { FeedClientState } from "./feed-client-state.ts";
import type { FeedBlock } from "./feed-message.ts";
import { lowestPending } from "./pending-blocks.ts";

/** What became of a block of the feed. */
export type ApplyOutcome =
  | { readonly kind: "applied" }
  /** It is in the chain already, or L1 has decided on its number. */
  | { readonly kind: "obsolete" }
  | { readonly kind: "waiting-for-messages" }
  | { readonly kind: "unknown-parent" }
  | { readonly kind: "mismatch"; readonly message: string };

/** What the chain has where a block belongs. */
export interface BlockPlace {
  /** The safe head, by number. */
  readonly safe: number;
  /** Hash of the block of the same number. */
  readonly hash: Hash | undefined;
  readonly parent: BlockSummary | undefined;
  /** Messages of the Inbox. */
  readonly messageCount: number;
}

/** Why a block is not to be executed where it belongs, or undefined. */
export function whyNotExecuted(
  { number, parentHash, blockHash, firstMessage, block }: FeedBlock,
  { safe, hash, parent, messageCount }: BlockPlace,
): Exclude<ApplyOutcome, { readonly kind: "applied" }> | undefined {
  if (number <= safe || hash === blockHash) return { kind: "obsolete" };
  if (parent?.hash !== parentHash) return { kind: "unknown-parent" };
  if (parent.nextMessage !== firstMessage) {
    return { kind: "mismatch", message: `expected its first message to be ${parent.nextMessage}, got ${firstMessage}` };
  }
  if (block.timestamp < parent.header.timestamp) {
    return {
      kind: "mismatch",
      message: `expected a timestamp of at least ${parent.header.timestamp}, got ${block.timestamp}`,
    };
  }
  return messageCount < firstMessage + block.messages ? { kind: "waiting-for-messages" } : undefined;
}

/** Begins to execute what is pending, unless that runs already. */
export function applyPending(client: FeedClientState): void {
  if (client.applying !== undefined || client.abort === undefined) return;
  clearTimeout(client.retry);
  client.applying = applyAll(client, client.abort.signal)
    .catch((error: unknown) => {
      client.counters.receivedBlocks.inc({ outcome: "failed" });
      client.logger.error({ err: error }, "could not execute a block of the feed");
      forgetAll(client);
      resubscribeLater(client, afterLatest);
    })
    .finally(() => {
      client.applying = undefined;
    });
}

async function applyAll(client: FeedClientState, signal: AbortSignal): Promise<void> {
  const { chain, counters, pending } = client;
  while (!signal.aborted) {
    const message = lowestPending(pending);
    if (message === undefined) return;
    if (message.number > afterLatest(client)) {
      resubscribeLater(client, afterLatest);
      return;
    }
    const outcome = await chain.exclusive((writer) => applyBlock(client, writer, message));
    if (outcome.kind === "waiting-for-messages") {
      client.retry = setTimeout(() => applyPending(client), client.messagePollInterval);
      return;
    }
    // A newer message for the number may have come meanwhile.
    if (pending.byNumber.get(message.number) === message) forgetBlock(client, message.number);
    counters.receivedBlocks.inc({ outcome: outcome.kind });
    noteOutcome(client, message, outcome);
  }
}

function noteOutcome(client: FeedClientState, message: FeedBlock, outcome: ApplyOutcome): void {
  switch (outcome.kind) {
    case "applied":
      client.applied += 1;
      client.resubscribeDelay = RESUBSCRIBE_DELAY;
      forgetSafeSequences(client);
      break;
    case "obsolete":
    case "waiting-for-messages":
      break;
    case "unknown-parent":
      // The sequencer replaced unsafe blocks that this chain still has.
      resubscribeLater(client, afterSafe);
      break;
    case "mismatch":
      client.logger.error(
        { number: message.number, expected: message.blockHash },
        `block of the feed dropped: ${outcome.message}`,
      );
      resubscribeLater(client, afterLatest);
  }
}

function forgetSafeSequences({ chain, sequences }: FeedClientState): void {
  const { safe } = chain.store.getHeads();
  for (const number of sequences.keys()) if (number <= safe) sequences.delete(number);
}

async function applyBlock(client: FeedClientState, writer: ChainWriter, message: FeedBlock): Promise<ApplyOutcome> {
  const { chain, recovery } = client;
  const { number, firstMessage, block } = message;
  const { latest, safe } = chain.store.getHeads();

  // 1. Does it belong here, and is all there that it needs?
  const parent = chain.store.getSummary(number - 1);
  const hash = chain.store.getBlockHash(number);
  const refusal = whyNotExecuted(message, { safe, hash, parent, messageCount: chain.inbox.messageCount() });
  if (refusal !== undefined || parent === undefined) return refusal ?? { kind: "unknown-parent" };

  // 2. Execute it: only what gives the signed hash is taken.
  const { timestamp, transactions } = block;
  const messages = readMessages(client, firstMessage, block.messages);
  const recovered = await recovery?.recover(transactions);
  const { block: candidate } = await writer.executeOn(parent, {
    timestamp,
    messages,
    transactions,
    ...(recovered === undefined ? {} : { recovered }),
  });
  if (candidate.hash !== message.blockHash) {
    return { kind: "mismatch", message: `its execution gives ${candidate.hash}` };
  }

  // 3. Put it in the place of what is there.
  if (number <= latest) await writer.rewindTo(number - 1);
  await writer.append(candidate);
  return { kind: "applied" };
}

function readMessages({ chain }: FeedClientState, first: number, count: number): readonly InboxMessage[] {
  return Array.from({ length: count }, (_, offset) => {
    const message = chain.inbox.getMessage(first + offset);
    if (message === undefined) throw new Error(`expected the Inbox store to hold message ${first + offset}`);
    return message;
  });
}
