import { createExclusiveRunner, createStepLoop } from "../../concurrency/index.ts";
import type { Instruments } from "../../primitives/index.ts";
import { errorText } from "../error-text.ts";
import { isConnectionClosed } from "../l1-connection-closed.ts";
import { createTroubleReporter } from "../trouble-reporter.ts";
import { broadcastPending } from "./broadcast.ts";
import { cancelTransaction } from "./cancellation.ts";
import { currentStatus, eraseTransaction, openContext } from "./context.ts";
import type { ManagerContext } from "./context.ts";
import { L1TransactionError } from "./errors.ts";
import { fillGap, forgetGaps } from "./gap-filling.ts";
import { viewL1 } from "./l1-view.ts";
import { reconcileMined } from "./reconciliation.ts";
import { waitsForFunds } from "./status.ts";
import { checkChain, submitTransaction } from "./submission.ts";
import type { TransactionManager, TransactionManagerOptions } from "./types.ts";
import { waitForTransaction } from "./waiting.ts";

/**
 * Opens the manager on its records, without touching the network. @throws L1TransactionError `foreign-records`.
 */
export async function createTransactionManager(
  options: TransactionManagerOptions,
  instruments: Instruments,
): Promise<TransactionManager> {
  const context = await openContext(options, instruments);
  const { account, book, events, log } = context;
  // Nonces are given out and broadcast by one task at a time.
  const exclusive = createExclusiveRunner();
  const step = (): Promise<void> => exclusive(() => stepTransactions(context));
  const trouble = createTroubleReporter(context.now);
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 2,
    step: async () => {
      await step();
      trouble.over();
      return false;
    },
    onError: (error) => {
      const text = errorText(error);
      trouble.report(text, (again) => log.error({ error: text, ...again }, "L1 step failed"));
    },
    endsLoop: isConnectionClosed,
  });

  return {
    account,
    submit: (request) => exclusive(() => submitTransaction(context, request)),
    status(purpose) {
      const record = book.find(purpose);
      return record === undefined ? undefined : currentStatus(context, record);
    },
    statuses: () => book.ascending().map((record) => currentStatus(context, record)),
    wait: (purpose, waiting = {}) => waitForTransaction(context, purpose, waiting),
    cancel: (purpose) => exclusive(() => cancelTransaction(context, purpose)),
    forget: (purpose) => exclusive(() => forgetTransaction(context, purpose)),
    onMined(listener) {
      events.on("mined", listener);
      return () => events.off("mined", listener);
    },
    step,
    start: loop.start,
    stop: loop.stop,
  };
}

/**
 * One pass:
 *
 * 1. what L1 mined, moved or lost since the last is recorded, and a deed whose nonce another program took gets a new one;
 * 2. nonces that nobody uses are filled, so that those above them can move;
 * 3. what is not mined is signed and recorded, or its fees are raised, and it is broadcast;
 * 4. who waits is told.
 */
async function stepTransactions(context: ManagerContext): Promise<void> {
  const { client, account, book, metrics, events } = context;
  await checkChain(context);
  // Without transactions there is nothing that L1 could have mined, moved or lost, so it is not asked.
  if (book.ascending().length > 0) {
    const view = await viewL1(client, account);
    await reconcileMined(context, view);
    await fillGap(context, view);
    await broadcastPending(context, view);
    await forgetGaps(context);
  }
  const pending = book.ascending().filter((record) => record.mined === undefined);
  metrics.setPending(pending.length);
  metrics.setUnfunded(pending.filter((record) => waitsForFunds(currentStatus(context, record))).length);
  await readBalance(context);
  events.emit("changed");
}

/** Milliseconds between readings of the balance, which only people look at. */
const BALANCE_INTERVAL = 60_000;

async function readBalance({ client, account, state, metrics, now }: ManagerContext): Promise<void> {
  if (state.balanceReadAt !== undefined && now() - state.balanceReadAt < BALANCE_INTERVAL) return;
  state.balanceReadAt = now();
  // What has to be sent does not wait for an endpoint that does not tell it.
  const balance = await client.getBalance({ address: account }).catch(() => undefined);
  if (balance !== undefined) metrics.setBalance(balance);
}

async function forgetTransaction(context: ManagerContext, purpose: string): Promise<void> {
  const record = context.book.find(purpose);
  if (record === undefined) return;
  const status = currentStatus(context, record);
  if (status.kind === "pending" || !status.confirmed) {
    throw new L1TransactionError({
      kind: "invalid-request",
      purpose,
      message: "expected it to be confirmed before it is forgotten",
    });
  }
  await eraseTransaction(context, record);
}
