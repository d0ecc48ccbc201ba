import { createPublicClient, createWalletClient, getContract } from "viem";
import type { PublicClient, Transport } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { rollupAbi, rollupBytecode } from "../l1/index.ts";
import { ZERO_ADDRESS, toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import { genesisBlock } from "../rollup/index.ts";
import type { Genesis, RollupConfig } from "../rollup/index.ts";
import { checkContracts } from "./check-contracts.ts";
import { differencesOf } from "./check.ts";
import { observeRollup } from "./observe-rollup.ts";
import { genesisStateHash, parametersOf } from "./parameters.ts";
import type { DeploymentPreset } from "./presets.ts";

export interface DeployRollupOptions {
  /** An L1 JSON-RPC endpoint: viem's `http(url)`. */
  readonly transport: Transport;
  /** 32 bytes; the account pays for the deployment (4.6 million gas) and has no part in the rollup afterwards. */
  readonly deployerKey: Hex;
  /** Account that orders transactions. */
  readonly operator: Address;
  readonly preset: DeploymentPreset;
  readonly genesis: Genesis;
  /** Contract that decides between rival claims; none leaves them undecided. */
  readonly challengeGame?: Address;
}

/**
 * Deploys a rollup in one L1 transaction and gives what a node needs to know of it. Throws if L1 refuses the parameters
 * or the transaction fails; the message is the contract's error. Throws if what is on L1 then is not this build's code with
 * these parameters and this genesis; the message names all that differs. Throws a RangeError for a genesis no chain can
 * begin with, and if deposits could ask for more gas than the chain's speed, which the contracts cannot check.
 */
export async function deployRollup(
  options: DeployRollupOptions,
  { logger }: Pick<Instruments, "logger">,
): Promise<RollupConfig> {
  const { transport, preset, genesis } = options;
  checkDepositShare(preset, genesis);
  const genesisHash = genesisBlock(genesis).hash;
  const publicClient = createPublicClient({ transport });
  const account = privateKeyToAccount(options.deployerKey);
  const walletClient = createWalletClient({ transport, account });
  const { gasPerSecond: _, ...parameters } = { operator: toAddress(options.operator), ...preset };
  const chosen = parametersOf({ parameters, genesis, genesisHash }, options.challengeGame ?? ZERO_ADDRESS);
  const hash = await walletClient.deployContract({
    abi: rollupAbi,
    bytecode: rollupBytecode,
    args: [chosen],
    chain: null,
  });
  const receipt = await publicClient.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success" || !receipt.contractAddress) {
    throw new Error(`the deployment of the rollup failed: transaction ${hash}`);
  }
  const rollup = toAddress(receipt.contractAddress);
  const observed = await observeRollup(publicClient, rollup);
  const differences = differencesOf(
    checkContracts(observed, { parameters: chosen, deploymentBlock: receipt.blockNumber }),
  );
  if (differences.length > 0) {
    throw new Error(`the rollup deployed at ${rollup} is not what was to be deployed: ${differences.join("; ")}`);
  }
  const { l1ChainId, contracts } = observed;
  const l1StartBlock = Number(receipt.blockNumber);
  const config = { l1ChainId, l1StartBlock, contracts, parameters, genesis, genesisHash };
  logger.info({ rollup, block: config.l1StartBlock, gasUsed: Number(receipt.gasUsed) }, "rollup deployed");
  return config;
}

function checkDepositShare(
  { depositGasPerSecond }: Pick<DeploymentPreset, "depositGasPerSecond">,
  { gasPerSecond }: Pick<Genesis, "gasPerSecond">,
): void {
  if (depositGasPerSecond <= gasPerSecond) return;
  throw new RangeError(
    `expected deposits to have a share of the chain's speed, at most ${gasPerSecond} gas a second, got ${depositGasPerSecond}`,
  );
}

/** What the contracts of a rollup say of it: all of its configuration but the genesis, of which they hold chain id and hash. */
export type DeployedRollup = Omit<RollupConfig, "genesis" | "genesisHash"> & {
  readonly l2ChainId: number;
  readonly genesisStateHash: Hash;
};

/** Reads a rollup's configuration from L1. Rejects if there is no rollup at the address. */
export async function readRollup(client: PublicClient, address: Address): Promise<DeployedRollup> {
  const rollup = getContract({ address, abi: rollupAbi, client });
  const [l1ChainId, startBlock, inbox, stateCommitmentChain, portal, parameters] = await Promise.all([
    client.getChainId(),
    rollup.read.DEPLOYMENT_BLOCK(),
    rollup.read.INBOX(),
    rollup.read.STATE_COMMITMENT_CHAIN(),
    rollup.read.PORTAL(),
    rollup.read.parameters(),
  ]);
  return {
    l1ChainId,
    l1StartBlock: Number(startBlock),
    contracts: {
      rollup: address,
      inbox: toAddress(inbox),
      stateCommitmentChain: toAddress(stateCommitmentChain),
      portal: toAddress(portal),
    },
    parameters: {
      operator: toAddress(parameters.operator),
      forceInclusionDelay: Number(parameters.forceInclusionDelay),
      selfSequencingDelay: Number(parameters.selfSequencingDelay),
      contextInterval: Number(parameters.contextInterval),
      depositGasCapacity: parameters.depositGasCapacity,
      depositGasPerSecond: parameters.depositGasPerSecond,
      challengePeriod: Number(parameters.challengePeriod),
      claimBond: parameters.claimBond,
    },
    l2ChainId: Number(parameters.l2ChainId),
    genesisStateHash: parameters.genesisStateHash,
  };
}

/** Checks a configuration against L1. Rejects with an error that names the first difference. */
export async function verifyRollupConfig(client: PublicClient, config: RollupConfig): Promise<void> {
  const deployed = await readRollup(client, config.contracts.rollup);
  const expected: DeployedRollup = {
    l1ChainId: config.l1ChainId,
    l1StartBlock: config.l1StartBlock,
    contracts: config.contracts,
    parameters: config.parameters,
    l2ChainId: config.genesis.chainId,
    genesisStateHash: genesisStateHash(config.genesisHash),
  };
  const actual = new Map(leaves(deployed));
  for (const [name, value] of leaves(expected)) {
    if (actual.get(name) !== value) {
      throw new Error(`the rollup on L1 has ${name} ${actual.get(name) ?? "unset"}, the configuration has ${value}`);
    }
  }
}

/** The values of an object with their paths, as text. */
function leaves(value: object, path = ""): (readonly [path: string, value: string])[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    typeof part === "object" && part !== null ? leaves(part, `${path}${key}.`) : [[path + key, String(part)] as const],
  );
}

/** A rollup's configuration as the JSON file `rollupConfigSchema` reads: wei as decimal strings. */
export function formatRollupConfig(config: RollupConfig): string {
  const decimal = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  return `${JSON.stringify(config, decimal, 2)}\n`;
}
