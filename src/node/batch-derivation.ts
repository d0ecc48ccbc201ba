import { deriveBlocks } from "../derivation/index.ts";
import type { DerivationCursor } from "../derivation/index.ts";
import type { Block, BlockInput } from "../rollup/index.ts";
import type { BlockSummary, DerivedBatch } from "../storage/index.ts";
import { addUpcoming, emptyLookahead, takeUpcoming, wantsBlock } from "./block-lookahead.ts";
import type { BlockLookahead } from "./block-lookahead.ts";
import { builtFromSame, readInput, settleBlock } from "./block-settlement.ts";
import type { Following } from "./following.ts";
import { recoverValid } from "./valid-transactions.ts";

export type BatchOutcome =
  | "derived"
  /** L1, or another writer of the chain, changed what the derivation stood on: it is to begin again. */
  | "superseded"
  | "stopped";

/** The derivation of one batch while it runs. */
interface BatchDerivation {
  readonly index: number;
  /** The Inbox's rewind count when the batch was read: what was read with it holds only while it stays. */
  readonly rewinds: number;
  readonly inputs: Iterator<BlockInput, DerivationCursor>;
  readonly lookahead: BlockLookahead;
  /** The block last settled: the next one is its child. */
  parent: BlockSummary;
  /** Blocks executed and not stored yet; the parent of the first is stored. */
  readonly unsaved: Block[];
  /** When the first of them was executed, in milliseconds of `performance.now`. */
  unsavedSince: number;
}

/** Executed blocks stored together, and milliseconds the first of them waits at most. */
const WRITE_BLOCKS = 64;
const WRITE_DELAY = 200;

/** Derives batch `index`, the first that is not derived yet, block by block, and records what it became. */
export async function deriveBatch(following: Following, index: number): Promise<BatchOutcome> {
  // 1. Begin where the batch before it ended.
  const derivation = beginDerivation(following, index);
  if (derivation === undefined) return "superseded";

  for (;;) {
    if (following.isStopped()) return stopDerivation(following, derivation);

    // 2. Derive some blocks ahead: the senders of their transactions are recovered while earlier ones are executed.
    if (!lookAhead(following, derivation)) return "superseded";
    const next = takeUpcoming(derivation.lookahead);
    if (next === undefined) break;
    const transactions = await next.transactions;
    if (following.isStopped()) return stopDerivation(following, derivation);

    // 3. Find or execute the block.
    const settled = await following.chain.exclusive(async (writer) => {
      if (isSuperseded(following, derivation)) return { kind: "superseded" } as const;
      const parent = { block: derivation.parent, isStored: derivation.unsaved.length === 0 };
      return settleBlock(following, writer, parent, next.input, transactions);
    });
    if (settled.kind === "stopped") return stopDerivation(following, derivation);
    if (settled.kind === "superseded") return "superseded";
    derivation.parent = settled.block;

    // 4. Store executed blocks, several at a time.
    if (settled.kind === "present") continue;
    if (derivation.unsaved.push(settled.block) === 1) derivation.unsavedSince = performance.now();
    if (!isWriteDue(derivation.unsaved.length, performance.now() - derivation.unsavedSince)) continue;
    if (!(await saveBlocks(following, derivation))) return "superseded";
  }

  // 5. Record what the batch became.
  if (!(await saveBlocks(following, derivation))) return "superseded";
  return recordBatch(following, derivation);
}

/** Whether blocks of which the first waits for `waited` milliseconds are to be stored. */
export function isWriteDue(blocks: number, waited: number): boolean {
  return blocks >= WRITE_BLOCKS || (blocks > 0 && waited >= WRITE_DELAY);
}

/** Where derivation stands after batch `previous`, which ended with block `parent`; undefined before the first batch. */
export function cursorAfter(previous: DerivedBatch | undefined, parent: BlockSummary): DerivationCursor {
  return {
    nextBatch: previous === undefined ? 0 : previous.batch + 1,
    nextMessage: previous?.nextMessage ?? 0,
    parentTimestamp: parent.header.timestamp,
  };
}

