import type { Address } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { effectsOf } from "./block-effects.ts";
import { dropUsed } from "./mempool-departures.ts";
import type { MempoolState } from "./mempool-state.ts";

/** Senders looked at after a block without a known reason, in turn: an account's balance may rise by any contract's call. */
const SWEEP_SIZE = 64;
const READ_CONCURRENCY = 64;

/** Takes note of a new latest block; what it cannot tell by itself is read of the chain afterwards. */
export function noteBlock(mempool: MempoolState, block: Block): void {
  const { queues, dirty } = mempool;
  // 1. Whose account may be another one now?
  const { touched, isAnyTouched, nextNonces } = effectsOf(block, (hash) => queues.get(hash));
  for (const address of touched) markDirty(mempool, address);
  if (isAnyTouched) markAllDirty(mempool);

  // 2. The pooled transactions that it holds leave at once.
  for (const [sender, nonce] of nextNonces) dropUsed(mempool, queues.advance(sender, nonce), nonce);

  // 3. Some accounts are looked at in any case.
  for (const sender of queues.delegatedSenders()) dirty.add(sender);
  for (let count = 0; count < SWEEP_SIZE; count++) {
    const turn = mempool.sweep.next();
    if (turn.done === true) {
      mempool.sweep = queues.senders();
      break;
    }
    markDirty(mempool, turn.value);
  }

  // 4. Read what may have changed.
  mempool.isEnvironmentStale = true;
  startRefreshing(mempool);
}

/** Takes note that blocks left the chain: nothing that is known of accounts need hold any more. */
export function noteReorg(mempool: MempoolState): void {
  markAllDirty(mempool);
  mempool.isEnvironmentStale = true;
  startRefreshing(mempool);
}

/** Tells of transactions that became executable. */
export function announcePromoted({ events, queues }: MempoolState): void {
  for (const transaction of queues.takePromoted()) events.emit("transaction", transaction);
}

/** Begins to read what is stale, unless that runs or nothing is. */
export function startRefreshing(mempool: MempoolState): void {
  if (mempool.refreshing !== undefined || !isStale(mempool)) return;
  mempool.refreshing = refresh(mempool)
    .catch((error: unknown) =>
      mempool.logger.error({ err: error }, "could not bring the mempool up to date with the chain"),
    )
    .finally(() => {
      mempool.refreshing = undefined;
      // Something may have turned stale after the last look.
      if (!mempool.isClosed) startRefreshing(mempool);
    });
}

async function refresh(mempool: MempoolState): Promise<void> {
  const { chain, changes, dirty, queues } = mempool;
  while (isStale(mempool) && !mempool.isClosed) {
    if (mempool.isEnvironmentStale) {
      mempool.isEnvironmentStale = false;
      mempool.environment = await chain.environment();
    }
    const senders = Array.from(dirty).slice(0, READ_CONCURRENCY);
    for (const sender of senders) dirty.delete(sender);
    await Promise.all(
      senders.map(async (sender) => {
        if (queues.account(sender) === undefined) return;
        const account = await chain.account(sender);
        // If a block touched it meanwhile, it is read again.
        if (!dirty.has(sender)) dropUsed(mempool, queues.setAccount(sender, account), account.nonce);
      }),
    );
    announcePromoted(mempool);
  }
  changes.emit("settled");
}

function isStale({ dirty, isEnvironmentStale }: MempoolState): boolean {
  return dirty.size > 0 || isEnvironmentStale;
}

function markDirty({ dirty, queues }: MempoolState, sender: Address): void {
  if (queues.account(sender) !== undefined) dirty.add(sender);
}

function markAllDirty({ dirty, queues }: MempoolState): void {
  for (const sender of queues.senders()) dirty.add(sender);
}
