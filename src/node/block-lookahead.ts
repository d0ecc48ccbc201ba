import type { EncodedBlock } from "../batch/index.ts";

/** Blocks of a payload, and bytes of their transactions, that are read ahead of execution. */
const LOOKAHEAD_BLOCKS = 16;
const LOOKAHEAD_BYTES = 1024 * 1024;

/** The blocks of a payload that are read and not yet taken, in order. */
export interface BlockLookahead {
  readonly blocks: EncodedBlock[];
  /** Bytes of their transactions. */
  bytes: number;
  /** Whether there are no more. */
  isEnded: boolean;
}

export function emptyLookahead(): BlockLookahead {
  return { blocks: [], bytes: 0, isEnded: false };
}

/** Whether another block is to be read: always one, so that the batch goes on, and no more than memory is meant for. */
export function wantsBlock({ blocks, bytes, isEnded }: BlockLookahead): boolean {
  if (isEnded) return false;
  return blocks.length === 0 || (blocks.length < LOOKAHEAD_BLOCKS && bytes < LOOKAHEAD_BYTES);
}

export function addUpcoming(lookahead: BlockLookahead, block: EncodedBlock): void {
  lookahead.blocks.push(block);
  lookahead.bytes += sizeOf(block);
}

/** Takes the next block out; undefined if there is none left. */
export function takeUpcoming(lookahead: BlockLookahead): EncodedBlock | undefined {
  const block = lookahead.blocks.shift();
  if (block !== undefined) lookahead.bytes -= sizeOf(block);
  return block;
}

/** The blocks of `source`, each given when its turn comes and announced, with its position, when it is read ahead of that. */
export function* lookAhead(
  source: Iterator<EncodedBlock, void>,
  announce: (block: EncodedBlock, position: number) => void,
): Generator<EncodedBlock, void, void> {
  const lookahead = emptyLookahead();
  for (let taken = 0; ; taken++) {
    while (wantsBlock(lookahead)) {
      const next = source.next();
      if (next.done === true) {
        lookahead.isEnded = true;
        break;
      }
      announce(next.value, taken + lookahead.blocks.length);
      addUpcoming(lookahead, next.value);
    }
    const block = takeUpcoming(lookahead);
    if (block === undefined) return;
    yield block;
  }
}

function sizeOf({ transactions }: EncodedBlock): number {
  return transactions.reduce((size, raw) => size + raw.length, 0);
}
