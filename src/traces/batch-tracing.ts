import { OUTSIDE_BLOCKS, Phase, boundaryHash, createChainMachine, runUnit } from "../machine/index.ts";
import type { Machine } from "../machine/index.ts";
import { derivedStateAt } from "../node/index.ts";
import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { stateHash } from "../rollup/index.ts";
import type { ChainState, RollupConfig } from "../rollup/index.ts";
import type { DerivedBatch, NodeDatabaseReader } from "../storage/index.ts";
import { chainOverDatabase } from "./chain-over-database.ts";
import type { TracedBatches } from "./trace-protocol.ts";
import { createTracedState } from "./traced-state.ts";

/** Runs batches through the machine, and notes the boundary states. */
export interface BatchTracing {
  /** The traces of some batches from `first` on, as many as take little time together: at least one. */
  trace(first: number): TracedBatches;
}

/** Milliseconds after which no further batch is begun; what is traced waits that long to be stored. */
const TURN = 200;

/**
 * Milliseconds between looks at the database within a batch: whether it is still the same. Until then, what the node has
 * deleted or replaced there is kept for this thread, and its file grows.
 */
const REFRESH_INTERVAL = 50;

const HASH_SIZE = 32;

/** A difference between this machine and what the node has derived. */
class DifferenceError extends Error {}

/** The batch is no more what it was when it was begun. */
class SupersededError extends Error {}

/** What is traced together holds while these are what they were. */
interface TracingTurn {
  /** The Inbox's rewind count when that was last seen. */
  rewindCount: number;
  readonly identities: Map<number, string>;
}

export function createBatchTracing({
  config,
  database,
}: {
  readonly config: RollupConfig;
  readonly database: NodeDatabaseReader;
}): BatchTracing {
  const { chain, inbox } = database;
  const state = createTracedState(chain.state);
  const source = chainOverDatabase({ config, database, state, sharesInflation: true });
  const stateAt = (batchCount: number): ChainState | undefined => derivedStateAt(batchCount, { config, store: chain });
  /** After the batch traced last. */
  let machine: Machine | undefined;
  let refreshed = 0;

  function machineAt(batch: number): Machine | undefined {
    const begin = stateAt(batch);
    if (begin === undefined) return undefined;
    const isThere =
      machine?.phase === Phase.LoadBatch &&
      machine.chain?.kind === "between-batches" &&
      stateHash(machine.chain.state) === stateHash(begin);
    return isThere ? machine : createChainMachine({ chain: begin, source, isProving: false });
  }

  /** The hashes of all units of the batch that the machine stands before. */
  function traceBatch(running: Machine, derived: DerivedBatch, turn: TracingTurn): Uint8Array {
    const hashes: Hash[] = [];
    do {
      const { sealed } = running;
      runUnit(running);
      const root = running.environment === OUTSIDE_BLOCKS ? ZERO_HASH : state.commit();
      hashes.push(boundaryHash(running, root));
      if (running.sealed !== sealed) {
        checkBlock(running);
        state.forget();
      }
      if (performance.now() - refreshed >= REFRESH_INTERVAL) lookWhetherSuperseded(turn);
    } while (running.phase !== Phase.LoadBatch);
    checkEnd(running, derived);
    return concatHashes(hashes);
  }

  function checkBlock({ sealed }: Machine): void {
    if (sealed === undefined) return;
    const { hash, header } = sealed;
    const own = chain.getBlockHash(header.number);
    if (own === hash) return;
    throw new DifferenceError(`the machine makes block ${header.number} ${hash}, the node ${own ?? "has none"}`);
  }

  function checkEnd({ chain: reached }: Machine, { batch }: DerivedBatch): void {
    const expected = stateAt(batch + 1);
    const actual = reached?.kind === "between-batches" ? reached.state : undefined;
    if (expected !== undefined && actual !== undefined && stateHash(expected) === stateHash(actual)) return;
    const [machineEnd, nodeEnd] = [JSON.stringify(actual), JSON.stringify(expected)];
    throw new DifferenceError(`the machine is after batch ${batch} at ${machineEnd}, the node at ${nodeEnd}`);
  }

  /** What a batch is and became: what its blocks are is in the hash of the last one. */
  function identify(batch: number): string {
    return JSON.stringify([inbox.getBatchRecord(batch), chain.getDerivedBatch(batch)]);
  }

  /** L1 may have taken back entries without any of these batches. */
  function lookWhetherSuperseded(turn: TracingTurn): void {
    refreshed = performance.now();
    database.refresh();
    if (inbox.rewindCount() === turn.rewindCount) return;
    for (const [batch, identity] of turn.identities) if (identify(batch) !== identity) throw new SupersededError();
    turn.rewindCount = inbox.rewindCount();
  }

  return {
    trace(first) {
      const begin = performance.now();
      refreshed = begin;
      const turn: TracingTurn = { rewindCount: inbox.rewindCount(), identities: new Map() };
      const running = machineAt(first);
      const batches: { readonly batch: number; readonly hashes: Uint8Array }[] = [];
      // Unless it comes to the end of a batch, it is of no use any more.
      machine = undefined;
      if (running === undefined) return { kind: "superseded" };
      try {
        for (let batch = first; performance.now() - begin < TURN; batch++) {
          const derived = chain.getDerivedBatch(batch);
          if (derived === undefined) break;
          turn.identities.set(batch, identify(batch));
          batches.push({ batch, hashes: traceBatch(running, derived, turn) });
        }
        lookWhetherSuperseded(turn);
      } catch (error) {
        if (error instanceof SupersededError) return { kind: "superseded" };
        if (error instanceof DifferenceError) return { kind: "different", report: error.message };
        throw error;
      }
      machine = running;
      return batches.length === 0 ? { kind: "superseded" } : { kind: "traced", rewindCount: turn.rewindCount, batches };
    },
  };
}

function concatHashes(hashes: readonly Hash[]): Uint8Array {
  const bytes = Buffer.alloc(hashes.length * HASH_SIZE);
  hashes.forEach((hash, index) => bytes.write(hash.slice(2), index * HASH_SIZE, "hex"));
  return bytes;
}
