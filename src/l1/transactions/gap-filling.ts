import { eraseTransaction } from "./context.ts";
import type { ManagerContext } from "./context.ts";
import type { L1View } from "./l1-view.ts";
import { findGap, noncesOfGap } from "./nonce-gap.ts";
import { createGapRecord, isGap } from "./record.ts";

/** Gives nonces that nobody used for the time after which fees are raised to transactions that do nothing. */
export async function fillGap({ book, state, ...context }: ManagerContext, view: L1View): Promise<void> {
  const { account, intervals, now, log } = context;
  const nonces = book.ascending().map(({ nonce }) => nonce);
  const gap = findGap(nonces, view.nonce, state.gap, now());
  state.gap = gap;
  if (gap === undefined || now() - gap.since < intervals.feeBumpInterval) return;
  for (const nonce of noncesOfGap(gap, nonces)) {
    log.warn({ nonce }, "filling a nonce that nobody uses");
    await book.save(createGapRecord(nonce, account));
  }
}

/** Nobody asks for the transactions that filled a gap. */
export async function forgetGaps(context: ManagerContext): Promise<void> {
  for (const record of context.book.ascending()) {
    if (isGap(record) && record.mined?.confirmed === true) await eraseTransaction(context, record);
  }
}
