import { encodeFunctionData } from "viem";
import { claimStatus } from "../claims/index.ts";
import type { Claim, ClaimOnL1 } from "../claims/index.ts";
import { stateCommitmentChainAbi } from "../l1/index.ts";
import { movePathBegin } from "./context.ts";
import type { ProposerContext } from "./context.ts";
import { revertOf } from "./errors.ts";
import { sendTransaction } from "./sending.ts";
import type { ProposerStep } from "./types.ts";

/**
 * Gets a bond back, or confirms the first claim of the path that can be; moves the path's begin past what is done.
 * Undefined if there is nothing to do. The bond of the path's last claim is left there, to move on to the next; that of a
 * claim before it cannot any more, for the claim after it is another's.
 */
export async function advanceConfirmed(
  context: ProposerContext,
  l1Timestamp: number,
): Promise<ProposerStep | undefined> {
  const { transactions, retiring, reader, state } = context;
  const { path } = state;
  for (const [position, claim] of path.entries()) {
    const onL1 = await reader.read(claim.claimId);
    if (onL1.status !== "confirmed") {
      if (position > 1) await movePathBegin(context, position - 1);
      return (await isConfirmable(context, claim, onL1, l1Timestamp)) ? confirm(context, claim) : undefined;
    }
    const isFollowed = position + 1 < path.length;
    if (onL1.proposer === transactions.account && (isFollowed || retiring)) {
      await sendTransaction(
        context,
        { action: "withdraw-bond", claim },
        encodeFunctionData({ abi: stateCommitmentChainAbi, functionName: "withdrawBond", args: [claim.claimId] }),
      );
      return { kind: "withdrawing-bond", claim };
    }
  }
  if (path.length > 1) await movePathBegin(context, path.length - 1);
  return undefined;
}

async function isConfirmable(
  { chain, reader }: ProposerContext,
  claim: Claim,
  onL1: ClaimOnL1,
  l1Timestamp: number,
): Promise<boolean> {
  const parent = await reader.read(claim.parentId);
  const status = claimStatus(onL1, parent, l1Timestamp, chain.config.parameters.challengePeriod);
  // Time confirms no claim that has rivals: L1 would refuse it until the game names it.
  if (status !== "disputed") return status === "confirmable";
  return (await reader.winner(claim.parentId)) === claim.claimId;
}

async function confirm(context: ProposerContext, claim: Claim): Promise<ProposerStep | undefined> {
  const { parentId, stateHash, traceRoot } = claim;
  const call = encodeFunctionData({
    abi: stateCommitmentChainAbi,
    functionName: "confirm",
    args: [{ parentId, stateHash, traceRoot }],
  });
  try {
    await sendTransaction(context, { action: "confirm", claim }, call);
  } catch (error) {
    // A node may simulate on an earlier block than the one to come: the last seconds of the period are then waited for.
    if (revertOf(error)?.errorName !== "ChallengePeriodRuns") throw error;
    return undefined;
  }
  return { kind: "confirming", claim };
}
