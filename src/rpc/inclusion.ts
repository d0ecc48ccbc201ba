import type { Block } from "../rollup/index.ts";
import type { Hash } from "../primitives/index.ts";
import { findTransaction } from "./chain-view.ts";
import type { RpcNode } from "./node.ts";

/** Longest wait, in milliseconds, of a send on a devnet that mines by itself: what cannot be mined yet is answered then. */
const LONGEST_MINING = 1_000;

type Inclusion = NonNullable<ReturnType<typeof findTransaction>>;

/**
 * Resolves when a block holds a transaction that was submitted, or with undefined after `wait` milliseconds, or when
 * `signal` is aborted.
 */
export async function untilIncluded(
  hash: Hash,
  { chain }: Pick<RpcNode, "chain">,
  wait: number,
  signal: AbortSignal,
): Promise<Inclusion | undefined> {
  return new Promise((resolve) => {
    const finish = (inclusion?: Inclusion): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      chain.events.off("block", onBlock);
      resolve(inclusion);
    };
    // By the index of the store: thousands may wait for one block.
    const onBlock = (block: Block): void => {
      const location = chain.store.getTransactionLocation(hash);
      if (location?.blockNumber === block.header.number) finish({ block, index: location.index });
    };
    const onAbort = (): void => finish();
    const timer = setTimeout(finish, wait);
    chain.events.on("block", onBlock);
    signal.addEventListener("abort", onAbort, { once: true });
    const found = findTransaction(chain, hash);
    if (found !== undefined) finish(found);
  });
}

/**
 * Where blocks are made as soon as there is something for them (a devnet's automatic mode), waits a moment for the one with
 * the transaction: programs written for Hardhat's node and anvil read its receipt as soon as they have its hash.
 */
export async function untilMined(hash: Hash, node: RpcNode, signal: AbortSignal): Promise<void> {
  if (node.devnet?.miningMode().kind === "automatic") await untilIncluded(hash, node, LONGEST_MINING, signal);
}
