import { createPublicClient, http } from "viem";
import type { Address, Hex, Instruments } from "../primitives/index.ts";
import { createGenesis, loadPredeployCode } from "../rollup/index.ts";
import type { Genesis, L1Bridges, RollupConfig } from "../rollup/index.ts";
import { deployRollup } from "./deploy-rollup.ts";
import type { DeploymentPreset } from "./presets.ts";

export interface CreateRollupOptions {
  readonly l1RpcUrl: string;
  /** 32 bytes; pays for the deployment. */
  readonly deployerKey: Hex;
  readonly operator: Address;
  /** L1 account that the L2 FeeVault pays to. */
  readonly feeRecipient: Address;
  readonly l2ChainId: number;
  readonly preset: DeploymentPreset;
  /** Seconds; that of the latest L1 block if undefined. */
  readonly genesisTimestamp?: number | undefined;
  /** A prover of this build that is on L1 already; another is deployed if undefined. */
  readonly prover?: Address | undefined;
}

/**
 * Deploys a rollup whose genesis holds no ETH. Throws as `deployRollup` does, and a RangeError if the genesis is later than
 * the latest L1 block.
 */
export async function createRollup(
  options: CreateRollupOptions,
  instruments: Pick<Instruments, "logger">,
): Promise<RollupConfig> {
  const { l1RpcUrl, deployerKey, operator, feeRecipient, l2ChainId, preset, prover } = options;
  const transport = http(l1RpcUrl);
  const latest = Number((await createPublicClient({ transport }).getBlock({ blockTag: "latest" })).timestamp);
  const { genesisTimestamp = latest } = options;
  // No block of L2 would come before its time, and none has an earlier one.
  if (genesisTimestamp > latest) {
    throw new RangeError(`expected a genesis no later than the latest L1 block, ${latest}, got ${genesisTimestamp}`);
  }
  const predeployCode = await loadPredeployCode();
  const genesis = (l1Bridges: L1Bridges): Genesis =>
    createGenesis({
      chainId: l2ChainId,
      timestamp: genesisTimestamp,
      gasPerSecond: preset.gasPerSecond,
      feeRecipient,
      l1Bridges,
      predeployCode,
    });
  return deployRollup({ transport, deployerKey, operator, preset, genesis, prover }, instruments);
}
