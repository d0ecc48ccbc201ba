import type { TraceTree } from "../machine/index.ts";
import type { TraceCall } from "./trace-protocol.ts";

/** What a tree answers to a question. */
export function askTree(tree: TraceTree, { question, args }: TraceCall): unknown {
  const ask = tree[question] as (...args: readonly number[]) => unknown;
  return ask(...args);
}
