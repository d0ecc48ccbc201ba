import { deriveBlocks, payloadBlocks } from "../derivation/index.ts";
import type { BlockResult, DerivationCursor } from "../derivation/index.ts";
import type { Block, BlockInput } from "../rollup/index.ts";
import type { BlockSummary, DerivedBatch } from "../storage/index.ts";
import { lookAhead } from "./block-lookahead.ts";
import { hasSameTransactions, readTransactions, settleBlock } from "./block-settlement.ts";
import type { Following } from "./following.ts";
import { recoverTransactions } from "./transaction-recovery.ts";

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
  readonly inputs: Iterator<BlockInput, DerivationCursor, BlockResult>;
  /** Recoveries that began when a block was read ahead, by its transactions. */
  readonly recoveries: WeakMap<readonly Uint8Array[], ReturnType<typeof recoverTransactions>>;
  /** The block last settled: the next one is its child. */
  parent: BlockSummary;
  /** Whether the gas bucket could not pay for all that was listed in it. */
  isCut: boolean;
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

    // 2. Derive the next block. Those behind it are read too: their senders are recovered while this one is executed.
    const next = deriveNext(following, derivation);
    if (next === undefined) return "superseded";
    if (next.done === true) {
      // 5. Record what the batch became.
      if (!(await saveBlocks(following, derivation))) return "superseded";
      return recordBatch(following, derivation, next.value);
    }
    const input = next.value;
    const recovered = await derivation.recoveries.get(input.transactions);
    if (following.isStopped()) return stopDerivation(following, derivation);

    // 3. Find or execute the block.
    const settled = await following.chain.exclusive(async (writer) => {
      if (isSuperseded(following, derivation)) return { kind: "superseded" } as const;
      const parent = { block: derivation.parent, isStored: derivation.unsaved.length === 0 };
      return settleBlock(following, writer, parent, input, recovered);
    });
    if (settled.kind === "stopped") return stopDerivation(following, derivation);
    if (settled.kind === "superseded") return "superseded";
    derivation.parent = settled.block;
    derivation.isCut = settled.isCut;

    // 4. Store executed blocks, several at a time.
    if (settled.kind === "present") continue;
    if (derivation.unsaved.push(settled.block) === 1) derivation.unsavedSince = performance.now();
    if (!isWriteDue(derivation.unsaved.length, performance.now() - derivation.unsavedSince)) continue;
    if (!(await saveBlocks(following, derivation))) return "superseded";
  }
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
    gasLevel: parent.header.gasLevel,
  };
}

function beginDerivation(following: Following, index: number): BatchDerivation | undefined {
  const { store, inbox } = following.chain;
  const rewinds = inbox.rewindCount();
  const batch = inbox.getBatchRecord(index);
  if (batch === undefined || store.derivedBatchCount() !== index) return undefined;
  const previous = index === 0 ? undefined : store.getDerivedBatch(index - 1);
  const parent = store.getSummary(previous?.lastBlock ?? 0);
  if (parent === undefined) throw new Error(`corrupt database: block ${previous?.lastBlock ?? 0} is missing`);
  const readMessage = (message: number) => {
    const found = inbox.getMessage(message);
    if (found === undefined) throw new MissingMessageError(message);
    return found;
  };
  const recoveries: BatchDerivation["recoveries"] = new WeakMap();
  const cursor = cursorAfter(previous, parent);
  const rules = parent.header;
  const blocks = lookAhead(
    payloadBlocks(cursor, batch, following.openContent(batch), rules),
    ({ transactions }, position) => {
      // The chain may have the block already, if this node sequenced it or had it from the feed.
      const local = store.getBlockHash(parent.header.number + 1 + position);
      if (local !== undefined && hasSameTransactions(readTransactions(store, local), transactions)) return;
      const recovery = recoverTransactions(transactions, following);
      // It fails again where it is waited for.
      recovery.catch(() => undefined);
      recoveries.set(transactions, recovery);
    },
  );
  const inputs = deriveBlocks(cursor, batch, blocks, readMessage, rules);
  return { index, rewinds, inputs, recoveries, parent, isCut: false, unsaved: [], unsavedSince: 0 };
}

function isSuperseded({ chain }: Following, { index, rewinds }: BatchDerivation): boolean {
  return chain.inbox.rewindCount() !== rewinds || chain.store.derivedBatchCount() !== index;
}

/** The next block, or where the batch ends. Undefined if the derivation is superseded. */
function deriveNext(
  following: Following,
  derivation: BatchDerivation,
): IteratorResult<BlockInput, DerivationCursor> | undefined {
  const { gasLevel } = derivation.parent.header;
  let next: IteratorResult<BlockInput, DerivationCursor>;
  try {
    next = derivation.inputs.next({ gasLevel, isCut: derivation.isCut });
  } catch (error) {
    if (error instanceof MissingMessageError && isSuperseded(following, derivation)) return undefined;
    throw error;
  }
  // What was read just now is of one state of the Inbox only if that is still its state.
  return isSuperseded(following, derivation) ? undefined : next;
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

function recordBatch(
  following: Following,
  derivation: BatchDerivation,
  { nextMessage }: DerivationCursor,
): Promise<BatchOutcome> {
  const { chain, counters, logger } = following;
  const { index, parent, rewinds } = derivation;
  const derived: DerivedBatch = {
    batch: index,
    lastBlock: parent.header.number,
    lastBlockHash: parent.hash,
    nextMessage,
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
