import { z } from "zod";
import { defineCommand } from "./command.ts";
import { formatJson } from "./output.ts";
import { askNode } from "./ask-node.ts";
import { hashText, httpUrlText } from "./setting-types.ts";
import { optionalSetting, setting, switchSetting } from "./settings.ts";

const claimSchema = z.object({
  claimId: z.string(),
  proposer: z.string(),
  proposedAt: z.number(),
  verdict: z.string(),
  status: z.string(),
  total: z.number(),
});
const disputesSchema = z.array(
  z.looseObject({
    parentId: z.string(),
    fromBatch: z.number(),
    toBatch: z.number(),
    winner: z.string().nullable(),
    claims: z.array(claimSchema),
    narrowedTo: z
      .object({
        level: z.string(),
        start: z.number(),
        height: z.number(),
        roots: z.array(z.string()),
        proven: z.array(z.string()),
      })
      .nullable(),
    moves: z.array(z.object({ kind: z.string(), player: z.string(), at: z.number(), l1TransactionHash: z.string() })),
    hasConflictingProofs: z.boolean(),
  }),
);
type Dispute = z.output<typeof disputesSchema>[number];

export const disputeCommand = defineCommand({
  name: "dispute",
  summary: "print the disputes about claims on L1, or one with all its moves",
  details:
    "Asks a node that runs a challenger, as a devnet does: for each dispute what is claimed by whom, what that node holds right, the " +
    "seconds that each claim has gathered, and how far the dispute is narrowed.",
  examples: [
    ["onestep dispute", "all disputes on the devnet"],
    ["onestep dispute --parent 0x… --json", "one with all its moves, for scripts"],
  ],
  settings: {
    rpcUrl: setting(httpUrlText, {
      description: "JSON-RPC of a node with a challenger",
      placeholder: "url",
      fallback: "http://127.0.0.1:9545",
    }),
    parent: optionalSetting(hashText, {
      description: "only the dispute about the children of this claim, with its moves",
      placeholder: "claim",
    }),
    json: switchSetting("print JSON"),
  },
  async run({ rpcUrl, parent, json }) {
    const disputes = disputesSchema.parse(await askNode(rpcUrl, "rollup_disputes", []));
    const shown = disputes.filter(({ parentId }) => parent === undefined || parentId === parent);
    if (parent !== undefined && shown.length === 0) {
      throw new Error(`there is no dispute about the children of ${parent}; ${disputes.length} about others`);
    }
    if (json) console.log(formatJson(shown));
    else if (shown.length === 0) console.log("no disputes");
    else console.log(shown.flatMap((dispute) => describe(dispute, parent !== undefined)).join("\n"));
  },
});

function describe(dispute: Dispute, withMoves: boolean): readonly string[] {
  const { parentId, fromBatch, toBatch, winner, claims, moves, hasConflictingProofs } = dispute;
  return [
    `dispute about batches ${fromBatch} to ${toBatch - 1}, on claim ${parentId}`,
    ...claims.map(({ claimId, proposer, verdict, status, total }) => {
      const mark = claimId === winner ? "won" : status;
      return `  claim ${claimId}  ${verdict.padEnd(7)}  ${mark.padEnd(9)}  ${total} s gathered  by ${proposer}`;
    }),
    `  ${narrowed(dispute)}; ${moves.length} moves`,
    ...(hasConflictingProofs ? ["  ALARM: two states were proven to follow from one; the prover is not sound"] : []),
    ...(withMoves
      ? moves.map(({ kind, player, at, l1TransactionHash }) => {
          return `  ${new Date(1000 * at).toISOString()}  ${kind.padEnd(12)}  ${player}  ${l1TransactionHash}`;
        })
      : []),
  ];
}

function narrowed({ narrowedTo }: Dispute): string {
  if (narrowedTo === null) return "not narrowed yet";
  const { level, start, height, proven } = narrowedTo;
  const what = level === "claim" ? "unit" : "step";
  if (height > 0) return `narrowed to ${what}s ${start} to ${start + 2 ** height - 1}`;
  return `narrowed to ${what} ${start}${proven.length > 0 ? ", which is proven" : ""}`;
}
