import { derivedStateAt } from "../node/index.ts";
import type { ChainState, RollupConfig } from "../rollup/index.ts";
import type { NodeDatabaseReader, TracedBatch } from "../storage/index.ts";
import { TraceUnavailableError } from "./errors.ts";
import type { ClaimIdentity } from "./trace-protocol.ts";
import type { ClaimRange } from "./types.ts";

/** What both kinds of threads that answer work on. */
export interface TraceReading {
  readonly config: RollupConfig;
  readonly database: NodeDatabaseReader;
}

/** The stored units of a claim's batches. */
export interface ClaimUnits {
  readonly claim: ClaimIdentity;
  /** The chain before its first batch, and after its last. */
  readonly begin: ChainState;
  readonly end: ChainState;
  /** Of its first unit, among those of all batches. */
  readonly firstUnit: number;
  /** How many there are. */
  readonly count: number;
}

/** @throws RangeError if the range is none, TraceUnavailableError if its batches are not all traced */
export function findClaimUnits(range: ClaimRange, { config, database }: TraceReading): ClaimUnits {
  const { fromBatch, toBatch } = range;
  if (!Number.isSafeInteger(fromBatch) || !Number.isSafeInteger(toBatch) || fromBatch < 0 || fromBatch >= toBatch) {
    throw new RangeError(`expected a range of batches, got ${fromBatch} to ${toBatch}`);
  }
  const { chain, traces } = database;
  const first = traces.getBatch(fromBatch);
  const last = traces.getBatch(toBatch - 1);
  const begin = derivedStateAt(fromBatch, { config, store: chain });
  const end = derivedStateAt(toBatch, { config, store: chain });
  if (first === undefined || last === undefined || begin === undefined || end === undefined) {
    throw new TraceUnavailableError({ kind: "not-traced", tracedBatchCount: traces.batchCount() });
  }
  return {
    claim: { range, checksum: last.checksum },
    begin,
    end,
    firstUnit: first.firstUnit,
    count: last.firstUnit + last.unitCount - first.firstUnit,
  };
}

/** The units of a claim that was opened before. @throws TraceUnavailableError if its batches are not the same any more */
export function findSameUnits(claim: ClaimIdentity, reading: TraceReading): ClaimUnits {
  const { traces } = reading.database;
  if (traces.getBatch(claim.range.toBatch - 1)?.checksum !== claim.checksum) {
    throw new TraceUnavailableError({ kind: "superseded" });
  }
  return findClaimUnits(claim.range, reading);
}

/** The batch of a claim that has a unit of those of all batches. */
export function findBatchOfUnit(
  unit: number,
  { fromBatch, toBatch }: ClaimRange,
  { database }: TraceReading,
): TracedBatch & { readonly batch: number } {
  let low = fromBatch;
  let high = toBatch - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((database.traces.getBatch(middle)?.firstUnit ?? Infinity) <= unit) low = middle;
    else high = middle - 1;
  }
  const found = database.traces.getBatch(low);
  if (found === undefined) throw new TraceUnavailableError({ kind: "superseded" });
  return { ...found, batch: low };
}
