import { createExclusiveRunner, createLastingFailure, createStepLoop } from "../concurrency/index.ts";
import { errorText, isConnectionClosed, readNextTimestamp } from "../l1/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { MAXIMUM_TIMESTAMP_LEAD } from "../rollup/index.ts";
import { openContext } from "./context.ts";
import type { BatcherContext } from "./context.ts";
import { beginDraft, continuesAt, extendDraft, mustGetBlock } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { BatcherError } from "./errors.ts";
import { viewInbox } from "./inbox-view.ts";
import { postDraft } from "./posting.ts";
import { postingReason } from "./posting-reason.ts";
import { settleInFlight } from "./settle.ts";
import { MAXIMUM_CALLDATA_PAYLOAD } from "./settings.ts";
import type { Batcher, BatcherOptions, BatcherStep, PostingReason } from "./types.ts";

/** Opens the batcher on its records, without touching the network. @throws BatcherError `invalid-options`. */
export function createBatcher(options: BatcherOptions, instruments: Instruments): Batcher {
  const context = openContext(options, instruments);
  const { batches, state, log } = context;
  const exclusive = createExclusiveRunner();
  const failure = createLastingFailure("no batch could be posted", context.now);
  let lastError = "";
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 2,
    step: async () => {
      const { kind } = await exclusive(() => step(context));
      lastError = "";
      failure.succeeded();
      return kind === "posted" || kind === "rebuilding";
    },
    onError: (error) => {
      const text = error instanceof BatcherError ? error.message : errorText(error);
      if (text !== lastError) log.error({ error: text }, "no batch could be posted");
      lastError = text;
      failure.failed(text);
    },
    endsLoop: isConnectionClosed,
  });
  return {
    step: () => exclusive(() => step(context)),
    postNow: () =>
      exclusive(() => {
        state.requested = true;
        return step(context);
      }),
    inFlight: () => batches.all(),
    problems: () => failure.problems(),
    start: loop.start,
    stop: loop.stop,
  };
}

/**
 * One pass:
 *
 * 1. what became of the batches in flight is found out;
 * 2. nothing is posted while their end is not certain, or as many as allowed are under way, or one has just failed;
 * 3. the blocks after them are collected, as far as L1's time allows;
 * 4. they are posted if there is a reason to do so now.
 */
async function step(context: BatcherContext): Promise<BatcherStep> {
  const { chain, client, settings, state, metrics, now } = context;
  const settlement = await settleInFlight(context);
  const { open, unsettled } = settlement;
  const heads = chain.store.getHeads();
  const lastPosted = Math.max(heads.safe, open.at(-1)?.lastBlock ?? 0);
  metrics.unpostedBlocks.set(heads.latest - lastPosted);
  if (unsettled !== undefined) return { kind: "settling", batch: unsettled };
  if (lastPosted >= heads.latest) {
    state.requested = false;
    return { kind: "idle" };
  }
  if (open.length >= settings.maximumInFlight) return { kind: "backpressure", inFlight: open.length };
  if (now() < state.retryAt && !state.requested) return { kind: "backing-off", until: state.retryAt };

  const l1Head = await client.getBlock({ blockTag: "latest" });
  const l1Timestamp = await readNextTimestamp(client, l1Head);
  const draft = collectBlocks(context, lastPosted + 1, l1Timestamp + MAXIMUM_TIMESTAMP_LEAD);
  const { blockCount, sizeBound } = draft.builder;
  if (blockCount === 0) {
    const { timestamp } = mustGetBlock(chain.store, draft.firstBlock).header;
    return { kind: "ahead-of-l1", timestamp, l1Timestamp };
  }
  const reason = reasonToPost(context, draft, l1Timestamp);
  if (reason === undefined) return { kind: "not-due", blocks: blockCount, payloadBound: sizeBound };
  const view = await viewInbox(client, chain.config.contracts.inbox, l1Timestamp);
  return postDraft(context, draft, reason, view, settlement, l1Head.baseFeePerGas ?? 0n);
}

/** Brings the draft up to date with the chain. @throws BatcherError `block-too-large` */
function collectBlocks(
  { chain, settings, state, now }: BatcherContext,
  firstBlock: number,
  lastTimestamp: number,
): Draft {
  const { store } = chain;
  const { maximumPayloadBytes } = settings;
  const withoutBlobs = state.blobsRefused || state.blobsUnpriced;
  const draft =
    state.draft !== undefined && continuesAt(state.draft, firstBlock, store)
      ? state.draft
      : beginDraft(
          firstBlock,
          store,
          withoutBlobs ? Math.min(maximumPayloadBytes, MAXIMUM_CALLDATA_PAYLOAD) : maximumPayloadBytes,
          now(),
        );
  const { tooLarge } = extendDraft(draft, store, lastTimestamp);
  if (tooLarge !== undefined) {
    throw new BatcherError({ kind: "block-too-large", block: tooLarge, maximumPayloadBytes });
  }
  state.draft = draft;
  return draft;
}

function reasonToPost(
  { chain, settings, state, now }: BatcherContext,
  draft: Draft,
  l1Timestamp: number,
): PostingReason | undefined {
  const firstBlock = mustGetBlock(chain.store, draft.firstBlock);
  return postingReason(
    {
      requested: state.requested,
      full: draft.full,
      payloadBound: draft.builder.sizeBound,
      since: draft.since,
      firstBlockTimestamp: firstBlock.header.timestamp,
      firstUnread: chain.inbox.getMessage(firstBlock.firstMessage),
      l1Timestamp,
      now: now(),
    },
    settings,
  );
}
