import type { DisputesView, ReportedSpan } from "../../../challenger/index.ts";
import { defineMethod } from "../../node.ts";
import type { RpcNode } from "../../node.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";

/** The disputes about claims on L1: who claims what, how far it is narrowed, all moves; times are L1 timestamps in seconds. */
export const disputes = defineMethod(
  "rollup_disputes",
  [],
  (_, node) =>
    requireDisputes(node)
      .report()
      .map(({ winner, narrowedTo, rivaledSpans, moves, ...rest }) => ({
        ...rest,
        winner: winner ?? null,
        narrowedTo: narrowedTo === undefined ? null : formatSpan(narrowedTo),
        rivaledSpans: rivaledSpans.map(formatSpan),
        moves: moves.map(({ kind, player, origin }) => ({
          kind,
          player,
          at: origin.timestamp,
          l1Block: origin.blockNumber,
          l1TransactionHash: origin.transactionHash,
        })),
      })),
  { weight: "heavy" },
);

/** What this process knows of disputes. Throws where it knows nothing. */
export function requireDisputes({ disputes: view }: Pick<RpcNode, "disputes">): DisputesView {
  if (view === undefined) {
    throw new RpcError(RPC_ERROR.rejected, "this process runs no challenger, which alone follows disputes");
  }
  return view;
}

function formatSpan({ unit, ...span }: ReportedSpan): object {
  return { ...span, unit: unit ?? null };
}
