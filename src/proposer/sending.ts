import type { Claim } from "../claims/index.ts";
import { L1TransactionError } from "../l1/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Hex } from "../primitives/index.ts";
import type { ProposerContext } from "./context.ts";
import { ProposerError } from "./errors.ts";

const PURPOSE_PREFIX = "claim/";

/** Sends a transaction about a claim, once. `value` is in wei. @throws ProposerError `would-revert` */
export async function sendTransaction(
  { chain, transactions, metrics, log }: ProposerContext,
  action: "propose" | "confirm" | "withdraw-bond",
  claim: Claim,
  data: Hex,
  value = 0n,
): Promise<void> {
  const purpose = `${PURPOSE_PREFIX}${action}/${claim.claimId}`;
  const to = chain.config.contracts.stateCommitmentChain;
  try {
    await transactions.submit({ purpose, to, data: hexToBytes(data), value });
  } catch (error) {
    if (error instanceof L1TransactionError && error.reason.kind === "would-revert") {
      throw new ProposerError({ kind: "would-revert", purpose, revert: error.reason.revert });
    }
    throw error;
  }
  metrics.transactions.inc({ action });
  log.info({ action, claim, value }, "transaction of the proposer sent");
}

/** Forgets what is confirmed; gives the purpose of a transaction that is not. */
export async function settleTransactions({ transactions, log }: ProposerContext): Promise<string | undefined> {
  for (const status of transactions.statuses()) {
    if (!status.purpose.startsWith(PURPOSE_PREFIX)) continue;
    if (status.kind === "pending" || !status.confirmed) return status.purpose;
    // Whether it did what it should shows in the contract's state, which the next step reads.
    if (status.kind === "reverted")
      log.warn({ purpose: status.purpose, revert: status.revert.message }, "a transaction of the proposer reverted");
    await transactions.forget(status.purpose);
  }
  return undefined;
}
