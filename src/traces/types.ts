import type { ProvenStep, StepReport, TraceTree } from "../machine/index.ts";
import type { Hash } from "../primitives/index.ts";

/** The batches that a claim covers: from `fromBatch` to before `toBatch`. */
export interface ClaimRange {
  readonly fromBatch: number;
  readonly toBatch: number;
}

/** What can be asked of the tree over a trace; `TraceTree` says what each gives. */
export type TraceQuestion = "stateHash" | "root" | "halves" | "prefix" | "openPrefix" | "proof";

/**
 * A `TraceTree` on another thread. Each question rejects with a RangeError where an index or a span is none, and with
 * TraceUnavailableError once the chain it was opened on is another.
 */
export type AskedTrace = Pick<TraceTree, "before" | "length"> & {
  readonly [Question in TraceQuestion]: (
    ...args: Parameters<TraceTree[Question]>
  ) => Promise<ReturnType<TraceTree[Question]>>;
};

/**
 * The trace of a claim, level 0 of a dispute: the boundary state after each unit of its batches, then the Halt state for ever.
 * `before` is the load state of its parent, `length` the units and the halt.
 */
export interface ClaimTrace extends AskedTrace {
  readonly range: ClaimRange;
  /** The trace of unit `index`, beyond the last one that of a halt. Runs it, which takes long if it has many steps. */
  openUnit(index: number): Promise<UnitTrace>;
}

/** The trace of a unit, level 1 of a dispute: the state after each of its steps, `start` being step 0. */
export interface UnitTrace extends AskedTrace {
  /** The step to entry `index` with what proves it to L1. Runs the unit again up to there. */
  prove(index: number): Promise<ProvenStep>;
  /** The step to entry `index`, explained. Runs the unit again up to there, twice. */
  explain(index: number): Promise<ExplainedStep>;
}

/** What a batch or a message of the Inbox is committed to by. */
export interface InboxHash {
  readonly index: number;
  readonly hash: Hash;
}

/** A step with all that takes it again elsewhere, and what it is, for people. */
export interface ExplainedStep {
  readonly proven: ProvenStep;
  readonly report: StepReport;
  readonly unit: {
    /** The phase it begins in; `Halt` where the claim's batches are over. */
    readonly kind: string;
    /** The batch it is of; of a halt, the one that would come next. */
    readonly batch: number;
    /** Units of that batch before it. */
    readonly unitsBefore: number;
    /** Undefined where it is not inside an L2 block. */
    readonly blockNumber: number | undefined;
  };
  /** All of the Inbox that the step reads. */
  readonly inbox: { readonly batches: readonly InboxHash[]; readonly messages: readonly InboxHash[] };
}

/** The traces of what this node has derived, as proposers and challengers ask for them. */
export interface TraceProvider {
  /** Rejects with TraceUnavailableError if the batches are not all traced. */
  openClaim(range: ClaimRange): Promise<ClaimTrace>;
  close(): Promise<void>;
}
