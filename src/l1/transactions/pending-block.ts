import type { Abi } from "viem";
import { isAnswer } from "../l1-failures.ts";
import { findRevert } from "../revert.ts";

/**
 * Asks of the pending block, or of the latest where the endpoint has no pending one. A revert that the ABIs, or the
 * endpoint's words, show to be one is an answer about the pending block, and thrown.
 */
export async function askPending<T>(
  abis: readonly Abi[],
  ask: (blockTag: "pending" | "latest") => Promise<T>,
): Promise<T> {
  try {
    return await ask("pending");
  } catch (error) {
    if (!isAnswer(error) || findRevert(error, abis) !== undefined) throw error;
    return ask("latest");
  }
}
