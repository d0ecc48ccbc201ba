import type { SkipReason } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { DropReason, MempoolState } from "./mempool-state.ts";
import type { PooledTransaction } from "./pooled-transaction.ts";

/** Tells of a transaction that is no longer in the queues, and forgets it. */
export function drop(mempool: MempoolState, pooled: PooledTransaction, reason: DropReason): void {
  const { transaction } = pooled;
  forgetJournal(mempool, [transaction.hash]);
  mempool.counters.dropped.inc({ reason: reason.kind });
  mempool.logger.debug({ hash: transaction.hash, sender: transaction.sender, reason }, "transaction dropped");
  mempool.changes.emit("dropped", transaction, reason);
}

/** Drops transactions that left the queues because their account is at `nonce`, unless a block holds them. */
export function dropUsed(mempool: MempoolState, used: readonly PooledTransaction[], nonce: bigint): void {
  for (const pooled of used) {
    // A transaction in a block stays in the journal until the block is final.
    if (mempool.chain.blockOf(pooled.transaction.hash) !== undefined) continue;
    const reason: SkipReason = { kind: "nonce-too-low", expected: nonce, actual: pooled.transaction.nonce };
    drop(mempool, pooled, { kind: "skipped", reason });
  }
}

export function forgetJournal({ journal, logger }: MempoolState, hashes: readonly Hash[]): void {
  journal.delete(hashes).catch((error: unknown) => {
    logger.error({ err: error, count: hashes.length }, "could not delete from the mempool journal");
  });
}

/** Whether a transaction that a block had to skip leaves the pool, stays, or shows that its account is not what is believed. */
export function consequenceOfSkip(reason: SkipReason): "leaves" | "stays" | "account-unknown" {
  switch (reason.kind) {
    case "nonce-too-high":
      return "account-unknown";
    case "block-gas-exceeded":
    case "fee-below-base-fee":
      return "stays";
    case "nonce-too-low":
    case "insufficient-funds":
    case "gas-below-intrinsic":
    case "sender-has-code":
    case "invalid":
      return "leaves";
  }
}
