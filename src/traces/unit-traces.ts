import type { StateDatabase } from "../ethereum/index.ts";
import {
  OUTSIDE_BLOCKS,
  Phase,
  boundaryHash,
  copyForProving,
  createProver,
  createStateTries,
  isBoundary,
  phaseName,
  reportStep,
  start,
  step as takeStep,
  traceUnit,
} from "../machine/index.ts";
import type { ChainSource, Machine, Prover, ProvenStep, Trace } from "../machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { batchHash } from "../rollup/index.ts";
import { askTree } from "./ask-tree.ts";
import { openBatch } from "./batch-run.ts";
import type { BatchRun } from "./batch-run.ts";
import { createBlobElements } from "./blob-elements.ts";
import { haltHash, loadHash } from "./boundary-states.ts";
import { chainOverDatabase } from "./chain-over-database.ts";
import { findBatchOfUnit, findSameUnits } from "./claim-units.ts";
import type { ClaimUnits, TraceReading } from "./claim-units.ts";
import type { ClaimIdentity, TraceCall, TraceExtent } from "./trace-protocol.ts";
import { createTracedState } from "./traced-state.ts";
import type { ExplainedStep, InboxHash } from "./types.ts";

/** Traces of units of claims, step by step. The one that was asked for last is kept: 32 bytes a step. */
export interface UnitTraces {
  open(claim: ClaimIdentity, unit: number): TraceExtent;
  ask(claim: ClaimIdentity, unit: number, call: TraceCall): unknown;
  prove(claim: ClaimIdentity, unit: number, step: number): Promise<ProvenStep>;
  explain(claim: ClaimIdentity, unit: number, step: number): Promise<ExplainedStep>;
}

/** Where a unit begins: so many units after the begin of a batch, or after the last batch of its claim. */
interface UnitPlace {
  /** Batches before the one the unit is in. */
  readonly batch: number;
  readonly unitsBefore: number;
  /** The boundary states before and after it, as they are stored. */
  readonly before: Hash;
  readonly after: Hash;
}

/** A machine of the chain before a unit. It is copied for each run of the unit. */
interface UnitBegin {
  readonly machine: Machine;
  /** The state it stands on, and what that was made of. */
  readonly nodes: StateDatabase;
  readonly stateRoot: Hash;
  readonly isInBlock: boolean;
}

interface RunUnit {
  readonly trace: Trace;
  readonly place: UnitPlace;
  readonly unitBegin: UnitBegin;
}

