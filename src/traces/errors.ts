/** Why a trace cannot be asked about. */
export type TraceProblem =
  /** Not all of its batches have been followed yet. */
  | { readonly kind: "not-traced"; readonly tracedBatchCount: number }
  /** What was derived of its batches has changed since it was opened: it is to be opened again. */
  | { readonly kind: "superseded" };

/** Thrown by what a `TraceProvider` gives. */
export class TraceUnavailableError extends Error {
  override readonly name = "TraceUnavailableError";
  readonly problem: TraceProblem;

  constructor(problem: TraceProblem) {
    super(
      problem.kind === "not-traced"
        ? `only ${problem.tracedBatchCount} batches are traced so far`
        : "the batches of the trace are not the same any more",
    );
    this.problem = problem;
  }
}
