import { ZERO_HASH } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { stateHash } from "../rollup/index.ts";
import type { RollupConfig } from "../rollup/index.ts";

/** The parameters of a rollup as its contracts have them (contracts/l1/types/Parameters.sol, DisputeParameters.sol). Seconds, gas, wei. */
export interface Parameters {
  readonly l2ChainId: bigint;
  readonly operator: Address;
  readonly forceInclusionDelay: bigint;
  readonly selfSequencingDelay: bigint;
  readonly contextInterval: bigint;
  readonly depositGasCapacity: bigint;
  readonly depositGasPerSecond: bigint;
  readonly genesisStateHash: Hash;
  readonly prover: Address;
  readonly dispute: {
    readonly challengePeriod: bigint;
    readonly minimumResponseTime: bigint;
    readonly claimBond: bigint;
    readonly unitBond: bigint;
    readonly claimTraceHeight: number;
    readonly unitTraceHeight: number;
  };
}

/** What a rollup of this configuration is deployed with. */
export function parametersOf(
  { parameters, genesis, genesisHash }: Pick<RollupConfig, "parameters" | "genesis" | "genesisHash">,
  prover: Address,
): Parameters {
  return {
    l2ChainId: BigInt(genesis.chainId),
    operator: parameters.operator,
    forceInclusionDelay: BigInt(parameters.forceInclusionDelay),
    selfSequencingDelay: BigInt(parameters.selfSequencingDelay),
    contextInterval: BigInt(parameters.contextInterval),
    depositGasCapacity: parameters.depositGasCapacity,
    depositGasPerSecond: parameters.depositGasPerSecond,
    genesisStateHash: genesisStateHash(genesisHash),
    prover,
    dispute: {
      challengePeriod: BigInt(parameters.challengePeriod),
      minimumResponseTime: BigInt(parameters.minimumResponseTime),
      claimBond: parameters.claimBond,
      unitBond: parameters.unitBond,
      claimTraceHeight: parameters.claimTraceHeight,
      unitTraceHeight: parameters.unitTraceHeight,
    },
  };
}

/** Hash of the state before the first batch (specification §6). */
export function genesisStateHash(genesisHash: Hash): Hash {
  return stateHash({ blockHash: genesisHash, outboxRoot: ZERO_HASH, batchCount: 0, messageCount: 0 });
}
