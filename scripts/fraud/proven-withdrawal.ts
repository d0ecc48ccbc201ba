import type { Hash, Hex } from "../../src/primitives/index.ts";
import type { l2ClientOf } from "../../test/end-to-end/kill-scenario.ts";

/** What `Portal.execute` takes. */
export interface ProvenWithdrawal {
  readonly withdrawal: {
    readonly index: bigint;
    readonly sender: Hex;
    readonly target: Hex;
    readonly value: bigint;
    readonly minimumGas: bigint;
    readonly data: Hex;
  };
  readonly opening: {
    readonly parentId: Hex;
    readonly blockHash: Hex;
    readonly batchCount: bigint;
    readonly messageCount: bigint;
    readonly traceRoot: Hex;
  };
  readonly proof: readonly Hex[];
}

type L2Client = ReturnType<typeof l2ClientOf>;

/** The proof of the withdrawal that a transaction sent, by a node's RPC; undefined until its claim is confirmed. */
export async function provenWithdrawal(
  { rollup }: Pick<L2Client, "rollup">,
  transaction: Hash,
): Promise<ProvenWithdrawal | undefined> {
  const [sent] = await rollup<readonly { readonly index: number }[]>("rollup_getWithdrawals", transaction);
  if (sent === undefined) throw new Error(`expected transaction ${transaction} to withdraw`);
  const { status } = await rollup<{ readonly status: string }>("rollup_getWithdrawalStatus", sent.index);
  if (status !== "executable") return undefined;
  const { withdrawal, opening, proof } = await rollup<{
    readonly withdrawal: { index: number; sender: Hex; target: Hex; value: string; minimumGas: string; data: Hex };
    readonly opening: { parentId: Hex; blockHash: Hex; batchCount: number; messageCount: number; traceRoot: Hex };
    readonly proof: readonly Hex[];
  }>("rollup_getWithdrawalProof", sent.index);
  return {
    withdrawal: {
      ...withdrawal,
      index: BigInt(withdrawal.index),
      value: BigInt(withdrawal.value),
      minimumGas: BigInt(withdrawal.minimumGas),
    },
    opening: { ...opening, batchCount: BigInt(opening.batchCount), messageCount: BigInt(opening.messageCount) },
    proof,
  };
}
