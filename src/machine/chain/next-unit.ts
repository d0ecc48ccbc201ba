import type { ChainState } from "../../rollup/index.ts";
import type { Machine } from "../machine.ts";
import { Phase } from "../phase.ts";
import type { Chain } from "./chain.ts";
import type { ChainSource } from "./chain-source.ts";

/** The chain of a machine within a batch. Throws if it is not in one. */
export function chainOf({ chain, phase }: Machine): Chain {
  if (chain?.kind !== "in-batch") throw new Error(`phase ${phase} outside a batch`);
  return chain;
}

/** What a machine reads of the Inbox. Throws if it has no source. */
export function sourceOf({ source, phase }: Machine): ChainSource {
  if (source === undefined) throw new Error(`phase ${phase} without a source of the chain`);
  return source;
}

/** The machine goes on with the unit that comes next between two blocks (docs/machine.md §16). */
export function nextBetweenBlocks(machine: Machine): void {
  const chain = chainOf(machine);
  if (chain.stream !== undefined || chain.messageCount < chain.messagesUpTo) {
    machine.phase = Phase.BeginBlock;
    return;
  }
  const { blockHash, outboxRoot, batchCount, messageCount } = chain;
  const state: ChainState = { blockHash, outboxRoot, batchCount: batchCount + 1, messageCount };
  machine.chain = { kind: "between-batches", state };
  machine.phase = Phase.LoadBatch;
}

/** The machine goes on with the unit that comes next within a block (docs/machine.md §16). */
export function nextWithinBlock(machine: Machine): void {
  const { messageCount, messagesEnd, transactionsLeft } = chainOf(machine);
  if (messageCount < messagesEnd) machine.phase = Phase.Message;
  else machine.phase = transactionsLeft > 0 ? Phase.Transaction : Phase.EndBlock;
}

/** A `Flush` of what a step has changed comes next, then `resume`. */
export function flushThen(machine: Machine, resume: Phase): void {
  machine.pending = { kind: "resume", resume };
  machine.phase = Phase.Flush;
}
