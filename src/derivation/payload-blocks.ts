import { MAXIMUM_BLOCKS, readBlock } from "../batch/index.ts";
import type { EncodedBlock, PayloadContent } from "../batch/index.ts";
import { BLOCK_CHARGE, availableGas, clampTimestamp, listingCharge } from "../rollup/index.ts";
import type { Batch, DerivationCursor, DerivationRules } from "./types.ts";

/**
 * The blocks of a batch's payload, with clamped timestamps, as far as the gas bucket pays for them if every transaction takes
 * the least a listed one does. What is executed takes more, so the chain may have fewer of them, and fewer of their
 * transactions, never more (`deriveBlocks`). So they can be looked ahead at; and nobody reads what nothing could pay for.
 *
 * @param cursor where the chain stands before the batch
 * @param content of the batch's payload; read no further than the blocks that are taken
 */
export function* payloadBlocks(
  cursor: Pick<DerivationCursor, "parentTimestamp" | "gasLevel">,
  batch: Pick<Batch, "timestamp">,
  content: PayloadContent,
  rules: DerivationRules,
): Generator<EncodedBlock, void, void> {
  let { parentTimestamp: timestamp, gasLevel } = cursor;
  let position = 0;
  for (let count = 0; count < MAXIMUM_BLOCKS; count++) {
    const block = readBlock(content, position, (encoded) => {
      const clamped = clampTimestamp(encoded, timestamp, batch.timestamp);
      const available = availableGas({ ...rules, timestamp, gasLevel }, clamped);
      if (available < BLOCK_CHARGE) return undefined;
      timestamp = clamped;
      gasLevel = available - BLOCK_CHARGE;
      return (length) => {
        const charge = listingCharge(length);
        if (charge > gasLevel) return false;
        gasLevel -= charge;
        return true;
      };
    });
    if (block === undefined) return;
    const { messages, transactions } = block;
    yield { timestamp, messages, transactions };
    if (block.isLast) return;
    position = block.end;
  }
}
