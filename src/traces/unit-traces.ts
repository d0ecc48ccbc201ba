import type { StateDatabase } from "../ethereum/index.ts";
import {
  OUTSIDE_BLOCKS,
  Phase,
  boundaryHash,
  copyForProving,
  createProver,
  createStateTries,
  traceUnit,
} from "../machine/index.ts";
import type { Machine, Prover, ProvenStep, Trace } from "../machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
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

/** Traces of units of claims, step by step. The one that was asked for last is kept: 32 bytes a step. */
export interface UnitTraces {
  open(claim: ClaimIdentity, unit: number): TraceExtent;
  ask(claim: ClaimIdentity, unit: number, call: TraceCall): unknown;
  prove(claim: ClaimIdentity, unit: number, step: number): Promise<ProvenStep>;
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

export function createUnitTraces(reading: TraceReading): UnitTraces {
  const { config, database } = reading;
  const elements = createBlobElements(database.inbox);
  let last: { readonly key: string; readonly trace: Trace } | undefined;

  function traceOf(claim: ClaimIdentity, unit: number): Trace {
    if (!Number.isSafeInteger(unit) || unit < 0) throw new RangeError(`expected the index of a unit, got ${unit}`);
    const units = findSameUnits(claim, reading);
    const key = JSON.stringify([claim, unit]);
    if (last?.key === key) return last.trace;
    last = undefined;
    const place = findPlace(units, unit);
    const unitBegin = runUpTo(units, place);
    const trace = traceUnit(() => begin(unitBegin));
    const end = trace.stateHash(trace.length - 1);
    if (end !== place.after) throw new Error(`the steps of unit ${unit} end in ${end}, its boundary is ${place.after}`);
    last = { key, trace };
    return trace;
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

  /** A prover before the first step of the unit. */
  function begin({ machine, nodes, stateRoot, isInBlock }: UnitBegin): Prover {
    const state = createTracedState(nodes);
    const source = chainOverDatabase({ config, database, state, elements });
    return createProver({
      machine: copyForProving(machine, source, isInBlock ? state.open(stateRoot) : undefined),
      tries: createStateTries(nodes),
      stateRoot,
    });
  }

  return {
    open(claim, unit) {
      const { before, length } = traceOf(claim, unit);
      return { before, length };
    },
    ask: (claim, unit, call) => askTree(traceOf(claim, unit), call),
    async prove(claim, unit, step) {
      const trace = traceOf(claim, unit);
      await elements.prepare(findPlace(findSameUnits(claim, reading), unit), step);
      return trace.prove(step);
    },
  };
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
