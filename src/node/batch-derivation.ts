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

/** The derivation of batches one after another, which are stored together. */
interface DerivationRun {
  /** The Inbox's rewind count at the begin: what was read since holds only while it stays. */
  readonly rewinds: number;
  /** The block last settled: the next one is its child. */
  parent: BlockSummary;
  /** What the batch last derived became; undefined before the first of the chain. */
  previous: DerivedBatch | undefined;
  /** Blocks executed and not stored yet; the parent of the first is stored. */
  readonly unsaved: Block[];
  /** Batches derived and not recorded yet. */
  readonly unrecorded: DerivedBatch[];
  /** When the first of both came, in milliseconds of `performance.now`. */
  unsavedSince: number;
}

/** The derivation of one batch while it runs. */
interface BatchDerivation {
  readonly index: number;
  readonly inputs: Iterator<BlockInput, DerivationCursor, BlockResult>;
  /** Recoveries that began when a block was read ahead, by its transactions. */
  readonly recoveries: WeakMap<readonly Uint8Array[], ReturnType<typeof recoverTransactions>>;
  /** Whether the gas bucket could not pay for all that was listed in the block last settled. */
  isCut: boolean;
}

/** Blocks and batches stored together, and milliseconds the first of them waits at most. */
const WRITE_COUNT = 64;
const WRITE_DELAY = 200;

/**
 * Derives some of the batches that are not derived yet, block by block, and records what they became. Batches cost little on
 * L1, and to record one takes as long as to record many.
 */
export async function deriveBatches(following: Following): Promise<BatchOutcome> {
  const { store, inbox } = following.chain;
  const run = beginRun(following);
  for (let index = store.derivedBatchCount(); index < inbox.batchCount(); index++) {
    const outcome = await deriveBatch(following, run, index);
    if (outcome === "superseded") return outcome;
    if (outcome === "stopped") {
      await save(following, run);
      return outcome;
    }
    if (isWriteDue(run.unsaved.length + run.unrecorded.length, performance.now() - run.unsavedSince)) break;
  }
  return (await save(following, run)) ? "derived" : "superseded";
}

function beginRun({ chain: { store, inbox } }: Following): DerivationRun {
  const rewinds = inbox.rewindCount();
  const count = store.derivedBatchCount();
  const previous = count === 0 ? undefined : store.getDerivedBatch(count - 1);
  const parent = store.getSummary(previous?.lastBlock ?? 0);
  if (parent === undefined) throw new Error(`corrupt database: block ${previous?.lastBlock ?? 0} is missing`);
  return { rewinds, parent, previous, unsaved: [], unrecorded: [], unsavedSince: 0 };
}

async function deriveBatch(following: Following, run: DerivationRun, index: number): Promise<BatchOutcome> {
  // 1. Begin where the batch before it ended.
  const derivation = beginDerivation(following, run, index);
  if (derivation === undefined) return "superseded";

  for (;;) {
    if (following.isStopped()) return "stopped";

    // 2. Derive the next block. Those behind it are read too: their senders are recovered while this one is executed.
    const next = deriveNext(following, run, derivation);
    if (next === undefined) return "superseded";
    if (next.done === true) {
      // 5. Note what the batch became.
      noteBatch(run, index, next.value);
      return "derived";
    }
    const input = next.value;
    const recovered = await derivation.recoveries.get(input.transactions);
    if (following.isStopped()) return "stopped";

    // 3. Find or execute the block.
    const settled = await following.chain.exclusive(async (writer) => {
      if (isSuperseded(following, run)) return { kind: "superseded" } as const;
      const parent = { block: run.parent, isStored: run.unsaved.length === 0 };
      return settleBlock(following, writer, parent, input, recovered);
    });
    if (settled.kind === "stopped" || settled.kind === "superseded") return settled.kind;
    run.parent = settled.block;
    derivation.isCut = settled.isCut;

    // 4. Store executed blocks, several at a time.
    if (settled.kind === "present") continue;
    noteUnsaved(run);
    run.unsaved.push(settled.block);
    if (!isWriteDue(run.unsaved.length, performance.now() - run.unsavedSince)) continue;
    if (!(await save(following, run))) return "superseded";
  }
}

