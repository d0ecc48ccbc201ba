/// <reference path="../../../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import { expect } from "chai";
import { prepareMachine } from "../../../../src/machine/index.ts";
import { NO_CHAIN } from "../../../../src/machine/proving/index.ts";
import type { ChainInput } from "../../../../src/machine/proving/index.ts";
import { bytesToHex } from "../../../../src/primitives/index.ts";
import type { Address } from "../../../../src/primitives/index.ts";
import type { ScriptedInbox } from "../../../../types/ethers-contracts/index.ts";
import { encodeProveCall } from "../prove-call.ts";
import type { ChainStep } from "./inflate-steps.ts";

/** What came of a step. */
export interface StepOutcome {
  readonly isSuccess: boolean;
  /** The state hash, or what the verifier reverted with. */
  readonly data: string;
  readonly gasUsed: number;
}

type Attempt = Pick<ChainStep, "before" | "witness">;

/** A verifier of chain units on a simulated L1. */
export interface ChainVerifier {
  readonly inbox: ScriptedInbox;
  readonly inboxAddress: Address;
  take(steps: readonly Attempt[], input?: ChainInput): Promise<StepOutcome[]>;
  /** Every step must come to its state. */
  verify(steps: readonly ChainStep[], input?: ChainInput): Promise<StepOutcome[]>;
  /** The name of the error that a step reverts with; "" if it has none. Fails if the step does not revert. */
  refusal(step: Attempt, input?: ChainInput): Promise<string>;
  /** What a step returns with so much gas for a transaction of its own; undefined if it reverts, for whatever reason. */
  takeWith(step: Attempt, gasLimit: number, input?: ChainInput): Promise<string | undefined>;
  readonly deployInbox: () => Promise<ScriptedInbox>;
}

/** What one call takes at most: bytes of calldata, and steps. */
const CALL_BYTES = 100_000;
const CALL_STEPS = 30;
const CALL_GAS = 2n ** 24n;
const CHAIN_ID = 4_242;

export async function deployChainVerifier(name: "LoadBatchVerifier" | "InflateVerifier"): Promise<ChainVerifier> {
  await prepareMachine();
  const { ethers } = await network.create();
  const batch = await ethers.deployContract("StepBatch");
  const verifier = await ethers.deployContract(name);
  const target = await verifier.getAddress();
  const deployInbox = () => ethers.deployContract("ScriptedInbox", [CHAIN_ID]);
  const inbox = await deployInbox();

  const take: ChainVerifier["take"] = async (steps, input = NO_CHAIN) => {
    const outcomes: StepOutcome[] = [];
    let items: { target: string; data: Uint8Array }[] = [];
    let size = 0;
    const flush = async () => {
      if (items.length === 0) return;
      for (const { isSuccess, data, gasUsed } of await batch.take(items, { gasLimit: CALL_GAS })) {
        outcomes.push({ isSuccess, data, gasUsed: Number(gasUsed) });
      }
      items = [];
      size = 0;
    };
    for (const { before, witness } of steps) {
      const data = encodeProveCall(before, witness, input);
      if (size + data.length > CALL_BYTES || items.length === CALL_STEPS) await flush();
      items.push({ target, data });
      size += data.length;
    }
    await flush();
    return outcomes;
  };

  return {
    inbox,
    inboxAddress: (await inbox.getAddress()).toLowerCase() as Address,
    deployInbox,
    take,
    verify: async (steps, input) => {
      const outcomes = await take(steps, input);
      expect(outcomes.length).to.equal(steps.length);
      steps.forEach(({ after }, index) => expect(outcomes[index]?.data, `step ${index}`).to.equal(after));
      return outcomes;
    },
    refusal: async (step, input) => {
      const [outcome] = await take([step], input);
      expect(outcome?.isSuccess, `a step to ${outcome?.data}`).to.equal(false);
      return verifier.interface.parseError(outcome?.data ?? "0x")?.name ?? "";
    },
    takeWith: async ({ before, witness }, gasLimit, input = NO_CHAIN) => {
      const data = bytesToHex(encodeProveCall(before, witness, input));
      try {
        return await ethers.provider.call({ to: target, data, gasLimit });
      } catch {
        return undefined;
      }
    },
  };
}
