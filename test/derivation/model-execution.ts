import { openPayload } from "../../src/batch/index.ts";
import { deriveBlocks, payloadBlocks } from "../../src/derivation/index.ts";
import type { Batch, BlockResult, DerivationCursor, DerivationRules } from "../../src/derivation/index.ts";
import { keccak256Bytes } from "../../src/primitives/index.ts";
import { listingCharge, nextGasLimit } from "../../src/rollup/index.ts";
import type { BlockInput, InboxMessage } from "../../src/rollup/index.ts";

/** What a transaction would do, drawn from its bytes: any transaction may be invalid, and ask for or use any gas. */
export interface TransactionModel {
  readonly isValid: boolean;
  readonly gasLimit: bigint;
  /** From 21,000 to `gasLimit`. */
  readonly gasUsed: bigint;
}

export function modelOf(raw: Uint8Array): TransactionModel {
  const [validity = 0, scale = 0, share = 0] = keccak256Bytes(raw);
  const gasLimit = 21_000n + (scale < 128 ? BigInt(scale) * 1_000n : BigInt(scale - 127) * 130_000n);
  return { isValid: validity < 170, gasLimit, gasUsed: 21_000n + ((gasLimit - 21_000n) * BigInt(share)) / 255n };
}

/** A block as it was executed: with the transactions that were listed, valid or not, before the bucket was empty. */
export interface ModelledBlock extends BlockInput {
  readonly gasLevel: bigint;
}

/** All blocks of a batch, executed by the model, with the cursor after it. */
export function deriveModelled(
  cursor: DerivationCursor,
  batch: Batch,
  getMessage: (index: number) => InboxMessage,
  rules: DerivationRules,
): { readonly blocks: readonly ModelledBlock[]; readonly cursor: DerivationCursor } {
  const derivation = deriveBlocks(
    cursor,
    batch,
    payloadBlocks(cursor, batch, openPayload(batch.payload), rules),
    getMessage,
    rules,
  );
  const blocks: ModelledBlock[] = [];
  let parent = { ...rules, timestamp: cursor.parentTimestamp, gasLevel: cursor.gasLevel };
  let result: BlockResult = { gasLevel: cursor.gasLevel, isCut: false };
  for (;;) {
    const next = derivation.next(result);
    if (next.done === true) return { blocks, cursor: next.value };
    const { timestamp, messages, transactions } = next.value;
    let left = nextGasLimit(parent, timestamp);
    const listed: Uint8Array[] = [];
    for (const raw of transactions) {
      const charge = listingCharge(raw.length);
      if (charge > left) break;
      listed.push(raw);
      const { isValid, gasLimit, gasUsed } = modelOf(raw);
      const isIncluded = isValid && gasLimit <= left;
      left -= isIncluded && gasUsed > charge ? gasUsed : charge;
    }
    result = { gasLevel: left, isCut: listed.length < transactions.length };
    parent = { ...parent, timestamp, gasLevel: left };
    blocks.push({ timestamp, messages, transactions: listed, gasLevel: left });
  }
}
