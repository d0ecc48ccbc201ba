import { blockFees } from "./chain/end-block.ts";
import { leftOfMint } from "./chain/message.ts";
import type { Machine } from "./machine.ts";
import { Phase, underway } from "./phase.ts";

// What a step has changed of the chain around the transactions (docs/machine.md §16), for people.

/** A machine's chain before a step. */
export interface ObservedChain {
  /** Of the step to come. */
  readonly phase: Phase;
  readonly chain: Machine["chain"];
  readonly pending: Machine["pending"];
  /** Bytes of content that have come out of the payload. */
  readonly inflated: number;
  /** Wei that `Refund` moves, or `CreditFees` credits, unless the step faults. */
  readonly amount: bigint;
}

export function observeChain(machine: Machine): ObservedChain {
  const { chain, pending } = machine;
  const phase = underway(machine.phase);
  return {
    phase,
    chain: chain?.kind === "in-batch" ? { ...chain } : chain,
    pending,
    inflated: inflatedBytes(chain),
    amount: amountOf(machine, phase),
  };
}

/** What the step after `before` has changed, a line each. */
export function chainChanges(before: ObservedChain, machine: Machine): string[] {
  if (before.chain === undefined || machine.chain === undefined) return [];
  return [
    ...batchChanges(before, machine),
    ...payloadChanges(before, machine),
    ...blockChanges(before, machine),
    ...messageChanges(before, machine),
  ];
}

function amountOf(machine: Machine, phase: Phase): bigint {
  const { chain, transaction, overlay } = machine;
  if (chain?.kind !== "in-batch") return 0n;
  if (phase === Phase.CreditFees) return blockFees(machine);
  if (phase !== Phase.Refund || chain.message?.kind !== "deposit" || transaction === undefined) return 0n;
  return leftOfMint(chain.message, overlay.account(transaction.sender)?.balance ?? 0n);
}

function inflatedBytes(chain: Machine["chain"]): number {
  return (chain?.kind === "in-batch" && chain.stream?.inflater.output().length) || 0;
}

function batchChanges({ chain: before }: ObservedChain, { chain: after, target, phase }: Machine): string[] {
  if (before?.kind === "between-batches" && after?.kind === "in-batch") {
    const { batchCount, messagesUpTo, batchTimestamp } = after;
    return [`batch ${batchCount} at ${batchTimestamp}: messages up to ${messagesUpTo}`];
  }
  if (after?.kind !== "between-batches") return [];
  const { batchCount, messageCount } = after.state;
  if (phase === Phase.Halt) return [`halt: all of ${target} batches are done`];
  return [`batch ${batchCount - 1} is over: ${messageCount} messages read so far`];
}

function payloadChanges(before: ObservedChain, { chain: after, pending }: Machine): string[] {
  const chain = before.chain;
  if (after?.kind !== "in-batch") return chain?.kind === "in-batch" && chain.stream ? ["the payload ends"] : [];
  const changes: string[] = [];
  if (pending?.kind === "reading" && pending.count > 0) changes.push(`elements of blobs: ${pending.count} read`);
  if (chain?.kind !== "in-batch") return changes;
  const { stream } = after;
  if (chain.stream === undefined && stream !== undefined)
    changes.push(`payload: ${stream.inflater.payload.length} bytes`);
  if (chain.stream !== undefined && stream === undefined) changes.push("the payload ends");
  if (pending?.kind === "inflate" && before.pending?.kind !== "inflate")
    changes.push(`content up to byte ${pending.needed} is to be inflated`);
  const inflated = inflatedBytes(after);
  if (inflated > before.inflated) changes.push(`content: ${inflated} bytes, ${inflated - before.inflated} of them new`);
  if (before.pending?.kind === "inflate" && stream !== undefined) {
    const { mode, storedLeft, isFinal } = stream.inflater.state();
    if (before.phase === Phase.InflateBlockHead && mode !== "block-head" && mode !== "ended") {
      const size = mode === "stored" ? `${storedLeft} bytes, stored` : "compressed";
      changes.push(`part of the payload: ${size}${isFinal ? ", the last one" : ""}`);
    }
    if (mode === "ended") changes.push("nothing more comes out of the payload");
  }
  return changes;
}

function blockChanges(before: ObservedChain, { chain: after, environment, sealed, phase }: Machine): string[] {
  const { chain } = before;
  if (chain?.kind !== "in-batch") return [];
  const changes: string[] = [];
  if (before.phase === Phase.CreditFees && phase === Phase.Flush)
    changes.push(`fees: ${before.amount} wei to the FeeVault`);
  if (
    before.phase === Phase.SealBlock &&
    sealed !== undefined &&
    phase !== Phase.LoadAccount &&
    phase !== Phase.LoadSlot
  )
    changes.push(`outbox root: ${sealed.header.outboxRoot}`);
  if (after?.kind !== "in-batch") return changes;
  if (before.phase === Phase.ReadBlockHead && phase === Phase.OpenBlock) {
    const messages = after.messagesEnd - after.messageCount;
    changes.push(
      `block ${environment.number} at ${environment.timestamp}: ${after.gasLeft} gas in the bucket`,
      after.blockCount > chain.blockCount
        ? `head: up to ${messages} messages, ${after.transactionsLeft} transactions`
        : `no block of the payload: ${messages} messages that the batch has yet to read`,
    );
  } else if (chain.gasLeft !== after.gasLeft && after.gasCapacity !== 0n) {
    changes.push(`bucket: ${after.gasLeft} gas left`);
  }
  if (before.phase === Phase.OpenBlock && phase === Phase.Flush)
    changes.push(`base fee: ${environment.baseFee} wei, price of data: ${environment.dataPrice} wei a token`);
  if (before.phase === Phase.ReadTransaction && phase === Phase.CountTransaction)
    changes.push(`transactions: ${after.transactionsLeft} of the block still to come`);
  return changes;
}

function messageChanges(before: ObservedChain, machine: Machine): string[] {
  const { chain: after, transaction, phase } = machine;
  const { chain } = before;
  if (chain?.kind !== "in-batch" || after?.kind !== "in-batch") return [];
  const changes: string[] = [];
  if (chain.message === undefined && after.message?.kind === "context") {
    changes.push(`context: L1 block ${after.message.body.number} at ${after.message.body.timestamp}`);
  } else if (chain.message === undefined && after.message?.kind === "deposit" && transaction !== undefined) {
    const { transactionHash, sender, to, gasLimit } = transaction;
    changes.push(`deposit ${transactionHash} from ${sender} to ${to}: ${gasLimit} gas`);
  }
  if (before.phase === Phase.Message && phase !== Phase.CountCalldata && phase !== Phase.WriteContext)
    changes.push(
      `message ${after.messageCount} weighs more than the ${after.messageWeight} gas that messages have left`,
    );
  if (before.phase === Phase.Mint && after.message?.kind === "deposit" && phase !== Phase.LoadAccount)
    changes.push(`mint: ${after.message.mint} wei`);
  if (before.phase === Phase.Refund && chain.message?.kind === "deposit" && after.message === undefined)
    changes.push(`left of the mint: ${before.amount} wei, to ${chain.message.refundTo}`);
  if (chain.messageCount !== after.messageCount) changes.push(`messages: ${after.messageCount} read`);
  return changes;
}
