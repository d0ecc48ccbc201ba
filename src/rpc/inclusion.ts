import type { Chain } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { findTransaction } from "./chain-view.ts";
import type { DevnetControl } from "./devnet-control.ts";

type Inclusion = NonNullable<ReturnType<typeof findTransaction>>;

/**
 * Resolves when a block holds a transaction that was submitted, or with undefined after `wait` milliseconds, or when
 * `signal` is aborted.
 */
export async function untilIncluded(
  hash: Hash,
  { chain }: { readonly chain: Chain },
  wait: number,
  signal: AbortSignal,
): Promise<Inclusion | undefined> {
  return new Promise((resolve) => {
    const finish = (inclusion?: Inclusion): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      chain.events.off("block", onBlock);
      resolve(inclusion);
    };
    // By the index of the store: thousands may wait for one block.
    const onBlock = (block: Block): void => {
      const location = chain.store.getTransactionLocation(hash);
      if (location?.blockNumber === block.header.number) finish({ block, index: location.index });
    };
    const giveUp = (): void => finish();
    const timer = setTimeout(giveUp, wait);
    chain.events.on("block", onBlock);
    signal.addEventListener("abort", giveUp, { once: true });
    const found = findTransaction(chain, hash);
    if (found !== undefined) finish(found);
  });
}

/** Waits for the block of a transaction that was sent, where its sender expects that. */
export type MiningWait = (hash: Hash, signal: AbortSignal) => Promise<void>;

/** Longest such wait, in milliseconds: what cannot be mined yet is answered then. */
const LONGEST_MINING = 1_000;

/** Sends that wait at a time. Who sends more at once waits for receipts anyway, and blocks are to be full. */
const MAXIMUM_WAITING = 8;

/**
 * Where blocks are made as soon as there is something for them (a devnet's automatic mode), waits a moment for the one with
 * the transaction: programs written for Hardhat's node and anvil read its receipt as soon as they have its hash.
 */
export function createMiningWait({
  chain,
  devnet,
}: {
  readonly chain: Chain;
  readonly devnet: DevnetControl | undefined;
}): MiningWait {
  let waiting = 0;
  return async (hash, signal) => {
    if (devnet?.miningMode().kind !== "automatic" || waiting >= MAXIMUM_WAITING) return;
    waiting++;
    try {
      await untilIncluded(hash, { chain }, LONGEST_MINING, signal);
    } finally {
      waiting--;
    }
  };
}
