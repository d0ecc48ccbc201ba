import { defineMethod } from "../../node.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";

/** The disputes about claims on L1: who claims what, how far it is narrowed, all moves; times are L1 timestamps in seconds. */
export const disputes = defineMethod(
  "rollup_disputes",
  [],
  (_, { disputes: report }) => {
    if (report === undefined) {
      throw new RpcError(RPC_ERROR.rejected, "this process runs no challenger, which alone follows disputes");
    }
    return report().map(({ winner, narrowedTo, moves, ...rest }) => ({
      ...rest,
      winner: winner ?? null,
      narrowedTo: narrowedTo ?? null,
      moves: moves.map(({ kind, player, origin }) => ({
        kind,
        player,
        at: origin.timestamp,
        l1Block: origin.blockNumber,
        l1TransactionHash: origin.transactionHash,
      })),
    }));
  },
  { weight: "heavy" },
);
