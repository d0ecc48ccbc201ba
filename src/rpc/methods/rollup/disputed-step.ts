import { NoDisputedStepError, UnitBusyError } from "../../../challenger/index.ts";
import type { DisputedStep } from "../../../challenger/index.ts";
import { formatStep } from "../../../machine/index.ts";
import type { RollupConfig } from "../../../rollup/index.ts";
import { formatWitness } from "../../format/witness.ts";
import { defineMethod } from "../../node.ts";
import { hash, optional } from "../../parameters/scalars.ts";
import { limitExceeded, rejected } from "../../protocol/errors.ts";
import { requireDisputes } from "./disputes.ts";

/**
 * The step that a dispute is narrowed to, with all that the prover takes to decide it. The first parameter is the claim whose
 * children are disputed, the second the position of the step, where there are several.
 */
export const disputedStep = defineMethod(
  "rollup_disputedStep",
  [hash, optional(hash)],
  async ([parentId, positionId], node) => {
    const { steps } = requireDisputes(node);
    try {
      return formatDisputedStep(await steps.find(parentId, positionId), node.chain.config);
    } catch (error) {
      if (error instanceof UnitBusyError) throw limitExceeded(`${error.message}; ask again`);
      if (error instanceof NoDisputedStepError) throw rejected(error.message);
      throw error;
    }
  },
);

function formatDisputedStep(
  { unit, position, explained, l1BlockNumber, ...step }: DisputedStep,
  { l1ChainId, contracts, genesis }: RollupConfig,
): object {
  const { proven, report, inbox } = explained;
  const { kind, before, after, witness } = proven;
  return {
    ...step,
    position,
    unit: { index: unit, ...explained.unit, blockNumber: explained.unit.blockNumber ?? null },
    step: position.start,
    name: report.name,
    text: formatStep(report),
    call: kind,
    before,
    after,
    target: step.toBatch,
    inbox: { chainId: genesis.chainId, ...inbox },
    witness: formatWitness(witness),
    l1: { chainId: l1ChainId, blockNumber: l1BlockNumber, ...contracts },
  };
}
