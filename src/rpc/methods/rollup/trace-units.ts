import { requireSummary } from "../../chain-view.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { unitOptions } from "../../parameters/trace-parameter.ts";
import { traceUnits } from "../../tracers/trace-units.ts";

/** The units of a block that is in a batch on L1, as the machine goes through them and a dispute about it would. */
export const traceUnitsMethod = defineReadingMethod(
  "rollup_traceUnits",
  [blockParameter, unitOptions],
  ([parameter, options], node, { signal }) => traceUnits(node, requireSummary(node.chain, parameter), options, signal),
);
