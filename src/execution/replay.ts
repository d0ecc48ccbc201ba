import { decodeUnrecovered } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import { beginBlock } from "./block-execution.ts";
import type { ReplayPoint } from "./execution-engine.ts";
import type { ExecutionObserver } from "./observer.ts";
import type { TransactionExecutor } from "./transaction-executor.ts";

/**
 * Goes through the transactions of a stored block in order, on an executor at the parent's state: `visit` runs one, or does
 * not, and says whether it was the last.
 */
export async function replayBlock(
  executor: TransactionExecutor,
  chainId: number,
  { parent, block, messages }: Omit<ReplayPoint, "transactionHash">,
  visit: (hash: Hash, run: () => Promise<unknown>) => Promise<boolean>,
  observer: () => ExecutionObserver | undefined,
): Promise<void> {
  const execution = beginBlock({
    chainId,
    executor,
    parent: { ...parent, nextMessage: block.firstMessage },
    timestamp: block.header.timestamp,
    observer,
    commit: () => Promise.reject(new Error("a replay is not sealed")),
  });
  for (const message of messages) {
    if (message.index < block.firstMessage || message.index >= block.nextMessage) continue;
    if (message.kind !== "deposit") await execution.executeMessage(message);
    else if (await visit(message.hash, () => execution.executeMessage(message))) return;
  }
  for (const transaction of block.transactions) {
    if (transaction.kind === "deposit") continue;
    const signed = { ...decodeUnrecovered(transaction.raw, chainId).transaction, sender: transaction.sender };
    if (await visit(transaction.hash, () => execution.executeTransaction(signed))) return;
  }
  throw new RangeError(
    `expected the messages of block ${block.hash} from ${block.firstMessage} to ${block.nextMessage}, and a transaction of it`,
  );
}
