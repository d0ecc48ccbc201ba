import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { DeploymentPreset } from "../src/deployment/index.ts";
import oneStepProver from "./modules/one-step-prover.ts";

/**
 * An Ignition module that deploys a rollup with a preset's delays and bonds, and the one-step prover. Its parameters: `l2ChainId`,
 * `operator` and `genesisStateHash` (32 bytes, specification §6).
 */
export function rollupModule(id: string, preset: DeploymentPreset) {
  return buildModule(id, (builder) => {
    const { prover } = builder.useModule(oneStepProver);
    const rollup = builder.contract("Rollup", [
      {
        l2ChainId: builder.getParameter<number>("l2ChainId"),
        operator: builder.getParameter<string>("operator"),
        forceInclusionDelay: preset.forceInclusionDelay,
        selfSequencingDelay: preset.selfSequencingDelay,
        contextInterval: preset.contextInterval,
        depositGasCapacity: preset.depositGasCapacity,
        depositGasPerSecond: preset.depositGasPerSecond,
        genesisStateHash: builder.getParameter<string>("genesisStateHash"),
        prover,
        dispute: {
          challengePeriod: preset.challengePeriod,
          minimumResponseTime: preset.minimumResponseTime,
          claimBond: preset.claimBond,
          unitBond: preset.unitBond,
          claimTraceHeight: preset.claimTraceHeight,
          unitTraceHeight: preset.unitTraceHeight,
        },
      },
    ]);
    const contractNamedBy = (name: string, getter: string) =>
      builder.contractAt(name, builder.staticCall(rollup, getter, [], 0, { id: `${getter}_ADDRESS` }));
    return {
      rollup,
      inbox: contractNamedBy("Inbox", "INBOX"),
      stateCommitmentChain: contractNamedBy("StateCommitmentChain", "STATE_COMMITMENT_CHAIN"),
      challengeGame: contractNamedBy("ChallengeGame", "CHALLENGE_GAME"),
      portal: contractNamedBy("Portal", "PORTAL"),
      prover,
    };
  });
}
