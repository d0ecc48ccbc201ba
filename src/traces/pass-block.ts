import { contentOfBytes } from "../batch/index.ts";
import {
  NO_BLOCK_FIELDS,
  chainOf,
  chooseBlock,
  enterBlock,
  listTransaction,
  nextBetweenBlocks,
  readBlockHead,
  readersOf,
} from "../machine/index.ts";
import type { Machine } from "../machine/index.ts";
import { equalBytes } from "../primitives/index.ts";
import { chargeBeyondListing } from "../rollup/index.ts";
import type { NodeDatabaseReader } from "../storage/index.ts";

/**
 * Brings a machine of a batch that stands between two blocks behind the next one without running it. The database has the state
 * it ends with, and what it leaves in the chain around it follows from the content, its header and its receipts. So a unit late
 * in a batch is reached without the execution before it, of which there may be hours.
 *
 * @returns how many units the block has; 0, and nothing is done, if the batch has no further block
 */
export function passBlock(
  machine: Machine,
  batch: number,
  { chain: store }: Pick<NodeDatabaseReader, "chain">,
): number {
  const chain = chainOf(machine);
  if (store.getDerivedBatch(batch)?.lastBlockHash === chain.blockHash) return 0;
  const parent = store.getHeaderByHash(chain.blockHash) ?? missing(`block ${chain.blockHash}`);
  const number = parent.number + 1;
  const block = store.getSummary(number) ?? missing(`block ${number}`);
  const { header, hash, nextMessage } = block;
  const { readBytes, readSlice } = readersOf(chain.stream?.inflater ?? contentOfBytes(new Uint8Array()));

  // 1. Its begin.
  const chosen = chooseBlock(chain, parent, readBlockHead<never>(chain, readBytes));
  if (chosen === undefined || header.parentHash !== chain.blockHash)
    throw new Error(`block ${number} is not of batch ${batch}`);
  enterBlock(chain, parent, chosen);

  // 2. Its messages, and one more unit if the next message weighs too much.
  let units = 1 + nextMessage - chain.messageCount + (nextMessage < chain.messagesEnd ? 1 : 0);
  chain.messageCount = nextMessage;

  // 3. Its transactions: those that are not included were skipped.
  const included = includedTransactions(hash, store);
  let count = 0;
  while (chain.transactionsLeft > 0) {
    units++;
    const raw = listTransaction<never>(chain, readSlice);
    const next = included[count];
    if (raw === undefined || next === undefined || !equalBytes(raw.bytes, next.raw)) continue;
    chain.gasLeft -= chargeBeyondListing(next.gasUsed, next.raw.length);
    count++;
  }
  if (count !== included.length || chain.gasLeft !== header.gasLevel)
    throw new Error(`block ${number} ${hash} is not what batch ${batch} gives`);

  // 4. Its end.
  Object.assign(chain, { ...NO_BLOCK_FIELDS, blockHash: hash, outboxRoot: header.outboxRoot });
  nextBetweenBlocks(machine);
  return units + 1;
}

/** The signed transactions of a block, and what each used. */
function includedTransactions(
  hash: `0x${string}`,
  store: NodeDatabaseReader["chain"],
): readonly { readonly raw: Uint8Array; readonly gasUsed: bigint }[] {
  const receipts = store.getReceipts(hash) ?? missing(`receipts of ${hash}`);
  return (store.getTransactions(hash) ?? missing(`transactions of ${hash}`)).flatMap((transaction, index) =>
    transaction.kind === "signed" ? [{ raw: transaction.raw, gasUsed: receipts[index]?.gasUsed ?? 0n }] : [],
  );
}

function missing(what: string): never {
  throw new Error(`corrupt database: ${what} is missing`);
}
