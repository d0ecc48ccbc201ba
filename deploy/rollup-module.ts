import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { DeploymentPreset } from "../src/deployment/index.ts";
import { ZERO_ADDRESS } from "../src/primitives/index.ts";

/**
 * An Ignition module that deploys a rollup with a preset's delays and bond. Its parameters: `l2ChainId`, `operator`,
 * `genesisStateHash` (32 bytes, specification §6) and, optionally, `challengeGame`.
 */
export function rollupModule(id: string, preset: DeploymentPreset) {
  return buildModule(id, (builder) => {
    const rollup = builder.contract("Rollup", [
      {
        l2ChainId: builder.getParameter<number>("l2ChainId"),
        operator: builder.getParameter<string>("operator"),
        forceInclusionDelay: preset.forceInclusionDelay,
        selfSequencingDelay: preset.selfSequencingDelay,
        contextInterval: preset.contextInterval,
        depositGasCapacity: preset.depositGasCapacity,
        depositGasPerSecond: preset.depositGasPerSecond,
        challengePeriod: preset.challengePeriod,
        claimBond: preset.claimBond,
        genesisStateHash: builder.getParameter<string>("genesisStateHash"),
        challengeGame: builder.getParameter<string>("challengeGame", ZERO_ADDRESS),
      },
    ]);
    const contractNamedBy = (name: string, getter: string) =>
      builder.contractAt(name, builder.staticCall(rollup, getter, [], 0, { id: `${getter}_ADDRESS` }));
    return {
      rollup,
      inbox: contractNamedBy("Inbox", "INBOX"),
      stateCommitmentChain: contractNamedBy("StateCommitmentChain", "STATE_COMMITMENT_CHAIN"),
      portal: contractNamedBy("Portal", "PORTAL"),
    };
  });
}
