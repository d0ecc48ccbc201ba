/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { network } from "hardhat";
import oneStepProver from "../../../deploy/modules/one-step-prover.ts";
import { encodeStepCall } from "../../../src/machine/index.ts";
import type { ChainInput, ProvenStep, Phase } from "../../../src/machine/index.ts";
import { bytesToHex } from "../../../src/primitives/index.ts";
import { batchHash } from "../../../src/rollup/index.ts";
import { CHAIN_ID } from "../../execution/harness.ts";
import type { History } from "../../machine/chain/history.ts";
import { runProving } from "../../machine/chain/run-history.ts";

/** What one call takes at most: bytes of calldata, and steps. */
const BATCH_SIZE = 200_000;
const BATCH_STEPS = 30;

/** A step of a chain. */
export interface ChainStep extends ProvenStep {
  readonly phase: Phase;
  /** Phase after it. */
  readonly next: Phase;
}

/** Every step of a history. */
export function stepsOf(history: History): ChainStep[] {
  const steps: ChainStep[] = [];
  runProving(history, (prover) => {
    const { machine } = prover;
    while (!prover.isDone()) {
      const { phase } = machine;
      const step = prover.prove();
      steps.push({ ...step, phase, next: machine.phase });
    }
  });
  return steps;
}

export interface StepOutcome {
  readonly isSuccess: boolean;
  /** What the prover returned, or reverted with. */
  readonly data: string;
  readonly gasUsed: number;
}

/** The OneStepProver, and Inboxes for it. */
export interface ChainProver {
  /** An Inbox with the batches and messages of a history. */
  inputOf(history: History): Promise<ChainInput>;
  take(steps: readonly Pick<ProvenStep, "kind" | "before" | "witness">[], input: ChainInput): Promise<StepOutcome[]>;
  /** Every step must come to the state that the machine came to. */
  verify(steps: readonly ChainStep[], input: ChainInput): Promise<StepOutcome[]>;
}

export async function deployChainProver(): Promise<ChainProver> {
  const { ethers, ignition } = await network.create();
  const { prover } = await ignition.deploy(oneStepProver);
  const target = await prover.getAddress();
  const batch = await ethers.deployContract("StepBatch", []);

  const take: ChainProver["take"] = async (steps, input) => {
    const outcomes: StepOutcome[] = [];
    let items: { target: string; data: string }[] = [];
    let size = 0;
    const flush = async () => {
      if (items.length === 0) return;
      const results = await batch.take(items, { gasLimit: 2n ** 24n });
      for (const { isSuccess, data, gasUsed } of results) outcomes.push({ isSuccess, data, gasUsed: Number(gasUsed) });
      items = [];
      size = 0;
    };
    for (const { kind, before, witness } of steps) {
      const data = encodeStepCall(kind, before, witness, input);
      if (size + data.length > BATCH_SIZE || items.length === BATCH_STEPS) await flush();
      items.push({ target, data: bytesToHex(data) });
      size += data.length;
    }
    await flush();
    return outcomes;
  };

  return {
    inputOf: async ({ batches, messages }) => {
      const inbox = await ethers.deployContract("ScriptedInbox", [CHAIN_ID]);
      for (const [index, record] of batches.entries()) await inbox.setBatch(index, batchHash(record));
      for (const { index, hash } of messages) await inbox.setMessage(index, hash);
      return { inbox: (await inbox.getAddress()).toLowerCase() as ChainInput["inbox"], target: batches.length };
    },
    take,
    verify: async (steps, input) => {
      const outcomes = await take(steps, input);
      expect(outcomes.length).to.equal(steps.length);
      steps.forEach((step, index) => {
        const { data } = outcomes[index] as StepOutcome;
        expect(data, `step ${index}, phase ${step.phase} to ${step.next}`).to.equal(step.after);
      });
      return outcomes;
    },
  };
}
