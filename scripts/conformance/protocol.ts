import type { EntryOutcome, StepSelection } from "./entry-run.ts";

/** Where a post entry is: the test's position in its file, the entry's in the test. */
export interface EntryPlace {
  readonly path: string;
  readonly test: number;
  readonly post: number;
}

/** What a worker is asked. */
export type Task =
  | { readonly kind: "count"; readonly place: EntryPlace }
  | { readonly kind: "run"; readonly place: EntryPlace; readonly selection: StepSelection };

export type TaskResult =
  { readonly kind: "count"; readonly steps: number } | { readonly kind: "run"; readonly outcome: EntryOutcome };
