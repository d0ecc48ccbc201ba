import type { Hash } from "../primitives/index.ts";

/** Why a database cannot be opened. */
export type DatabaseProblem =
  | { readonly kind: "in-use"; readonly folder: string; readonly processId: string }
  | { readonly kind: "other-genesis"; readonly folder: string; readonly expected: Hash; readonly actual: Hash }
  | { readonly kind: "other-version"; readonly folder: string; readonly expected: number; readonly actual: number };

/** Thrown by `openNodeDatabase`; the message names the folder and what is wrong with it. */
export class DatabaseOpenError extends Error {
  readonly problem: DatabaseProblem;

  constructor(problem: DatabaseProblem) {
    super(describe(problem));
    this.name = "DatabaseOpenError";
    this.problem = problem;
  }
}

function describe(problem: DatabaseProblem): string {
  switch (problem.kind) {
    case "in-use":
      return `the database in ${problem.folder} is in use by another process (${problem.processId}); one process at a time may open it`;
    case "other-genesis":
      return `the database in ${problem.folder} belongs to another rollup: its genesis block is ${problem.actual}, expected ${problem.expected}`;
    case "other-version":
      return `the database in ${problem.folder} has format version ${problem.actual}, this software reads version ${problem.expected}; use another folder and sync again`;
  }
}
