/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { network } from "hardhat";
import type { Hex } from "viem";
import oneStepProver from "../../../deploy/modules/one-step-prover.ts";
import { NO_CHAIN, hashOf, witnessOf } from "./scenario.ts";
import type { State, Witness } from "./scenario.ts";

/** The OneStepProver with its verifiers on a network of its own. */
export async function deployProver() {
  const { ethers, ignition } = await network.create();
  const { prover: deployed, ...verifiers } = await ignition.deploy(oneStepProver);
  const prover = await ethers.getContractAt("OneStepProver", await deployed.getAddress());
  /** The state after a step, with the witness that `witnessOf` makes or another one. */
  const take = async (before: State, witness: Witness | Parameters<typeof witnessOf>[1]): Promise<Hex> => {
    const opened = witness !== undefined && "machine" in witness ? witness : witnessOf(before, witness);
    return (await prover.step(hashOf(before), opened, NO_CHAIN)) as Hex;
  };
  return {
    ethers,
    prover,
    verifiers,
    take,
    /** A step from one state to the other. */
    expectStep: async (before: State, witness: Parameters<typeof take>[1], after: State): Promise<void> => {
      expect(await take(before, witness)).to.equal(hashOf(after));
    },
  };
}

export type ProverFixture = Awaited<ReturnType<typeof deployProver>>;
