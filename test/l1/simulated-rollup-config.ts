import { ZERO_ADDRESS } from "../../src/primitives/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import { createGenesis, genesisBlock } from "../../src/rollup/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";
import { IDLE_PREDEPLOYS, L1_BRIDGES } from "../predeploys.ts";

export const SIMULATED_CHAIN_ID = 4_711;

/** A rollup whose accounts hold these balances; its predeploys have code that does nothing. */
export function simulatedRollupConfig(
  balances: Readonly<Record<Address, bigint>> = {},
  gasPerSecond = 1_000_000_000n,
): RollupConfig {
  const genesis = createGenesis({
    chainId: SIMULATED_CHAIN_ID,
    timestamp: 1_700_000_000,
    gasPerSecond,
    feeRecipient: ZERO_ADDRESS,
    l1Bridges: L1_BRIDGES,
    predeployCode: IDLE_PREDEPLOYS,
    balances,
  });
  return {
    l1ChainId: 1,
    l1StartBlock: 0,
    contracts: {
      rollup: ZERO_ADDRESS,
      inbox: ZERO_ADDRESS,
      stateCommitmentChain: ZERO_ADDRESS,
      challengeGame: ZERO_ADDRESS,
      portal: ZERO_ADDRESS,
      prover: ZERO_ADDRESS,
    },
    parameters: {
      operator: ZERO_ADDRESS,
      forceInclusionDelay: 43_200,
      selfSequencingDelay: 86_400,
      contextInterval: 3_600,
      depositGasCapacity: 60_000_000n,
      depositGasPerSecond: 1_250_000n,
      challengePeriod: 604_800,
      minimumResponseTime: 10,
      claimBond: 1n,
      unitBond: 1n,
      claimTraceHeight: 32,
      unitTraceHeight: 25,
    },
    genesis,
    genesisHash: genesisBlock(genesis).hash,
  };
}