/** To be called before anything is added. */
function noteUnsaved(run: DerivationRun): void {
  if (run.unsaved.length + run.unrecorded.length === 0) run.unsavedSince = performance.now();
}

function noteBatch(run: DerivationRun, batch: number, { nextMessage }: DerivationCursor): void {
  const { header, hash } = run.parent;
  noteUnsaved(run);
  run.previous = { batch, lastBlock: header.number, lastBlockHash: hash, nextMessage, outboxRoot: header.outboxRoot };
  run.unrecorded.push(run.previous);
}

/** Whether blocks or batches of which the first waits for `waited` milliseconds are to be stored. */
export function isWriteDue(count: number, waited: number): boolean {
  return count >= WRITE_COUNT || (count > 0 && waited >= WRITE_DELAY);
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

function beginDerivation(following: Following, run: DerivationRun, index: number): BatchDerivation | undefined {
  const { store, inbox } = following.chain;
  const { parent } = run;
  const batch = inbox.getBatchRecord(index);
  if (batch === undefined || isSuperseded(following, run)) return undefined;
  const readMessage = (message: number) => {
    const found = inbox.getMessage(message);
    if (found === undefined) throw new MissingMessageError(message);
    return found;
  };
  const recoveries: BatchDerivation["recoveries"] = new WeakMap();
  const cursor = cursorAfter(run.previous, parent);
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
  return { index, inputs, recoveries, isCut: false };
}

/** Whether what the run stands on changed: the Inbox, or what is recorded of its batches. */
function isSuperseded({ chain }: Following, { rewinds, previous, unrecorded }: DerivationRun): boolean {
  const recorded = (previous === undefined ? 0 : previous.batch + 1) - unrecorded.length;
  return chain.inbox.rewindCount() !== rewinds || chain.store.derivedBatchCount() !== recorded;
}

/** The next block, or where the batch ends. Undefined if the derivation is superseded. */
function deriveNext(
  following: Following,
  run: DerivationRun,
  derivation: BatchDerivation,
): IteratorResult<BlockInput, DerivationCursor> | undefined {
  const { gasLevel } = run.parent.header;
  let next: IteratorResult<BlockInput, DerivationCursor>;
  try {
    next = derivation.inputs.next({ gasLevel, isCut: derivation.isCut });
  } catch (error) {
    if (error instanceof MissingMessageError && isSuperseded(following, run)) return undefined;
    throw error;
  }
  // What was read just now is of one state of the Inbox only if that is still its state.
  return isSuperseded(following, run) ? undefined : next;
}

/** Stores the executed blocks, then records the derived batches. False if the run is superseded. */
function save(following: Following, run: DerivationRun): Promise<boolean> {
  const { chain, counters, logger } = following;
  const { unsaved, unrecorded, rewinds } = run;
  return chain.exclusive(async (writer) => {
    if (isSuperseded(following, run)) return false;
    const first = unsaved[0];
    if (first !== undefined) {
      if (first.header.parentHash !== chain.latest().hash) return false;
      await writer.appendAll(unsaved.splice(0));
    }
    const last = unrecorded.at(-1);
    if (last === undefined) return true;
    const isThere = chain.store.getBlockHash(last.lastBlock) === last.lastBlockHash;
    if (!isThere || isSuperseded(following, run)) return false;
    try {
      await writer.putDerivedBatches(unrecorded, rewinds);
    } catch (error) {
      if (isSuperseded(following, run)) return false;
      throw error;
    }
    for (const derived of unrecorded.splice(0)) {
      counters.batches.inc();
      logger.debug({ ...derived }, "batch derived");
    }
    return true;
  });
}

/** A message the Inbox must have is not in the store: it was dropped while the batch was derived. */
class MissingMessageError extends Error {
  constructor(index: number) {
    super(`corrupt database: message ${index} of the Inbox is missing`);
    this.name = "MissingMessageError";
  }
}
