import type { Claim } from "../claims/index.ts";
import { L1TransactionError } from "../l1/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Hex } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import type { ProposerContext } from "./context.ts";
import { ProposerError } from "./errors.ts";
import { isBindingSpent } from "./l1-binding.ts";

const PURPOSE_PREFIX = "claim/";

/** What a transaction does about a claim, and for a proposal the L1 block it is bound to. */
export type ClaimAction =
  | { readonly action: "confirm" | "withdraw-bond"; readonly claim: Claim }
  | { readonly action: "propose"; readonly claim: Claim; readonly block: L1BlockReference };

/** What is on disk of the last proposal: written before its transaction is recorded. */
interface SentProposal {
  readonly purpose: string;
  readonly block: L1BlockReference;
}

const PROPOSAL_KEY = "proposal";

/** Sends a transaction about a claim, once. `value` is in wei. @throws ProposerError `would-revert` */
export async function sendTransaction(
  { chain, transactions, records, metrics, log }: ProposerContext,
  about: ClaimAction,
  data: Hex,
  value = 0n,
): Promise<void> {
  const { action, claim } = about;
  const purpose = `${PURPOSE_PREFIX}${action}/${claim.claimId}`;
  const to = chain.config.contracts.stateCommitmentChain;
  if (about.action === "propose") {
    await records.put(PROPOSAL_KEY, { purpose, block: about.block } satisfies SentProposal);
  }
  try {
    // The head block itself may be named, whose hash only a later block can ask for.
    const estimateInPending = action === "propose";
    await transactions.submit({ purpose, to, data: hexToBytes(data), value, estimateInPending });
  } catch (error) {
    if (error instanceof L1TransactionError && error.reason.kind === "would-revert") {
      throw new ProposerError({ kind: "would-revert", purpose, revert: error.reason.revert });
    }
    throw error;
  }
  metrics.transactions.inc({ action });
  log.info({ ...about, value }, "transaction of the proposer sent");
}

/**
 * Forgets what is confirmed, and cancels a proposal that was not mined while it could be; gives the purpose of a
 * transaction that is on its way. The next step reads what L1 made of it from the contract's state, and sends anew what
 * is still to be done.
 *
 * @param l1Number L1's head
 */
export async function settleTransactions(context: ProposerContext, l1Number: number): Promise<string | undefined> {
  const { transactions, log } = context;
  for (const status of transactions.statuses()) {
    const { purpose } = status;
    if (!purpose.startsWith(PURPOSE_PREFIX)) continue;
    if (status.kind === "pending" && !status.cancelling) await cancelIfSpent(context, purpose, l1Number);
    if (status.kind === "pending" || !status.confirmed) return purpose;
    // A proposal does so after a reorganisation of L1, or if it was mined too late: it claims nothing then, and no bond
    // is taken.
    if (status.kind === "reverted") {
      log.warn({ purpose, revert: status.revert.message }, "a transaction of the proposer reverted");
    }
    await transactions.forget(purpose);
  }
  return undefined;
}

/** A proposal whose L1 block cannot be named any more can only revert, and until then it holds up all others. */
async function cancelIfSpent(
  { transactions, records, log }: ProposerContext,
  purpose: string,
  l1Number: number,
): Promise<void> {
  const proposal = records.get<SentProposal>(PROPOSAL_KEY);
  if (proposal?.purpose !== purpose || !isBindingSpent(proposal.block.number, l1Number)) return;
  log.warn({ ...proposal, l1Number }, "a claim was not mined while its L1 block could be named; it is made anew");
  await transactions.cancel(purpose);
}
