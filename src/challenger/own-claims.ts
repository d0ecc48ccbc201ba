import { TraceUnavailableError } from "../traces/index.ts";
import type { ClaimTrace, TraceProvider, UnitTrace } from "../traces/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { DisputedClaim } from "./dispute-state.ts";

/** What is asked of the own trace of a unit. */
export type OwnUnit = Pick<UnitTrace, "root" | "halves" | "openPrefix" | "proof" | "prove">;

/** The child of a right claim as this node derived it: the only right one. */
export interface OwnClaim {
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly trace: Pick<ClaimTrace, "halves" | "openPrefix" | "stateHash">;
  /** The trace of unit `index`. It is run when it is asked about; its answers reject with UnitBusyError while that takes long. */
  openUnit(index: number): OwnUnit;
}

/** The own judgement of claims. */
export interface OwnClaims {
  /** The state hash this node derived after so many batches; undefined if it has derived fewer. */
  stateHashAt(batchCount: number): Hash | undefined;
  /** The right child of a right claim; undefined while its batches are not all derived and traced. */
  childOf(parent: Pick<DisputedClaim, "claimId" | "batchCount" | "nextBatchCount">): Promise<OwnClaim | undefined>;
}

export interface OwnClaimsOptions {
  readonly traces: Pick<TraceProvider, "openClaim">;
  readonly stateHashAt: (batchCount: number) => Hash | undefined;
  /** Changes whenever L1 takes back something of the Inbox, so that batches may not be what they were. */
  readonly rewindCount: () => number;
  readonly claimTraceHeight: number;
  /** Seconds to wait for an answer about a unit before other moves go on; default 2. */
  readonly patience?: number;
}

/** Answers about units that are kept: at most 100,000 bytes each, the witness of a step, and most of them far less. */
const KEPT_ANSWERS = 1_024;

/** A unit is being run, which takes longer than others should wait for: it is to be asked for again. */
export class UnitBusyError extends Error {
  override readonly name = "UnitBusyError";

  constructor(unit: number) {
    super(`unit ${unit} is still being run`);
  }
}

/** Judges by the traces of this node. What takes long to find is kept until L1 changes what it comes from. */
export function createOwnClaims(options: OwnClaimsOptions): OwnClaims {
  const { traces, stateHashAt, rewindCount, claimTraceHeight, patience = 2 } = options;
  const claims = new Map<string, OwnClaim>();
  let rewinds = rewindCount();

  async function open(fromBatch: number, toBatch: number, stateHash: Hash): Promise<OwnClaim> {
    const trace = await traces.openClaim({ fromBatch, toBatch });
    return {
      stateHash,
      traceRoot: await trace.root(0, claimTraceHeight),
      trace,
      openUnit: rememberUnits(trace, patience),
    };
  }

  return {
    stateHashAt,
    async childOf({ batchCount, nextBatchCount }) {
      if (rewinds !== rewindCount()) {
        claims.clear();
        rewinds = rewindCount();
      }
      const stateHash = stateHashAt(nextBatchCount);
      if (stateHash === undefined) return undefined;
      const key = `${batchCount}/${nextBatchCount}/${stateHash}`;
      const known = claims.get(key);
      if (known !== undefined) return known;
      const before = rewinds;
      try {
        const claim = await open(batchCount, nextBatchCount, stateHash);
        if (before === rewindCount() && stateHashAt(nextBatchCount) === stateHash) claims.set(key, claim);
        return claim;
      } catch (error) {
        if (error instanceof TraceUnavailableError) return undefined;
        throw error;
      }
    },
  };
}

/** The answers about units, which stay known: a unit is not run again for what was asked before. */
function rememberUnits(trace: Pick<ClaimTrace, "openUnit">, patience: number): (index: number) => OwnUnit {
  const answers = new Map<string, Promise<unknown>>();

  /** Starts to find an answer, and waits for it as long as there is patience; when it is asked for again it goes on waiting. */
  function ask<T>(index: number, question: string, find: (unit: UnitTrace) => Promise<T>): Promise<T> {
    const key = `${index}/${question}`;
    let answer = answers.get(key) as Promise<T> | undefined;
    if (answer === undefined) {
      if (answers.size >= KEPT_ANSWERS) answers.clear();
      answer = trace.openUnit(index).then(find);
      answers.set(key, answer);
      answer.catch(() => answers.delete(key));
    }
    return unlessBusy(answer, index, patience);
  }

  return (index) => ({
    root: (start, height) => ask(index, `root/${start}/${height}`, (unit) => unit.root(start, height)),
    halves: (start, height) => ask(index, `halves/${start}/${height}`, (unit) => unit.halves(start, height)),
    openPrefix: (start) => ask(index, `prefix/${start}`, (unit) => unit.openPrefix(start)),
    proof: (entry, height) => ask(index, `proof/${entry}/${height}`, (unit) => unit.proof(entry, height)),
    prove: (entry) => ask(index, `step/${entry}`, (unit) => unit.prove(entry)),
  });
}

/** @throws UnitBusyError */
export async function unlessBusy<T>(answer: Promise<T>, index: number, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new UnitBusyError(index)), patience * 1_000);
  });
  try {
    return await Promise.race([answer, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
