import type { DisputeReport } from "../../src/challenger/index.ts";
import type { DisputedStep } from "./disputed-step.ts";

/** How far a dispute has come, in words. */
export function narrowing(
  { narrowedTo }: Pick<DisputeReport, "narrowedTo">,
  { batch, blockNumber, transaction }: Pick<DisputedStep, "batch" | "blockNumber" | "transaction">,
): { readonly text: string; readonly isProven: boolean } {
  if (narrowedTo === undefined) return { text: "two claims about the same batches", isProven: false };
  const { level, start, height, proven } = narrowedTo;
  const what = level === "claim" ? "unit" : "step";
  if (proven.length > 0) return { text: `${what} ${start} is proven on L1`, isProven: true };
  const range =
    height === 0 ? `${what} ${start}` : `${what}s ${start} to ${(start + 2 ** height - 1).toLocaleString("en")}`;
  if (level === "unit") return { text: `transaction ${transaction.slice(0, 10)}…: ${range}`, isProven: false };
  const where = height === 0 ? `, of batch ${batch} and L2 block ${blockNumber}` : "";
  return { text: `they differ in ${range}${where}`, isProven: false };
}
