import type { TraceTree } from "../machine/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { TraceProblem } from "./errors.ts";
import type { ClaimRange, TraceQuestion } from "./types.ts";

/** What a thread is for: one that runs a unit of millions of steps keeps the others waiting for nothing. */
export type TraceThreadKind = "following" | "claims" | "units";

/** `workerData` of a thread. */
export interface TraceThreadData {
  readonly kind: TraceThreadKind;
  /** Of the database, which the process has open. */
  readonly folder: string;
  readonly config: RollupConfig;
}

/** A claim's batches as they were when its trace was opened: other units have another identity. */
export interface ClaimIdentity {
  readonly range: ClaimRange;
  /** Of the traces of the last batch: its last state has all before it behind it. */
  readonly checksum: Hash;
}

/** A question to a `TraceTree`. */
export interface TraceCall {
  readonly question: TraceQuestion;
  readonly args: readonly number[];
}

/** The begin of a trace, and how long it is. */
export type TraceExtent = Pick<TraceTree, "before" | "length">;

/** To a thread; each gets one answer, in order. */
export type TraceRequest =
  /** To the following thread: the traces of batches from `first` on, which is derived: `TracedBatches`. */
  | { readonly kind: "trace-batches"; readonly first: number }
  /** To the claims thread: `OpenedClaim`. */
  | { readonly kind: "open-claim"; readonly range: ClaimRange }
  /** To the claims thread: what the question asks for. */
  | { readonly kind: "ask-claim"; readonly claim: ClaimIdentity; readonly call: TraceCall }
  /** To the units thread: `TraceExtent`. */
  | { readonly kind: "open-unit"; readonly claim: ClaimIdentity; readonly unit: number }
  /** To the units thread: what the question asks for. */
  | { readonly kind: "ask-unit"; readonly claim: ClaimIdentity; readonly unit: number; readonly call: TraceCall }
  /** To the units thread: `ProvenStep`. */
  | { readonly kind: "prove-step"; readonly claim: ClaimIdentity; readonly unit: number; readonly step: number }
  /** To the units thread: `ExplainedStep`. */
  | { readonly kind: "explain-step"; readonly claim: ClaimIdentity; readonly unit: number; readonly step: number };

export interface OpenedClaim extends TraceExtent {
  readonly claim: ClaimIdentity;
}

/** What came of tracing batches. */
export type TracedBatches =
  | {
      readonly kind: "traced";
      /** Of the Inbox when they were read. */
      readonly rewindCount: number;
      /** At least one. */
      readonly batches: readonly { readonly batch: number; readonly hashes: Uint8Array }[];
    }
  /** They are no more what they were. */
  | { readonly kind: "superseded" }
  /** The machine comes to another chain than this node has: one of the two is wrong. */
  | { readonly kind: "different"; readonly report: string };

/** From a thread: that it has started, then an answer to each request. */
export type TraceAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "unavailable"; readonly id: number; readonly problem: TraceProblem }
  | { readonly kind: "failure"; readonly id: number; readonly error: Error };

/** A request with the number that its answer will have. */
export interface NumberedRequest {
  readonly id: number;
  readonly request: TraceRequest;
}
