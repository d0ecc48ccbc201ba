import { encodeFunctionData } from "viem";
import { rightChild } from "../claims/index.ts";
import type { PathTip } from "../claims/index.ts";
import { stateCommitmentChainAbi } from "../l1/index.ts";
import type { ProposerContext } from "./context.ts";
import { costOfProposal, countFinalBatches, decideProposal } from "./proposal.ts";
import { sendTransaction } from "./sending.ts";
import type { ProposerStep } from "./types.ts";

/** Proposes the right child of the tip, if it is due and the account can pay for it. */
export async function propose(
  context: ProposerContext,
  tip: PathTip,
  l1: { readonly number: number; readonly timestamp: number; readonly baseFeePerGas: bigint },
): Promise<ProposerStep> {
  const { chain, client, transactions, states, interval, log } = context;
  const { claimBond } = chain.config.parameters;
  const required = tip.onL1.nextBatchCount;
  const derived = chain.store.derivedBatchCount();
  const final = countFinalBatches(derived, tip.claim.batchCount, (index) => isCertain(context, index, l1.number));
  const child = rightChild(tip.claim.claimId, required, states.stateHashAt);
  const decision = decideProposal(child, tip.onL1, final, l1.timestamp, interval);
  if (decision.kind === "waiting-for-batches") return { ...decision, required, derived, final };
  if (decision.kind === "not-due") return decision;

  const { claim } = decision;
  const { account } = transactions;
  const balance = await client.getBalance({ address: account });
  const minimum = costOfProposal(claimBond, l1.baseFeePerGas);
  if (balance < minimum) {
    log.error({ account, balance, required: minimum }, "the account cannot pay for a claim");
    return { kind: "insufficient-balance", account, balance, required: minimum };
  }
  if (tip.onL1.children !== "none") {
    log.error({ parent: tip.claim, claim }, "somebody proposed otherwise; proposing the right claim as a rival");
  }
  const call = encodeFunctionData({
    abi: stateCommitmentChainAbi,
    functionName: "propose",
    args: [claim.parentId, claim.stateHash],
  });
  await sendTransaction(context, "propose", claim, call, claimBond);
  return { kind: "proposed", claim };
}

/** Whether a batch is as certain as configured. */
function isCertain({ chain, states, depth }: ProposerContext, batchIndex: number, l1Number: number): boolean {
  if (depth === "finalized") return states.isFinal(batchIndex + 1);
  return l1Number - (chain.inbox.getBatchOrigin(batchIndex)?.block.number ?? Infinity) + 1 >= depth;
}
