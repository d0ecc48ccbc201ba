import { logsBloom } from "../ethereum/index.ts";
import { EMPTY_APPEND_ONLY_MERKLE_TREE, appendLeaves } from "../primitives/index.ts";
import { receiptHash } from "../rollup/index.ts";
import type { BlockProgress, UnhashedReceipt } from "./machine.ts";
import { EMPTY_SLICE } from "./slice.ts";

/** Bytes of a logs bloom. */
const BLOOM_SIZE = 256;

/** A block without transactions so far. */
export function newBlockProgress(): BlockProgress {
  return {
    gasUsed: 0n,
    transactionCount: 0,
    transactions: EMPTY_APPEND_ONLY_MERKLE_TREE,
    receipts: EMPTY_APPEND_ONLY_MERKLE_TREE,
    bloom: new Uint8Array(BLOOM_SIZE),
    unhashed: [],
    raw: EMPTY_SLICE,
    outcome: 0,
  };
}

/** Brings the trees and the bloom of a block up to its transactions. */
export function hashReceipts(block: BlockProgress): void {
  const { unhashed } = block;
  if (unhashed.length === 0) return;
  block.transactions = appendLeaves(
    block.transactions,
    unhashed.map(({ transactionHash }) => transactionHash),
  );
  block.receipts = appendLeaves(block.receipts, unhashed.map(receiptHash));
  const logs = unhashed.flatMap((receipt: UnhashedReceipt) => receipt.logs);
  if (logs.length > 0) {
    const bloom = logsBloom(logs);
    block.bloom = block.bloom.map((byte, index) => byte | (bloom[index] as number));
  }
  unhashed.length = 0;
}