export function createUnitTraces(reading: TraceReading): UnitTraces {
  const { config, database } = reading;
  const elements = createBlobElements(database.inbox);
  let last: (RunUnit & { readonly key: string }) | undefined;

  function traceOf(claim: ClaimIdentity, unit: number): RunUnit {
    if (!Number.isSafeInteger(unit) || unit < 0) throw new RangeError(`expected the index of a unit, got ${unit}`);
    const units = findSameUnits(claim, reading);
    const key = JSON.stringify([claim, unit]);
    if (last?.key === key) return last;
    last = undefined;
    const place = findPlace(units, unit);
    const unitBegin = runUpTo(units, place);
    const trace = traceUnit(() => begin(unitBegin));
    const end = trace.stateHash(trace.length - 1);
    if (end !== place.after) throw new Error(`the steps of unit ${unit} end in ${end}, its boundary is ${place.after}`);
    last = { key, trace, place, unitBegin };
    return last;
  }

  function findPlace({ claim, firstUnit, count, end, begin: first }: ClaimUnits, unit: number): UnitPlace {
    const hashAt = (index: number): Hash => bytesToHex(database.traces.readUnits(firstUnit + index, 1));
    if (unit < count) {
      const { batch, firstUnit: start } = findBatchOfUnit(firstUnit + unit, claim.range, reading);
      const before = unit === 0 ? loadHash(first) : hashAt(unit - 1);
      return { batch, unitsBefore: firstUnit + unit - start, before, after: hashAt(unit) };
    }
    const halt = haltHash(end);
    const { toBatch } = claim.range;
    if (unit === count) return { batch: toBatch, unitsBefore: 0, before: loadHash(end), after: halt };
    return { batch: toBatch, unitsBefore: 1, before: halt, after: halt };
  }

  /** A machine before the unit: the units of its block before it have brought it there in fast mode. */
  function runUpTo({ claim }: ClaimUnits, { batch, unitsBefore, before }: UnitPlace): UnitBegin {
    const open = () => openBatch(batch, reading, { target: claim.range.toBatch });
    const passed = countBlocks(open(), unitsBefore);
    const { machine, state, runUnit, passBlock } = open();
    if (unitsBefore > 0) runUnit();
    for (let block = 0; block < passed.blocks; block++) passBlock();
    for (let done = passed.units; done < unitsBefore; done++) runUnit();
    const isInBlock = machine.environment !== OUTSIDE_BLOCKS;
    const stateRoot = isInBlock ? state.commit() : ZERO_HASH;
    const reached = boundaryHash(machine, stateRoot);
    if (reached !== before) throw new Error(`the units before come to ${reached}, the boundary is ${before}`);
    return { machine, nodes: state.nodes, stateRoot, isInBlock };
  }

  /**
   * A machine in proving mode before the first step of the unit.
   * @param watch gives another source for the one that the machine reads
   */
  function beginMachine(
    { machine, nodes, stateRoot, isInBlock }: UnitBegin,
    watch: (source: ChainSource) => ChainSource = (source) => source,
  ): Machine {
    const state = createTracedState(nodes);
    const source = watch(chainOverDatabase({ config, database, state, elements }));
    return copyForProving(machine, source, isInBlock ? state.open(stateRoot) : undefined);
  }

  /** A prover before the first step of the unit. */
  function begin(unitBegin: UnitBegin): Prover {
    const { nodes, stateRoot } = unitBegin;
    return createProver({ machine: beginMachine(unitBegin), tries: createStateTries(nodes), stateRoot });
  }

  async function prove(claim: ClaimIdentity, unit: number, step: number): Promise<ProvenStep> {
    const { trace, place } = traceOf(claim, unit);
    await elements.prepare(place, step);
    return trace.prove(step);
  }

  return {
    open(claim, unit) {
      const { before, length } = traceOf(claim, unit).trace;
      return { before, length };
    },
    ask: (claim, unit, call) => askTree(traceOf(claim, unit).trace, call),
    prove,
    async explain(claim, unit, step) {
      const proven = await prove(claim, unit, step);
      const { place, unitBegin } = traceOf(claim, unit);
      const { batch, unitsBefore } = place;
      const { source, reads } = watchInbox();
      // Without a prover: it would take what the step has changed before that is told.
      const machine = beginMachine(unitBegin, source);
      const isOver = batch === claim.range.toBatch;
      const kind = isOver ? "Halt" : phaseName(machine.phase);
      const blockNumber = unitBegin.isInBlock ? Number(machine.environment.number) : undefined;
      for (let index = 0; index < step && (index === 0 || !isBoundary(machine.phase)); index++) {
        if (index === 0) start(machine);
        else takeStep(machine);
      }
      reads.batches.clear();
      reads.messages.clear();
      const report = reportStep(machine, step);
      const inbox = { batches: hashesOf(reads.batches), messages: hashesOf(reads.messages) };
      return { proven, report, unit: { kind, batch, unitsBefore, blockNumber }, inbox };
    },
  };
}

/** Remembers what is read of the Inbox, by index. */
function watchInbox() {
  const reads = { batches: new Map<number, Hash>(), messages: new Map<number, Hash>() };
  const source = (of: ChainSource): ChainSource => ({
    ...of,
    batch(index) {
      const record = of.batch(index);
      reads.batches.set(index, batchHash(record));
      return record;
    },
    message(index) {
      const message = of.message(index);
      reads.messages.set(index, message.hash);
      return message;
    },
  });
  return { source, reads };
}

function hashesOf(read: ReadonlyMap<number, Hash>): readonly InboxHash[] {
  return [...read].map(([index, hash]) => ({ index, hash }));
}

/** How many blocks of a batch end within its first units, and the units up to the end of the last of them. */
function countBlocks(
  { machine, runUnit, passBlock }: BatchRun,
  units: number,
): { readonly blocks: number; readonly units: number } {
  if (units === 0) return { blocks: 0, units: 0 };
  runUnit();
  let counted = 1;
  for (let blocks = 0; ; blocks++) {
    const ofNext = machine.phase === Phase.BeginBlock ? passBlock() : 0;
    if (ofNext === 0 || counted + ofNext > units) return { blocks, units: counted };
    counted += ofNext;
  }
}
