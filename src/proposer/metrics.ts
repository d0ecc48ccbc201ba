import { Counter, Gauge } from "prom-client";
import type { Registry } from "../primitives/index.ts";

/** What is counted of a proposer. */
export interface ProposerMetrics {
  readonly transactions: Counter<"action">;
  readonly wrongClaims: Counter;
  readonly tipBatchCount: Gauge;
}

export function createProposerMetrics(registry: Registry): ProposerMetrics {
  const registers = [registry];
  return {
    transactions: new Counter({
      name: "onestep_proposer_transactions_total",
      help: "Transactions sent by the proposer, by action",
      labelNames: ["action"],
      registers,
    }),
    wrongClaims: new Counter({
      name: "onestep_proposer_wrong_claims_total",
      help: "Claims found that differ from what this node derived",
      registers,
    }),
    tipBatchCount: new Gauge({
      name: "onestep_proposer_tip_batch_count",
      help: "Batches derived in the last right claim",
      registers,
    }),
  };
}
