import { getAddress } from "viem";
import { defineCommand } from "./command.ts";
import { withLayers } from "./layers.ts";
import { narrate } from "./narration.ts";
import { formatTable } from "./output.ts";
import { jsonSetting, layerSettings } from "./user-settings.ts";

export const addressesCommand = defineCommand({
  name: "addresses",
  summary: "print the contracts of a rollup on both layers, its chain ids and delays",
  examples: [
    ["onestep addresses", "of the devnet"],
    ["onestep addresses --json | jq -r .l1.inbox", "in a script"],
  ],
  settings: { ...layerSettings, ...jsonSetting },
  run: (values) =>
    withLayers(values, async ({ rollup }) => {
      const { USER_PREDEPLOYS: l2 } = await import("../rollup/index.ts");
      const { contracts, parameters, l1ChainId, l2ChainId } = rollup;
      const { operator, forceInclusionDelay, selfSequencingDelay, challengePeriod } = parameters;
      const l1 = { ...contracts, ...rollup.l1Bridges };
      const delays = { forceInclusionDelay, selfSequencingDelay, challengePeriod };
      const rows = (group: Readonly<Record<string, string | number>>) =>
        formatTable(
          Object.entries(group).map(([name, value]) => [
            `  ${name}`,
            typeof value === "string" ? getAddress(value) : `${value} s`,
          ]),
        );
      narrate(values.json).finish({ l1ChainId, l2ChainId, l1, l2, operator, delays }, [
        `L1, chain ${l1ChainId}`,
        rows({ ...l1, operator }),
        `L2, chain ${l2ChainId}`,
        rows(l2),
        "delays",
        rows(delays),
      ]);
    }),
});
