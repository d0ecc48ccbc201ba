import type { StepChecker } from "../../../../scripts/conformance/step-checker.ts";
import { Phase } from "../../../../src/machine/index.ts";
import type { ChainInput } from "../../../../src/machine/index.ts";
import { batchHash } from "../../../../src/rollup/index.ts";
import { CHAIN_ID } from "../../../execution/harness.ts";
import { createHistory } from "../../../machine/chain/history.ts";
import type { History, HistoryOptions } from "../../../machine/chain/history.ts";
import { runProving } from "../../../machine/chain/run-history.ts";
import { beginStep, shapeOf } from "./honest-steps.ts";
import type { HonestStep } from "./honest-steps.ts";

/** Phases of a transaction whose step opens something of the chain, or is different in one. */
const DIFFERENT_IN_A_CHAIN: readonly Phase[] = [
  Phase.CountTransaction,
  Phase.CountCalldata,
  Phase.DecodeHeader,
  Phase.Validate,
  Phase.BuyGas,
  Phase.LoadAccount,
  Phase.LoadSlot,
  Phase.Settle,
  Phase.Flush,
  Phase.EndTransaction,
];
/** Steps of one name that are looked at in one history, for each that is kept: names do not tell shapes. */
const CANDIDATES = 12;

/** An Inbox with the batches and messages of a history, on the L1 of `checker`. */
export async function inputOf(checker: StepChecker, { batches, messages }: History): Promise<ChainInput> {
  const inbox = await checker.deployInbox({
    chainId: CHAIN_ID,
    batchHashes: batches.map(batchHash),
    messageHashes: messages.map(({ hash }) => hash),
  });
  return { inbox, target: batches.length };
}

/**
 * Steps of the units of a chain, some of each name and shape of witness, but for those that are the same without a chain. Each history
 * is run twice: to see what there is, and to prove that.
 */
export async function collectChainSteps(
  checker: StepChecker,
  histories: Iterable<HistoryOptions>,
  perKind: number,
): Promise<HonestStep[]> {
  const shapes = new Map<string, number>();
  const collected: HonestStep[] = [];
  for (const options of histories) {
    const history = await createHistory(options);
    const input = await inputOf(checker, history);
    const chosen = chooseSteps(history, perKind);
    const source = history.source({ provesElements: true });
    let index = 0;
    runProving(
      history,
      (prover) => {
        for (let isStart = true; !prover.isDone(); isStart = false) {
          if (!chosen.has(index++)) {
            prover.step();
            continue;
          }
          const describe = beginStep(prover.machine, isStart);
          const step = { ...prover.prove(), ...describe(), input };
          const shape = `${step.name} ${shapeOf(step.witness)}`;
          const count = shapes.get(shape) ?? 0;
          if (count >= perKind) continue;
          shapes.set(shape, count + 1);
          collected.push(step);
        }
      },
      source,
    );
  }
  return collected;
}

function chooseSteps(history: History, perKind: number): Set<number> {
  const chosen = new Set<number>();
  const counts = new Map<string, number>();
  let index = 0;
  runProving(history, (prover) => {
    const { machine } = prover;
    for (let isStart = true; !prover.isDone(); isStart = false) {
      const { phase } = machine;
      const describe = beginStep(machine, isStart);
      prover.step();
      const { name } = describe();
      const count = counts.get(name) ?? 0;
      const isOfChain = isStart || phase >= Phase.ReadCalldata || DIFFERENT_IN_A_CHAIN.includes(phase);
      // The openings of elements take long to make.
      const most = phase === Phase.ReadElement ? 2 : CANDIDATES;
      if (isOfChain && count < most * perKind) {
        counts.set(name, count + 1);
        chosen.add(index);
      }
      index++;
    }
  });
  return chosen;
}
