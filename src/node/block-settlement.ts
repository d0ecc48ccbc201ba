import type { ExecutedBlock, RecoveredBlockInput } from "../execution/index.ts";
import { equalBytes } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { atLeastListingCharge, nextGasLimit } from "../rollup/index.ts";
import type { BlockInput, Receipt } from "../rollup/index.ts";
import type { BlockSummary, ReadableChainStore } from "../storage/index.ts";
import type { Following } from "./following.ts";
import type { ChainWriter } from "./types.ts";
import { recoverTransactions } from "./transaction-recovery.ts";

/** What became of a derived block. */
export type Settlement =
  /** It is in the chain. `isCut`: whether the gas bucket could not pay for all that the input lists. */
  | { readonly kind: "present"; readonly block: BlockSummary; readonly isCut: boolean }
  /** It was executed and is still to be stored; no other is in its place. */
  | ({ readonly kind: "executed" } & ExecutedBlock)
  /** The parent is no longer in the chain, or another writer went on from it. */
  | { readonly kind: "superseded" }
  | { readonly kind: "stopped" };

/** A parent on which a block is to be settled. */
export interface SettlementParent {
  readonly block: BlockSummary;
  /** Whether it is in the chain, or executed and still to be stored. */
  readonly isStored: boolean;
}

/** What of a block in the chain tells by which input it was built. */
export interface BuiltFrom {
  /** Seconds. */
  readonly timestamp: number;
  readonly messageHashes: readonly Hash[];
  /** Raw bytes of its signed transactions. */
  readonly transactions: readonly Uint8Array[];
  /** Whether others were listed with them and skipped: of those nothing is left but what they took out of the gas bucket. */
  readonly hasSkipped: boolean;
}

/**
 * Makes the child of `parent` that an input gives part of the chain, or executes it so that it can be stored with others.
 * @param transactions those of the input with their senders, if they are recovered already
 */
export async function settleBlock(
  following: Following,
  writer: ChainWriter,
  parent: SettlementParent,
  input: BlockInput,
  transactions: RecoveredBlockInput["recovered"],
): Promise<Settlement> {
  const { store } = following.chain;
  const { number: parentNumber } = parent.block.header;

  // 1. Is the parent still where the block belongs?
  const local = store.getSummary(parentNumber + 1);
  if (isSuperseded(parent, { atParent: store.getBlockHash(parentNumber), hasChild: local !== undefined })) {
    return { kind: "superseded" };
  }

  // 2. A block that was built from the same input need not be executed.
  if (local !== undefined && builtFromSame(readInput(store, parent.block, local), input)) {
    following.counters.blocks.inc({ outcome: "verified" });
    return { kind: "present", block: local, isCut: false };
  }

  // 3. Execute.
  const recovered = transactions ?? (await recoverTransactions(input.transactions, following));
  if (following.isStopped()) return { kind: "stopped" };
  const { block, isCut } = await writer.executeOn(parent.block, { ...input, recovered });

  // 4. Put it in the place of what is there.
  const outcome = outcomeOf(local?.hash, block.hash);
  switch (outcome) {
    case "verified":
      break;
    case "executed":
      following.counters.blocks.inc({ outcome });
      return { kind: "executed", block, isCut };
    case "replaced":
      following.logger.warn(
        { block: parentNumber + 1, unsafe: local?.hash, derived: block.hash },
        "L1 has other blocks than those that were unsafe",
      );
      await writer.rewindTo(parentNumber);
      // At once, so that nobody builds on the parent before.
      await writer.append(block);
  }
  following.counters.blocks.inc({ outcome });
  return { kind: "present", block, isCut };
}

/**
 * Whether a block can no longer be put on its parent: another took the parent's place, or, where the parent is still to be
 * stored, another writer went on from where the blocks not yet stored begin.
 * @param chain `atParent`: hash of the chain's block with the parent's number; `hasChild`: whether it has one with the next
 */
export function isSuperseded(
  { block, isStored }: SettlementParent,
  chain: { readonly atParent: Hash | undefined; readonly hasChild: boolean },
): boolean {
  return isStored ? chain.atParent !== block.hash : chain.hasChild;
}

/**
 * Whether a block is surely what an input gives: blocks are a function of all that is listed, skipped transactions included.
 * False says nothing of a block with skipped ones, as it is not known which these were.
 */
export function builtFromSame(block: BuiltFrom, input: BlockInput): boolean {
  return (
    !block.hasSkipped &&
    block.timestamp === input.timestamp &&
    block.messageHashes.length === input.messages.length &&
    input.messages.every(({ hash }, index) => hash === block.messageHashes[index]) &&
    hasSameTransactions(block.transactions, input.transactions)
  );
}

/** Whether the transactions of a block are just these. */
export function hasSameTransactions(own: readonly Uint8Array[], transactions: readonly Uint8Array[]): boolean {
  return (
    own.length === transactions.length && transactions.every((raw, index) => equalBytes(raw, own[index] as Uint8Array))
  );
}

/** What an executed block is to the one in its place; the same one if the batch listed more than the gas bucket paid for. */
export function outcomeOf(local: Hash | undefined, executed: Hash): "verified" | "executed" | "replaced" {
  if (local === undefined) return "executed";
  return local === executed ? "verified" : "replaced";
}

/** What a block of the chain was built from, a child of `parent`. */
function readInput(store: ReadableChainStore, parent: BlockSummary, { hash, header }: BlockSummary): BuiltFrom {
  const transactions = readTransactions(store, hash);
  // Those of deposits come first.
  const receipts = transactions.length === 0 ? [] : (store.getReceipts(hash) ?? []).slice(-transactions.length);
  const taken = nextGasLimit(parent.header, header.timestamp) - header.gasLevel;
  return {
    timestamp: header.timestamp,
    messageHashes: store.getMessageHashes(hash) ?? [],
    transactions,
    hasSkipped: taken !== gasTakenBy(transactions, receipts),
  };
}

/** Raw bytes of the signed transactions of a block. */
export function readTransactions(store: ReadableChainStore, block: Hash): readonly Uint8Array[] {
  return (store.getTransactions(block) ?? []).flatMap((entry) => (entry.kind === "signed" ? [entry.raw] : []));
}

/** Gas that transactions which are not skipped take out of the bucket (specification §3 rule 5). */
function gasTakenBy(transactions: readonly Uint8Array[], receipts: readonly Pick<Receipt, "gasUsed">[]): bigint {
  return transactions.reduce(
    (sum, { length }, index) => sum + atLeastListingCharge(receipts[index]?.gasUsed ?? 0n, length),
    0n,
  );
}
