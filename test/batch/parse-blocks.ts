import { readBlock } from "../../src/batch/index.ts";
import type { EncodedBlock, PayloadContent } from "../../src/batch/index.ts";

/** All blocks of a content, as far as it lists what may be listed, whatever that costs. */
export function parseBlocks(content: PayloadContent): readonly EncodedBlock[] {
  const blocks: EncodedBlock[] = [];
  let position = 0;
  for (;;) {
    const block = readBlock(content, position);
    if (block === undefined) return blocks;
    const { timestamp, messages, transactions, end, isLast } = block;
    blocks.push({ timestamp, messages, transactions });
    if (isLast) return blocks;
    position = end;
  }
}
