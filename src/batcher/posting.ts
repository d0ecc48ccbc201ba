import { findRevert, inboxAbi } from "../l1/index.ts";
import { bytesToHex } from "../primitives/index.ts";
import { MAXIMUM_TIMESTAMP_LAG } from "../rollup/index.ts";
import type { BatcherContext } from "./context.ts";
import { mustGetBlock } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { BatcherError } from "./errors.ts";
import type { InboxView } from "./inbox-view.ts";
import { choosePostingCall } from "./posting-call.ts";
import { readPrices } from "./posting-prices.ts";
import { MAXIMUM_CALLDATA_PAYLOAD } from "./settings.ts";
import type { Settlement } from "./settlement.ts";
import type { BatcherStep, PostingReason } from "./types.ts";
import { coverOverdue, mayMoveContext, openMessage } from "./unread-messages.ts";

/**
 * Posts a draft:
 *
 * 1. the node must know what the Inbox holds, or the batch would be derived on another parent, or read other messages;
 * 2. the account must be allowed to post;
 * 3. the messages the batch reads, and the one it has to open, are found;
 * 4. calldata or blobs is chosen, and a call that can be tried beforehand is;
 * 5. the batch is on disk before its transaction is, and that before it is sent.
 */
export async function postDraft(
  context: BatcherContext,
  draft: Draft,
  reason: PostingReason,
  view: InboxView,
  { open, mined }: Pick<Settlement, "open" | "mined">,
  baseFeePerGas: bigint,
): Promise<BatcherStep> {
  const { chain, transactions, blobArchive, settings, batches, state, metrics, log } = context;
  const { store, inbox, config } = chain;
  const lastBlock = mustGetBlock(store, draft.lastBlock);
  const missing = whatIsMissing(view, {
    batches: store.derivedBatchCount() + mined,
    lastBlock: draft.lastBlock,
    messages: lastBlock.nextMessage,
  });
  if (missing !== undefined) return { kind: "waiting-for-sync", message: missing };

  checkMayPost(context, view);
  warnOfLateBlocks(context, draft, view);

  const getMessage = (index: number) => inbox.getMessage(index);
  const { nextMessage } = lastBlock;
  const messagesUpTo = coverOverdue(nextMessage, view, getMessage, settings);
  if (messagesUpTo > nextMessage) {
    log.warn(
      { nextMessage, messagesUpTo },
      "the blocks to post leave messages unread that are almost overdue; the batch reads them",
    );
  }
  const contextMayMove = open.length > 0 || mayMoveContext(view, getMessage, settings);
  const opening = openMessage(messagesUpTo, view, contextMayMove, getMessage, settings);
  if (opening === "unknown") {
    const message = `message ${messagesUpTo}, which the batch has to open, is not known yet`;
    return { kind: "waiting-for-sync", message };
  }

  const payload = draft.builder.build();
  const { dataKind } = settings;
  const prices = dataKind === "auto" && !state.blobsRefused ? await readPrices(context, baseFeePerGas) : undefined;
  if (dataKind === "auto" && prices === undefined && payload.length > MAXIMUM_CALLDATA_PAYLOAD) {
    // Built for blobs; the next step builds one for calldata.
    state.draft = undefined;
    state.requested = true;
    return { kind: "rebuilding", blocks: draft.builder.blockCount };
  }
  const call = choosePostingCall({ payload, messagesUpTo, opening }, dataKind, prices);
  if (call.costs !== undefined) log.debug({ ...call.costs, payloadBytes: payload.length }, "cost of posting in wei");
  // With batches before it unmined the Inbox is not yet in the state this one will meet.
  if (open.length === mined && call.kind === "calldata") await simulate(context, call.input);

  for (const blob of call.blobs) await blobArchive?.put(blob);
  const batch = await batches.add({
    firstBlock: draft.firstBlock,
    lastBlock: draft.lastBlock,
    lastBlockHash: draft.lastBlockHash,
    messagesUpTo,
    dataKind: call.kind,
    payloadBytes: payload.length,
  });
  await transactions.submit({
    purpose: batch.purpose,
    to: config.contracts.inbox,
    data: call.input,
    gasLimit: call.gasLimit,
    ...(call.kind === "blobs" ? { blobs: call.blobs } : {}),
  });
  state.draft = undefined;
  state.requested = false;
  metrics.batches.inc({ kind: call.kind });
  metrics.payloadBytes.inc({ kind: call.kind }, payload.length);
  log.info({ batch, reason }, "batch sent");
  return { kind: "posted", batch, reason };
}

/** What this node expects of the Inbox that it does not have; undefined if a batch can be built on it. */
export function whatIsMissing(
  { batchCount, messageCount }: Pick<InboxView, "batchCount" | "messageCount">,
  /** `messages`: read up to the last block. */
  expected: { readonly batches: number; readonly lastBlock: number; readonly messages: number },
): string | undefined {
  if (batchCount !== expected.batches) {
    return `the Inbox has ${batchCount} batches, expected ${expected.batches}`;
  }
  return expected.messages > messageCount
    ? `the Inbox has ${messageCount} messages, block ${expected.lastBlock} reads up to ${expected.messages}`
    : undefined;
}

/** @throws BatcherError `not-operator` */
function checkMayPost({ chain, transactions }: BatcherContext, { l1Timestamp, selfSequencingFrom }: InboxView): void {
  const { operator } = chain.config.parameters;
  const { account } = transactions;
  if (account !== operator && l1Timestamp < selfSequencingFrom) {
    throw new BatcherError({ kind: "not-operator", account, operator, selfSequencingFrom, l1Timestamp });
  }
}

function warnOfLateBlocks({ chain, log }: BatcherContext, { firstBlock }: Draft, { l1Timestamp }: InboxView): void {
  const { timestamp } = mustGetBlock(chain.store, firstBlock).header;
  if (timestamp >= l1Timestamp - MAXIMUM_TIMESTAMP_LAG) return;
  log.error(
    { block: firstBlock, timestamp, l1Timestamp },
    "blocks are posted so late that derivation gives them other timestamps",
  );
}

/** @throws BatcherError `would-revert` */
async function simulate({ chain, client, transactions }: BatcherContext, input: Uint8Array): Promise<void> {
  try {
    await client.call({
      account: transactions.account,
      to: chain.config.contracts.inbox,
      data: bytesToHex(input),
    });
  } catch (error) {
    const revert = findRevert(error, [inboxAbi]);
    if (revert === undefined) throw error;
    throw new BatcherError({ kind: "would-revert", revert });
  }
}
