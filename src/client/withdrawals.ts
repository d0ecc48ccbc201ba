import { encodeFunctionData } from "viem";
import type { Address, Hash, Hex } from "viem";
import { z } from "zod";
import { OUTBOX_ADDRESS, outboxAbi, portalAbi, stateCommitmentChainAbi } from "./abi.ts";
import { countSchema, hashSchema } from "./answers.ts";
import { requireAddress, requireData, requireWei } from "./arguments.ts";
import { OnestepError } from "./errors.ts";
import type { Call } from "./messages.ts";
import { isForbiddenTarget } from "./rollup.ts";
import type { Rollup } from "./rollup.ts";
import { claimSchema, withdrawalSchema } from "./withdrawal-status.ts";
import type { Claim, WithdrawalStatus } from "./withdrawal-status.ts";

const MAXIMUM_DATA_LENGTH = 65_536;
const MAXIMUM_VALUE = (1n << 256n) - 1n;

/** A message to L1. */
export interface WithdrawalRequest {
  /** L1 account that is called. */
  readonly target: Address;
  /** Wei to send along. */
  readonly value: bigint;
  /** L1 gas that the call is given at least; default 0. */
  readonly minimumGas?: bigint | undefined;
  /** Default: none. */
  readonly data?: Hex | undefined;
}

/** The call on L2 that begins a withdrawal. Throws an `invalid-argument`, or a `forbidden-target`. */
export function withdrawalCall(rollup: Rollup, request: WithdrawalRequest): Call {
  const { target, value, minimumGas = 0n, data = "0x" } = request;
  requireWei("value", value, MAXIMUM_VALUE);
  requireData("data", data, MAXIMUM_DATA_LENGTH);
  requireAddress("target", target);
  if (isForbiddenTarget(rollup, target)) throw new OnestepError({ kind: "forbidden-target", target });
  const args = [target, minimumGas, data] as const;
  return { to: OUTBOX_ADDRESS, value, data: encodeFunctionData({ abi: outboxAbi, functionName: "sendMessage", args }) };
}

/** Of `rollup_getWithdrawalProof`. */
export const withdrawalProofSchema = z
  .object({
    withdrawal: withdrawalSchema,
    opening: z.object({
      parentId: hashSchema,
      blockHash: hashSchema,
      batchCount: countSchema,
      messageCount: countSchema,
      traceRoot: hashSchema,
    }),
    proof: z.array(hashSchema),
    claim: claimSchema,
  })
  .nullable();

/** What `Portal.execute` takes to pay a withdrawal, once `claim` is confirmed. */
export type WithdrawalProof = NonNullable<z.output<typeof withdrawalProofSchema>>;

/** The call on L1 that pays a withdrawal. */
export function executeCall({ contracts }: Rollup, { withdrawal, opening, proof }: WithdrawalProof): Call {
  const args = [
    { ...withdrawal, index: BigInt(withdrawal.index) },
    { ...opening, batchCount: BigInt(opening.batchCount), messageCount: BigInt(opening.messageCount) },
    proof,
  ] as const;
  return {
    to: contracts.portal,
    value: 0n,
    data: encodeFunctionData({ abi: portalAbi, functionName: "execute", args }),
  };
}

/** The call on L1 that confirms a claim. */
export function confirmCall({ contracts }: Rollup, claim: Pick<Claim, "parentId" | "stateHash" | "traceRoot">): Call {
  const { parentId, stateHash, traceRoot } = claim;
  return {
    to: contracts.stateCommitmentChain,
    value: 0n,
    data: encodeFunctionData({
      abi: stateCommitmentChainAbi,
      functionName: "confirm",
      args: [{ parentId, stateHash, traceRoot }],
    }),
  };
}

/** The claims to confirm before a withdrawal can be executed, in order. Throws `not-executable` or `already-executed`. */
export function claimsToConfirm(status: WithdrawalStatus): readonly Claim[] {
  const { index } = status.withdrawal;
  switch (status.status) {
    case "executable":
      return [];
    case "confirmable":
      return status.unconfirmed;
    case "executed":
      throw new OnestepError({ kind: "already-executed", index });
    default:
      throw new OnestepError({ kind: "not-executable", index, status });
  }
}

/** Transactions of a finalized withdrawal. */
export interface Finalization {
  readonly confirmations: readonly Hash[];
  readonly execution: Hash;
}
