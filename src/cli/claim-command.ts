import { readClaims } from "./claims-on-l1.ts";
import { defineCommand, defineCommandGroup } from "./command.ts";
import { withLayers } from "./layers.ts";
import { seconds } from "./message-text.ts";
import { narrate } from "./narration.ts";
import { formatTable } from "./output.ts";
import { hashText, integerText } from "./setting-types.ts";
import { setting } from "./settings.ts";
import { describeClaim } from "./status-command.ts";
import { jsonSetting, layerSettings } from "./user-settings.ts";

const listCommand = defineCommand({
  name: "list",
  summary: "print the last claims on L1, with the node's verdict on each",
  details:
    "Verdicts are right, wrong, or unknown as long as the node has not derived and traced as far. A node without traces tells right from unknown only.",
  examples: [
    ["onestep claim list", "the last 20"],
    ["onestep claim list --limit 100 --json", "for scripts"],
  ],
  settings: {
    ...layerSettings,
    limit: setting(integerText(1, 1_000), { description: "claims to print", placeholder: "count", fallback: "20" }),
    ...jsonSetting,
  },
  run: (values) =>
    withLayers(values, async (layers) => {
      const claims = await readClaims(layers, values);
      narrate(values.json).finish(claims, [
        claims.length === 0 ? "no claims yet" : formatTable(claims.map(describeClaim)),
      ]);
    }),
});

const showCommand = defineCommand({
  name: "show",
  summary: "print one claim",
  examples: [["onestep claim show 0x…", "what it says, whose it is, and where it stands"]],
  argument: { name: "id", description: "id of the claim", schema: hashText },
  settings: { ...layerSettings, ...jsonSetting },
  run: (values, { argument: id }) =>
    withLayers(values, async (layers) => {
      const [claim] = await readClaims(layers, { limit: 1, id });
      if (claim === undefined) throw new Error(`no claim ${id} was proposed on L1`);
      const { verdict, status, proposer, proposedAt, confirmableAt, parentId, stateHash, traceRoot, batchCount } =
        claim;
      narrate(values.json).finish(claim, [
        formatTable([
          ["claim", id],
          ["verdict", verdict],
          ["status", status],
          ["proposer", proposer],
          ["proposed", seconds(proposedAt)],
          ["confirmable", `${seconds(confirmableAt)}, unless it has rivals`],
          ["batches", String(batchCount)],
          ["parent", parentId],
          ["state", stateHash],
          ["trace root", traceRoot],
        ]),
      ]);
    }),
});

export const claimCommand = defineCommandGroup({
  name: "claim",
  summary: "print the claims about the state of L2 on L1, and whether the node holds them right",
  commands: [listCommand, showCommand],
});
