import { Phase } from "../../src/machine/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";
import type { ClaimRange } from "../../src/traces/index.ts";
import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";
import { stepThroughBatches, storedUnits } from "../../test/traces/fixture.ts";
import { addTo } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { createStepSampler } from "./step-sampler.ts";
import { watchUnit } from "./unit-figures.ts";

/** A unit of a claim, with steps of it that are to be taken on-chain. */
export interface SampledUnit {
  /** Index among the claims. */
  readonly claim: number;
  /** Index in the claim. */
  readonly unit: number;
  readonly steps: readonly SampledStep[];
}

export interface SampledStep {
  readonly index: number;
  /** Before the step; undefined where nobody has looked. */
  readonly phase: Phase | undefined;
  /** The state after it, as far as known. */
  readonly after: Hash | undefined;
}

interface UnitRun {
  readonly claim: number;
  readonly unit: number;
  readonly kind: Phase;
  readonly length: number;
  /** By index. */
  readonly steps: Map<number, SampledStep>;
}

export interface SampleOptions {
  /** One after another, from batch 0 on. */
  readonly claims: readonly ClaimRange[];
  readonly randomness: Randomness;
  readonly randomSteps: number;
  readonly figures: Figures;
}

/**
 * Steps through the batches that claims cover, in proving mode, and compares the boundaries with those that the node has stored.
 * Of all steps it samples some: about the logarithm of those of each phase; of the first, the last and a middle unit of each kind
 * the first, the last and a middle step; `randomSteps` of random units, as many of each kind; and the halt of each claim.
 */
export function sampleSteps(
  node: Pick<RunningNode, "chain" | "database">,
  { claims, randomness, randomSteps, figures }: SampleOptions,
): { readonly units: readonly SampledUnit[]; readonly differences: readonly string[] } {
  const isDue = createStepSampler(randomness);
  const runs: UnitRun[] = [];
  const batchCount = claims.at(-1)?.toBatch ?? 0;
  let [claim, unit] = [0, 0];
  const boundaries = stepThroughBatches(node, {
    batchCount,
    onUnit(prover, batch) {
      if (batch === claims[claim]?.toBatch) [claim, unit] = [claim + 1, 0];
      const { machine } = prover;
      const kind = machine.phase;
      const countUnit = watchUnit(machine, figures);
      const steps = new Map<number, SampledStep>();
      let length = 0;
      for (; !prover.isDone(); length++) {
        const { phase } = machine;
        prover.step();
        if (isDue(length === 0 ? -1 - phase : phase)) {
          steps.set(length, { index: length, phase, after: prover.stateHash() });
        }
      }
      countUnit();
      addTo(figures, "steps", length);
      runs.push({ claim, unit: unit++, kind, length, steps });
    },
  });
  sampleByKind(runs, { randomness, randomSteps });

  const differences: string[] = [];
  const stored = storedUnits(node);
  boundaries.forEach((hashes, batch) => {
    hashes.forEach((hash, index) => {
      const own = stored[batch]?.[index];
      if (own !== hash) differences.push(`unit ${index} of batch ${batch} ends in ${hash}, stored is ${own}`);
    });
    if (stored[batch]?.length !== hashes.length) differences.push(`batch ${batch} has another number of units`);
  });
  addTo(figures, "boundaries", boundaries.flat().length);

  const sampled = runs.filter(({ steps }) => steps.size > 0).map((run) => ({ ...run, steps: [...run.steps.values()] }));
  const halts = claims.flatMap((_, index): SampledUnit[] => {
    const units = runs.filter((run) => run.claim === index).length;
    return [units, units + 1].map((haltUnit) => ({
      claim: index,
      unit: haltUnit,
      steps: [{ index: 0, phase: haltUnit === units ? Phase.LoadBatch : Phase.Halt, after: undefined }],
    }));
  });
  return { units: [...sampled, ...halts], differences };
}

/** Samples the ends and middles of units of each kind, and at random. */
function sampleByKind(
  runs: readonly UnitRun[],
  { randomness, randomSteps }: Pick<SampleOptions, "randomness" | "randomSteps">,
): void {
  const sample = ({ kind, steps }: UnitRun, index: number): void => {
    if (!steps.has(index)) steps.set(index, { index, phase: index === 0 ? kind : undefined, after: undefined });
  };
  const kinds = [...new Set(runs.map(({ kind }) => kind))].map((kind) => runs.filter((run) => run.kind === kind));
  for (const ofKind of kinds) {
    for (const run of threeOf(ofKind)) {
      for (const index of threeOf(Array.from({ length: run.length }, (_, step) => step))) sample(run, index);
    }
  }
  for (let drawn = 0; drawn < randomSteps; drawn++) {
    const run = randomness.pick(kinds[drawn % kinds.length] as UnitRun[]);
    sample(run, randomness.below(run.length));
  }
}

function threeOf<Item>(items: readonly Item[]): ReadonlySet<Item> {
  const positions = [0, Math.floor(items.length / 2), items.length - 1];
  return new Set(positions.flatMap((position) => items.slice(position, position + 1)));
}
