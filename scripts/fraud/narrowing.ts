import type { DisputeState } from "../../src/challenger/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { DisputedStep } from "./disputed-step.ts";

/** How far a dispute has come, in words. */
export function narrowing(
  state: DisputeState,
  parentId: Hash,
  { batch, blockNumber, transaction }: Pick<DisputedStep, "batch" | "blockNumber" | "transaction">,
): { readonly text: string; readonly isProven: boolean } {
  const positions = [...state.positions.values()].filter((recorded) => recorded.parentId === parentId);
  const rivaled = positions.filter(({ spans }) => spans.length > 1).map(({ position }) => position);
  const isProven = positions.some(({ proofs }) => proofs.length > 0);
  const lowest = (level: "claim" | "unit") =>
    rivaled.filter((position) => position.level === level).toSorted((one, other) => one.height - other.height)[0];
  const [ofUnit, ofClaim] = [lowest("unit"), lowest("claim")];
  const range = (start: number, height: number, what: string): string =>
    height === 0 ? `${what} ${start}` : `${what}s ${start} to ${(start + 2 ** height - 1).toLocaleString("en")}`;
  if (isProven) return { text: `step ${ofUnit?.start ?? 0} is proven on L1`, isProven };
  if (ofUnit !== undefined) {
    const text = `transaction ${transaction.slice(0, 10)}…: ${range(ofUnit.start, ofUnit.height, "step")}`;
    return { text, isProven };
  }
  if (ofClaim === undefined) return { text: "two claims about the same batches", isProven };
  const where = ofClaim.height === 0 ? `, of batch ${batch} and L2 block ${blockNumber}` : "";
  return { text: `they differ in ${range(ofClaim.start, ofClaim.height, "unit")}${where}`, isProven };
}
