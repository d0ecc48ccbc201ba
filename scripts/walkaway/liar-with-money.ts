import { formatEther } from "viem";
import type { Hash } from "viem";
import { reportDisputes } from "../../src/challenger/index.ts";
import type { DisputeReport } from "../../src/challenger/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";
import { l2ClientOf } from "../../test/end-to-end/kill-scenario.ts";
import { createLiar, falseState } from "../../test/end-to-end/liar.ts";
import type { Liar } from "../../test/end-to-end/liar.ts";
import { until } from "../../test/end-to-end/onestep-process.ts";
import { openTracingNode } from "../../test/end-to-end/tracing-node.ts";
import { findDisputedStep } from "../fraud/disputed-step.ts";
import type { DisputedStep } from "../fraud/disputed-step.ts";
import { narrowing } from "../fraud/narrowing.ts";
import { PATIENCE } from "./operated-rollup.ts";
import type { OperatedRollup } from "./operated-rollup.ts";

/** Somebody who claims that a withdrawal never happened, and defends the claim with a node, a key and ETH. */
export interface LiarWithMoney {
  readonly disputed: DisputedStep;
  /** Shows how far the dispute is narrowed until its step is proven on L1. */
  narrow(say: (line: string) => void): Promise<void>;
  /** The claim that won; undefined while none has. */
  winner(): Hash | undefined;
  /** Wei that the liar's side has lost for good. */
  lostBond(): bigint;
}

/** The liar's own node, with an empty folder. */
export function openLiarsNode({ config, l1Url }: OperatedRollup, folder: string): Promise<RunningNode> {
  return openTracingNode({
    config,
    dataDirectory: folder,
    l1RpcUrl: l1Url,
    l1BeaconUrl: undefined,
    l1PollInterval: 0.1,
  });
}

/**
 * Finds the step by which a withdrawal is stored, and puts up the bond for a claim without it.
 * @param url JSON-RPC of a node that shows the units of blocks
 */
export async function startLiar(
  { config, l1, keys }: OperatedRollup,
  node: RunningNode,
  options: { readonly url: string; readonly transaction: Hash; readonly blockNumber: number },
  say: (line: string) => void,
): Promise<LiarWithMoney> {
  const { url, transaction, blockNumber } = options;
  let liar: Liar | undefined;
  try {
    let disputed: DisputedStep | undefined;
    await until("the liar's node to have traced the claim", PATIENCE, async () => {
      disputed = await findDisputedStep(
        node,
        { l1, l2: l2ClientOf(url, PATIENCE).client },
        { transaction, blockNumber, opcode: "SSTORE" },
      );
      return disputed !== undefined;
    });
    if (disputed === undefined) throw new Error("expected a claim about the withdrawal");
    const found = disputed;
    const { parent, unit, step } = found;
    const { store } = node.chain;
    const parentState = derivedStateAt(parent.batchCount, { config, store });
    const right = derivedStateAt(parent.nextBatchCount, { config, store });
    if (parentState === undefined || right === undefined) throw new Error("expected the claimed states to be derived");
    const lie = { parent, parentState, state: falseState(right), unit, step };
    const opened = await createLiar(node, keys.liar, lie);
    liar = opened;
    await opened.propose();
    say(`a rival claim, for ${formatEther(config.parameters.claimBond)} ETH: the withdrawal was not stored`);
    opened.challenger.start();
    return {
      disputed: found,
      async narrow(tell) {
        let shown = "";
        await until("the step to be proven on L1", PATIENCE, () => {
          const now = narrowing(reportOf(opened, parent.claimId) ?? { narrowedTo: undefined }, found);
          if (now.text !== shown) tell((shown = now.text));
          return Promise.resolve(now.isProven);
        });
      },
      winner: () => opened.challenger.state().winners.get(parent.claimId),
      lostBond: () => opened.challenger.state().lostBonds.get(parent.claimId) ?? 0n,
    };
  } catch (error) {
    await liar?.stop();
    throw error;
  }

  function reportOf({ challenger }: Liar, parentId: Hash): DisputeReport | undefined {
    const reports = reportDisputes(
      challenger.state(),
      challenger.judgement(),
      config.parameters,
      node.l1Timestamp() ?? 0,
    );
    return reports.find((report) => report.parentId === parentId);
  }
}
