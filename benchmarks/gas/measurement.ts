import type { TransactionResponse } from "ethers";

/** Gas used of one L1 transaction, as its receipt says, or how it grows with the transaction's size. */
export interface Measurement {
  readonly operation: string;
  readonly gas: number;
  /** The project's target: at most this much. */
  readonly target?: number;
}

export async function gasOf(response: Promise<TransactionResponse>): Promise<bigint> {
  const receipt = await (await response).wait();
  if (receipt === null) throw new Error("transaction was not mined");
  return receipt.gasUsed;
}
