import { Phase } from "../../src/machine/index.ts";
import type { Machine } from "../../src/machine/index.ts";
import { PHASE_NAMES, addTo } from "./figures.ts";
import type { Figures } from "./figures.ts";

/** Looks at a machine before a unit; gives what adds to the figures afterwards what the unit was. */
export function watchUnit(machine: Machine, figures: Figures): () => void {
  const { phase: unit, source } = machine;
  const before = machine.chain?.kind === "in-batch" ? { ...machine.chain } : undefined;
  const add = (what: string) => addTo(figures, what);
  return () => {
    const { chain } = machine;
    add(`units: ${PHASE_NAMES[unit]}`);
    if (before?.stream !== undefined && chain?.kind === "in-batch" && chain.stream === undefined) {
      add(`payloads that end in a unit: ${PHASE_NAMES[unit]}`);
      const left = unit === Phase.BeginBlock ? source?.header(before.blockHash).gasLevel : before.gasLeft;
      if (left !== undefined && left < (unit === Phase.BeginBlock ? 50_000n : 5_000n)) {
        add(`of these with an empty bucket: ${PHASE_NAMES[unit]}`);
      }
    }
    if (unit === Phase.BeginBlock && before?.stream === undefined) add("implied blocks, or their end");
    if (unit !== Phase.Transaction || chain?.kind !== "in-batch") return;
    if (machine.included !== undefined) add("transactions included");
    else if (machine.skipReason !== undefined) add("transactions skipped");
  };
}
