import { z } from "zod";
import { addressSchema, amountSchema, countSchema, hashSchema, hexSchema } from "./answers.ts";

export const withdrawalSchema = z.object({
  index: countSchema,
  sender: addressSchema,
  target: addressSchema,
  value: amountSchema,
  minimumGas: amountSchema,
  data: hexSchema,
});

/** A message to L1 as the Outbox took it: `value` in wei, `minimumGas` in L1 gas. */
export type Withdrawal = z.output<typeof withdrawalSchema>;

export const claimSchema = z.object({
  id: hashSchema,
  parentId: hashSchema,
  stateHash: hashSchema,
  traceRoot: hashSchema,
  blockHash: hashSchema,
  outboxRoot: hashSchema,
  batchCount: countSchema,
  messageCount: countSchema,
  proposedAt: countSchema,
  confirmableAt: countSchema,
  status: z.enum(["pending", "confirmable", "disputed", "confirmed"]),
});

/** A claim on L1 that the node holds right. Times are L1 timestamps in seconds. */
export type Claim = z.output<typeof claimSchema>;

const base = {
  l1Timestamp: countSchema,
  blockNumber: countSchema,
  transactionHash: hashSchema,
  withdrawal: withdrawalSchema,
};
const claimed = {
  ...base,
  executableAt: countSchema,
  claim: claimSchema,
  unconfirmed: z.array(claimSchema).readonly(),
};

/** Of `rollup_getWithdrawalStatus`. */
export const withdrawalStatusSchema = z
  .discriminatedUnion("status", [
    z.object({ ...base, status: z.literal("sent"), executableAt: countSchema }),
    z.object({ ...base, status: z.literal("safe"), executableAt: countSchema }),
    z.object({ ...claimed, status: z.literal("claimed") }),
    z.object({ ...claimed, status: z.literal("disputed"), decidedBy: countSchema }),
    z.object({ ...claimed, status: z.literal("confirmable") }),
    z.object({ ...base, status: z.literal("executable"), claim: claimSchema }),
    z.object({ ...base, status: z.literal("executed") }),
  ])
  .nullable();

/**
 * How far a message to L1 has come, by L1's clock (`l1Timestamp`, in seconds, is what an L1 transaction sent now can expect):
 * `sent` on L2; `safe`, its batch is on L1; `claimed`, in the challenge period; `disputed`, a claim it hangs on has rivals;
 * `confirmable`, the claims in `unconfirmed` only need `confirm`; `executable` by the Portal; `executed`. `blockNumber` and
 * `transactionHash` are of L2.
 */
export type WithdrawalStatus = NonNullable<z.output<typeof withdrawalStatusSchema>>;

/** When a withdrawal can be executed. Timestamps are L1's, in seconds; `seconds` are from now on. */
export type ExecutionTime =
  | { readonly kind: "past" }
  /** `confirmations` claims must be confirmed before, which whoever finalizes does. */
  | { readonly kind: "now"; readonly confirmations: number }
  /** If nobody disputes the claim. */
  | { readonly kind: "at"; readonly l1Timestamp: number; readonly seconds: number; readonly estimatedAt: Date }
  /** No earlier: a batch, a claim or the decision of a dispute must come first. */
  | {
      readonly kind: "not-before";
      readonly l1Timestamp: number;
      readonly seconds: number;
      readonly estimatedAt: Date;
      /** Of a dispute: when it is decided at the latest, if one honest challenger answers in time. */
      readonly decidedBy?: number;
    };

/**
 * The one clock of withdrawals: what is left by L1's clock is waited for on the caller's. So it is right however far the two are apart,
 * on a development network whose clock was moved too.
 * @param now when the status was read, by the caller's clock
 */
export function executionTime(status: WithdrawalStatus, now: Date = new Date()): ExecutionTime {
  const until = (l1Timestamp: number) => {
    const seconds = Math.max(0, l1Timestamp - status.l1Timestamp);
    return { l1Timestamp, seconds, estimatedAt: new Date(now.getTime() + 1_000 * seconds) };
  };
  switch (status.status) {
    case "sent":
    case "safe":
      return { kind: "not-before", ...until(status.executableAt) };
    case "disputed":
      return { kind: "not-before", ...until(status.executableAt), decidedBy: status.decidedBy };
    case "claimed":
      return { kind: "at", ...until(status.executableAt) };
    case "confirmable":
      return { kind: "now", confirmations: status.unconfirmed.length };
    case "executable":
      return { kind: "now", confirmations: 0 };
    case "executed":
      return { kind: "past" };
  }
}
