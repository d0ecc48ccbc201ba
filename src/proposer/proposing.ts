import { encodeFunctionData } from "viem";
import { rightChild } from "../claims/index.ts";
import type { Claim, PathTip, TraceEnd } from "../claims/index.ts";
import { stateCommitmentChainAbi } from "../l1/index.ts";
import { hashPair } from "../primitives/index.ts";
import { stateHash } from "../rollup/index.ts";
import type { ChainState } from "../rollup/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { haltHash } from "../traces/index.ts";
import type { ProposerContext } from "./context.ts";
import { revertOf } from "./errors.ts";
import { readBinding } from "./l1-binding.ts";
import { bondOfChild, costOfProposal, countFinalBatches, decideProposal } from "./proposal.ts";
import { sendTransaction } from "./sending.ts";
import type { ProposerStep } from "./types.ts";

/** Proposes the right child of the tip, if it is due and the account can pay for it. */
export async function propose(
  context: ProposerContext,
  tip: PathTip,
  l1: { readonly number: number; readonly timestamp: number; readonly baseFeePerGas: bigint },
): Promise<ProposerStep> {
  const { chain, client, transactions, states, traces, interval, proposalTrouble, log } = context;
  const required = tip.onL1.nextBatchCount;
  // State and L1 block are read at one moment: a rewind of the Inbox drops with its batches what was derived of them.
  const rewindCount = chain.inbox.rewindCount();
  const synced = chain.inbox.getSyncedBlock();
  const derived = chain.store.derivedBatchCount();
  const claimed = chain.inbox.getBatchOrigin(required - 1)?.block.number ?? Infinity;
  const final = countFinalBatches(derived, tip.claim.batchCount, (index) => isCertain(context, index, l1.number));
  const state = states.stateAt(required);
  const decision = decideProposal(tip.onL1, { derived, final }, l1.timestamp, interval);
  if (decision.kind === "waiting-for-batches" || state === undefined) {
    return { kind: "waiting-for-batches", required, derived, final };
  }
  if (decision.kind === "not-due") return decision;
  const end = await traces.endOf({ fromBatch: tip.claim.batchCount, toBatch: required });
  // The trace is of that moment too, unless L1 has taken something back since.
  if (end === undefined || chain.inbox.rewindCount() !== rewindCount) return { kind: "waiting-for-traces", required };
  const claim = claimOf(tip.claim, state, end);
  const { account } = transactions;
  const bond = bondOfChild(tip.onL1, account, chain.config.parameters.claimBond);
  const balance = await client.getBalance({ address: account });
  const minimum = costOfProposal(bond, l1.baseFeePerGas);
  if (balance < minimum) {
    log.error({ account, balance, required: minimum }, "the account cannot pay for a claim");
    return { kind: "insufficient-balance", account, balance, required: minimum };
  }
  const binding = await readBinding(client, synced, claimed, l1.number);
  if (binding.kind === "unbound") {
    const { reason } = binding;
    proposalTrouble.report(reason, (again) => log.warn({ claim, reason, ...again }, "a claim waits for L1"));
    return { kind: "waiting-for-l1", reason };
  }
  if (tip.onL1.children !== "none") {
    log.error({ parent: tip.claim, claim }, "somebody proposed otherwise; proposing the right claim as a rival");
  }
  const call = encodeFunctionData({
    abi: stateCommitmentChainAbi,
    functionName: "propose",
    args: [
      claim.parentId,
      { ...state, batchCount: BigInt(state.batchCount), messageCount: BigInt(state.messageCount) },
      end.siblings,
      BigInt(binding.block.number),
      binding.block.hash,
    ],
  });
  return send(context, { claim, block: binding.block }, call, bond);
}

/** The claim that L1 makes of a state and the siblings of the last entry of a trace. Throws if they are not of one chain. */
function claimOf({ claimId }: Claim, state: ChainState, { root, siblings }: TraceEnd): Claim {
  const traceRoot = siblings.reduce((right, left) => hashPair(left, right), haltHash(state));
  if (traceRoot !== root) throw new Error(`the trace after ${state.batchCount} batches does not end in their state`);
  return rightChild(claimId, { stateHash: stateHash(state), traceRoot, batchCount: state.batchCount });
}

async function send(
  context: ProposerContext,
  proposal: { readonly claim: Claim; readonly block: L1BlockReference },
  call: `0x${string}`,
  bond: bigint,
): Promise<ProposerStep> {
  const { proposalTrouble, log } = context;
  try {
    await sendTransaction(context, { action: "propose", ...proposal }, call, bond);
  } catch (error) {
    const revert = revertOf(error);
    if (revert?.errorName === undefined || !OVERTAKEN.has(revert.errorName)) throw error;
    proposalTrouble.report(revert.message, (again) => {
      log.warn({ ...proposal, revert: revert.message, ...again }, "L1 changed since it was read; it is read again");
    });
    return { kind: "overtaken", revert };
  }
  proposalTrouble.over();
  return { kind: "proposed", claim: proposal.claim };
}

/**
 * Errors of `propose` that come of reading L1 a moment before sending: it reorganised, or an endpoint is behind
 * (`WrongL1Block`, `NotEnoughBatches`); anyone may have had the parent's bond paid out (`WrongBond`), or have proposed
 * the same claim (`ClaimExists`).
 */
const OVERTAKEN: ReadonlySet<string> = new Set(["WrongL1Block", "NotEnoughBatches", "WrongBond", "ClaimExists"]);

/** Whether a batch is as certain as configured. */
function isCertain({ chain, states, depth }: ProposerContext, batchIndex: number, l1Number: number): boolean {
  if (depth === "finalized") return states.isFinal(batchIndex + 1);
  return l1Number - (chain.inbox.getBatchOrigin(batchIndex)?.block.number ?? Infinity) + 1 >= depth;
}
