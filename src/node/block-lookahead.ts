import type { DerivationCursor } from "../derivation/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { BlockInput } from "../rollup/index.ts";

/** Derived blocks, and bytes of their transactions, whose senders are recovered ahead of execution. */
const LOOKAHEAD_BLOCKS = 16;
const LOOKAHEAD_BYTES = 1024 * 1024;

/** A derived block whose turn has not come. */
export interface UpcomingBlock {
  readonly input: BlockInput;
  /** Its valid transactions; undefined if the chain seems to have the block already. */
  readonly transactions: Promise<readonly SignedTransaction[]> | undefined;
}

/** The blocks of a batch that are derived and not yet settled, in order. */
export interface BlockLookahead {
  readonly blocks: UpcomingBlock[];
  /** Bytes of their transactions. */
  bytes: number;
  /** Where the chain stands after the batch; undefined until its last block is derived. */
  end: DerivationCursor | undefined;
}

export function emptyLookahead(): BlockLookahead {
  return { blocks: [], bytes: 0, end: undefined };
}

/** Whether another block is to be derived: always one, so that the batch goes on, and no more than memory is meant for. */
export function wantsBlock({ blocks, bytes, end }: BlockLookahead): boolean {
  if (end !== undefined) return false;
  return blocks.length === 0 || (blocks.length < LOOKAHEAD_BLOCKS && bytes < LOOKAHEAD_BYTES);
}

export function addUpcoming(lookahead: BlockLookahead, block: UpcomingBlock): void {
  lookahead.blocks.push(block);
  lookahead.bytes += sizeOf(block.input);
}

/** Takes the next block out; undefined if there is none left. */
export function takeUpcoming(lookahead: BlockLookahead): UpcomingBlock | undefined {
  const block = lookahead.blocks.shift();
  if (block !== undefined) lookahead.bytes -= sizeOf(block.input);
  return block;
}

function sizeOf(input: BlockInput): number {
  return input.transactions.reduce((size, raw) => size + raw.length, 0);
}
