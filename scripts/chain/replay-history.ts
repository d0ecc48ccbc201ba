import type { Phase } from "../../src/machine/index.ts";
import { encodeStepCall } from "../../src/machine/index.ts";
import { batchHash } from "../../src/rollup/index.ts";
import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";
import { CHAIN_ID } from "../../test/execution/harness.ts";
import { createHistory } from "../../test/machine/chain/history.ts";
import type { HistoryOptions } from "../../test/machine/chain/history.ts";
import { runFast, runProving } from "../../test/machine/chain/run-history.ts";
import type { StepChecker } from "../conformance/step-checker.ts";
import { PHASE_NAMES, addTo } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { createStepSampler } from "./step-sampler.ts";
import { watchUnit } from "./unit-figures.ts";

export interface ReplayOptions {
  readonly checker: StepChecker;
  readonly randomness: Randomness;
  /** Steps taken on-chain, at most. */
  readonly onChainSteps: number;
}

interface Sampled {
  readonly phase: Phase;
  readonly call: Parameters<typeof encodeStepCall>;
  readonly after: string;
}

/**
 * Replays a history: by the engine of the node, by the machine in fast and in proving mode, and some steps of it on-chain.
 * Gives the differences there are; adds to `figures`.
 */
export async function replayHistory(
  options: HistoryOptions,
  { checker, randomness, onChainSteps }: ReplayOptions,
  figures: Figures,
): Promise<string[]> {
  const add = (what: string, count = 1) => addTo(figures, what, count);
  const history = await createHistory(options);
  const fast = runFast(history);
  const source = history.source({ provesElements: true });
  const inbox = await checker.deployInbox({
    chainId: CHAIN_ID,
    batchHashes: history.batches.map(batchHash),
    messageHashes: history.messages.map(({ hash }) => hash),
  });
  const input = { inbox, target: history.batches.length };

  const isDue = createStepSampler(randomness);
  const sampled: Sampled[] = [];
  const { boundaries, blocks } = runProving(
    history,
    (prover) => {
      const { machine } = prover;
      const countUnit = watchUnit(machine, figures);
      for (let isStart = true; !prover.isDone(); isStart = false) {
        const { phase } = machine;
        add("steps");
        if (onChainSteps === 0 || !isDue(isStart ? -1 - phase : phase)) {
          prover.step();
          continue;
        }
        const { kind, before: from, witness, after } = prover.prove();
        sampled.push({ phase, call: [kind, from, witness, input], after });
      }
      countUnit();
    },
    source,
  );

  const differences: string[] = [];
  const expected = history.blocks.flat().map(({ hash }) => hash);
  if (fast.blocks.join() !== expected.join()) differences.push("the machine at once has other blocks than the node");
  if (blocks.join() !== expected.join()) differences.push("the machine step by step has other blocks than the node");
  const length = Math.max(boundaries.length, fast.boundaries.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [boundaries[index], fast.boundaries[index]];
    if (one?.stateHash === other?.stateHash) continue;
    differences.push(
      `boundary ${index}: ${one?.name} ${one?.stateHash} step by step, ${other?.name} ${other?.stateHash}`,
    );
    break;
  }
  add("blocks", expected.length);
  add("boundaries", boundaries.length);
  for (const { kind } of history.batches) add(`batches of ${kind}`);

  while (sampled.length > onChainSteps) sampled.splice(randomness.below(sampled.length), 1);
  const verdicts = await checker.check(sampled.map(({ call }) => encodeStepCall(...call)));
  sampled.forEach(({ phase, after }, index) => {
    const verdict = verdicts[index];
    add("steps on-chain");
    add(`steps on-chain: ${PHASE_NAMES[phase]}`);
    if (verdict?.kind === "taken" && verdict.after === after) return;
    differences.push(`step of ${PHASE_NAMES[phase]}: expected ${after}, got ${JSON.stringify(verdict)}`);
  });
  return differences;
}