function beginDerivation({ chain }: Following, index: number): BatchDerivation | undefined {
  const { store, inbox } = chain;
  const rewinds = inbox.rewindCount();
  const batch = inbox.getBatch(index);
  if (batch === undefined || store.derivedBatchCount() !== index) return undefined;
  const previous = index === 0 ? undefined : store.getDerivedBatch(index - 1);
  const parent = store.getSummary(previous?.lastBlock ?? 0);
  if (parent === undefined) throw new Error(`corrupt database: block ${previous?.lastBlock ?? 0} is missing`);
  const readMessage = (message: number) => {
    const found = inbox.getMessage(message);
    if (found === undefined) throw new MissingMessageError(message);
    return found;
  };
  const rules = { blockGasLimit: chain.config.genesis.gasLimit };
  const inputs = deriveBlocks(cursorAfter(previous, parent), batch, readMessage, rules);
  return { index, rewinds, inputs, lookahead: emptyLookahead(), parent, unsaved: [], unsavedSince: 0 };
}

function isSuperseded({ chain }: Following, { index, rewinds }: BatchDerivation): boolean {
  return chain.inbox.rewindCount() !== rewinds || chain.store.derivedBatchCount() !== index;
}

/** Fills the look-ahead. False if the derivation is superseded. */
function lookAhead(following: Following, derivation: BatchDerivation): boolean {
  const { store } = following.chain;
  const { lookahead } = derivation;
  while (wantsBlock(lookahead)) {
    let next: IteratorResult<BlockInput, DerivationCursor>;
    try {
      next = derivation.inputs.next();
    } catch (error) {
      if (error instanceof MissingMessageError && isSuperseded(following, derivation)) return false;
      throw error;
    }
    // What was read just now is of one state of the Inbox only if that is still its state.
    if (isSuperseded(following, derivation)) return false;
    if (next.done === true) {
      lookahead.end = next.value;
      return true;
    }
    const input = next.value;
    const local = store.getSummary(derivation.parent.header.number + lookahead.blocks.length + 1);
    const isPresent = local !== undefined && builtFromSame(readInput(store, local), input);
    const transactions = isPresent ? undefined : recoverValid(input.transactions, following);
    // It fails again where it is waited for.
    transactions?.catch(() => undefined);
    addUpcoming(lookahead, { input, transactions });
  }
  return true;
}

/** Stores the executed blocks. False if the derivation is superseded. */
function saveBlocks(following: Following, derivation: BatchDerivation): Promise<boolean> {
  const { chain } = following;
  return chain.exclusive(async (writer) => {
    const first = derivation.unsaved[0];
    if (first === undefined) return true;
    if (isSuperseded(following, derivation) || first.header.parentHash !== chain.latest().hash) return false;
    await writer.appendAll(derivation.unsaved.splice(0));
    return true;
  });
}

async function stopDerivation(following: Following, derivation: BatchDerivation): Promise<"stopped"> {
  await saveBlocks(following, derivation);
  return "stopped";
}

function recordBatch(following: Following, derivation: BatchDerivation): Promise<BatchOutcome> {
  const { chain, counters, logger } = following;
  const { index, lookahead, parent, rewinds } = derivation;
  const { end } = lookahead;
  if (end === undefined) throw new Error(`expected batch ${index} to be derived to its end`);
  const derived: DerivedBatch = {
    batch: index,
    lastBlock: parent.header.number,
    lastBlockHash: parent.hash,
    nextMessage: end.nextMessage,
    outboxRoot: parent.header.outboxRoot,
  };
  return chain.exclusive(async (writer) => {
    const isThere = chain.store.getBlockHash(derived.lastBlock) === derived.lastBlockHash;
    if (!isThere || isSuperseded(following, derivation)) return "superseded";
    try {
      await writer.putDerivedBatch(derived, rewinds);
    } catch (error) {
      if (isSuperseded(following, derivation)) return "superseded";
      throw error;
    }
    counters.batches.inc();
    logger.debug({ ...derived }, "batch derived");
    return "derived";
  });
}

/** A message the Inbox must have is not in the store: it was dropped while the batch was derived. */
class MissingMessageError extends Error {
  constructor(index: number) {
    super(`corrupt database: message ${index} of the Inbox is missing`);
    this.name = "MissingMessageError";
  }
}
