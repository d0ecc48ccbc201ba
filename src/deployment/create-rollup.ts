import { createPublicClient, http } from "viem";
import type { Address, Hex, Instruments } from "../primitives/index.ts";
import { createGenesis, genesisBlock, loadPredeployCode } from "../rollup/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
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
}

/** Deploys a rollup whose genesis is of the time of the latest L1 block and holds no ETH. */
export async function createRollup(
  options: CreateRollupOptions,
  instruments: Pick<Instruments, "logger">,
): Promise<RollupConfig> {
  const { l1RpcUrl, deployerKey, operator, feeRecipient, l2ChainId, preset } = options;
  const transport = http(l1RpcUrl);
  const { timestamp } = await createPublicClient({ transport }).getBlock({ blockTag: "latest" });
  const genesis = createGenesis({
    chainId: l2ChainId,
    timestamp: Number(timestamp),
    gasPerSecond: preset.gasPerSecond,
    feeRecipient,
    predeployCode: await loadPredeployCode(),
  });
  const genesisHash = genesisBlock(genesis).hash;
  return deployRollup({ transport, deployerKey, operator, preset, genesis, genesisHash }, instruments);
}
