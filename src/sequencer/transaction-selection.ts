import TinyQueue from "tinyqueue";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Entry } from "./pooled-transaction.ts";
import { entryAt } from "./queue-state.ts";
import type { QueuesState } from "./queue-state.ts";
import { effectiveTip } from "./transaction-fees.ts";

/** A pass over the executable transactions: best tip first, each sender's in nonce order, earlier arrival first at equal tips. */
export interface TransactionSelection {
  /** The next transaction; undefined when none is left that pays the base fee. */
  next(): SignedTransaction | undefined;
  /** Passes over the sender of the transaction given last: what follows it cannot run before it. */
  skipSender(): void;
}

export function selectTransactions(state: QueuesState, baseFee: bigint): TransactionSelection {
  const candidate = (entry: Entry) => ({ entry, tip: effectiveTip(entry.transaction, baseFee) });
  const heads = new TinyQueue(Array.from(executableHeads(state, baseFee), candidate), (a, b) =>
    a.tip === b.tip ? a.entry.arrival - b.entry.arrival : a.tip > b.tip ? -1 : 1,
  );
  let last: SignedTransaction | undefined;
  return {
    next() {
      if (last !== undefined) {
        const following = entryAt(state, last.sender, last.nonce + 1n);
        if (following?.executable && following.transaction.maxFeePerGas >= baseFee) heads.push(candidate(following));
      }
      last = undefined;
      for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
        // It may have been replaced or dropped since it was put here.
        if (head.entry.pooled && head.entry.executable) {
          last = head.entry.transaction;
          break;
        }
      }
      return last;
    },
    skipSender() {
      last = undefined;
    },
  };
}

/** The first transactions of senders whose first is executable and pays the base fee. */
export function* executableHeads(state: QueuesState, baseFee: bigint): Generator<Entry> {
  for (const queue of state.bySender.values()) {
    const head = queue.executable > 0 ? queue.entries[0] : undefined;
    if (head !== undefined && head.transaction.maxFeePerGas >= baseFee) yield head;
  }
}
