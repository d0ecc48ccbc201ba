import { createPublicClient, createWalletClient, formatEther, formatGwei, getContract } from "viem";
import type { PublicClient, Transport } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createAddress } from "../ethereum/index.ts";
import { rollupAbi, rollupBytecode } from "../l1/index.ts";
import { ZERO_ADDRESS, toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import { genesisBlock } from "../rollup/index.ts";
import type { Genesis, L1Bridges, RollupConfig } from "../rollup/index.ts";
import { checkContracts, checkL1Bridges } from "./check-contracts.ts";
import { differencesOf } from "./check.ts";
import type { CheckedSubject } from "./check.ts";
import { awaitCreation, deployProver, requireProver } from "./deploy-prover.ts";
import type { Deployer } from "./deployer.ts";
import { deployL1Bridges, l1BridgeAddresses } from "./l1-bridges.ts";
import { observeL1Bridges, observeRollup } from "./observe-rollup.ts";
import { genesisStateHash, parametersOf } from "./parameters.ts";
import { minimumChallengePeriod } from "./presets.ts";
import type { DeploymentPreset } from "./presets.ts";

export interface DeployRollupOptions {
  /** An L1 JSON-RPC endpoint: viem's `http(url)`. */
  readonly transport: Transport;
  /** 32 bytes; the account pays for the deployment and has no part in the rollup afterwards. */
  readonly deployerKey: Hex;
  /** Account that orders transactions. */
  readonly operator: Address;
  readonly preset: DeploymentPreset;
  /** Makes the genesis of a rollup whose messenger and token bridges on L1 are these. */
  readonly genesis: (l1Bridges: L1Bridges) => Genesis;
  /** A prover of this build that is on L1 already, with its verifiers; without one another is deployed. */
  readonly prover?: Address | undefined;
}

/**
 * Deploys a rollup in one L1 transaction, before that the prover unless there is one and after it the messenger and the token bridges,
 * and gives what a node needs to know of it. The genesis knows where the bridges are, as the address of the Rollup is known before.
 * Throws if L1 refuses the parameters or a transaction fails; the message is the contract's error. Throws if what is on L1 then is
 * not this build's code with these parameters and this genesis, or the given prover is not this build's; the message names all that
 * differs. Throws, before anything is paid for, a RangeError for a genesis no chain can begin with, for a chain id that is L1's, if
 * deposits could ask for more gas than the chain's speed, which the contracts cannot check, and if the challenge period has no room
 * for a dispute; and an Error if the account has not enough ETH.
 */
export async function deployRollup(
  options: DeployRollupOptions,
  { logger }: Pick<Instruments, "logger">,
): Promise<RollupConfig> {
  const { transport, preset } = options;
  checkChallengePeriod(preset);
  const client = createPublicClient({ transport });
  const wallet = createWalletClient({ transport, account: privateKeyToAccount(options.deployerKey) });
  const { gasPerSecond: _, ...parameters } = { operator: toAddress(options.operator), ...preset };
  const anyGenesis = options.genesis(l1BridgeAddresses(ZERO_ADDRESS));
  checkGenesis(anyGenesis, preset);
  await checkChainId(client, anyGenesis);
  if (options.prover !== undefined) await requireProver(client, options.prover);
  await checkFunds({ client, wallet }, options.prover === undefined ? ROLLUP_GAS + PROVER_GAS : ROLLUP_GAS);
  const prover = options.prover ?? (await deployProver({ client, wallet }, { logger }));
  const deployer = toAddress(wallet.account.address);
  const nonce = await client.getTransactionCount({ address: deployer, blockTag: "pending" });
  const predicted = createAddress(deployer, BigInt(nonce));
  const genesis = options.genesis(l1BridgeAddresses(predicted));
  const genesisHash = genesisBlock(genesis).hash;
  const chosen = parametersOf({ parameters, genesis, genesisHash }, prover);
  const hash = await wallet.deployContract({
    abi: rollupAbi,
    bytecode: rollupBytecode,
    args: [chosen],
    chain: null,
    nonce,
  });
  const { address: rollup, blockNumber, gasUsed } = await awaitCreation(client, hash, "the rollup");
  const observed = await observeRollup(client, rollup);
  requireNoDifference(rollup, checkContracts(observed, { parameters: chosen, deploymentBlock: blockNumber }));
  await deployL1Bridges({ client, wallet }, rollup, { logger });
  const bridges = await observeL1Bridges(client, rollup);
  requireNoDifference(rollup, checkL1Bridges({ ...observed, bridges }));
  const { l1ChainId, contracts } = observed;
  const l1StartBlock = Number(blockNumber);
  const config = { l1ChainId, l1StartBlock, contracts, parameters, genesis, genesisHash };
  logger.info({ rollup, block: config.l1StartBlock, gasUsed: Number(gasUsed) }, "rollup deployed");
  return config;
}

function requireNoDifference(rollup: Address, subjects: readonly CheckedSubject[]): void {
  const differences = differencesOf(subjects);
  if (differences.length === 0) return;
  throw new Error(`the rollup deployed at ${rollup} is not what was to be deployed: ${differences.join("; ")}`);
}

/** Before anything is paid for: no genesis of this kind differs from another in more than addresses. */
function checkGenesis(genesis: Genesis, preset: DeploymentPreset): void {
  checkDepositShare(preset, genesis);
  genesisBlock(genesis);
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

/** What a deployment costs (benchmarks/gas.md), rounded up: the Rollup with messenger and token bridges, and the prover. */
const ROLLUP_GAS = 22_000_000n;
const PROVER_GAS = 51_000_000n;

/** Nothing is paid for a part of a deployment that cannot be finished. */
async function checkFunds({ client, wallet }: Deployer, gas: bigint): Promise<void> {
  const { address } = wallet.account;
  const [balance, gasPrice] = await Promise.all([client.getBalance({ address }), client.getGasPrice()]);
  const cost = gas * gasPrice;
  if (balance >= cost) return;
  throw new Error(
    `the deployer ${address} has ${formatEther(balance)} ETH on L1, expected at least ${formatEther(cost)}: about ${gas} gas at ` +
      `${formatGwei(gasPrice)} gwei`,
  );
}

/** What is signed for one chain would be valid on another of its id (EIP-155). */
async function checkChainId(client: PublicClient, { chainId }: Pick<Genesis, "chainId">): Promise<void> {
  if ((await client.getChainId()) !== chainId) return;
  throw new RangeError(`expected a chain id of L2 that is not L1's, got ${chainId} for both`);
}

/** The game refuses one too, in a constructor whose errors do not come out of the Rollup's by name. */
function checkChallengePeriod(preset: DeploymentPreset): void {
  const minimum = minimumChallengePeriod(preset);
  if (preset.challengePeriod >= minimum) return;
  throw new RangeError(
    `expected a challenge period of at least ${minimum} s at a minimum response time of ${preset.minimumResponseTime} s, ` +
      `got ${preset.challengePeriod} s`,
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
  const [l1ChainId, startBlock, inbox, stateCommitmentChain, challengeGame, portal, parameters] = await Promise.all([
    client.getChainId(),
    rollup.read.DEPLOYMENT_BLOCK(),
    rollup.read.INBOX(),
    rollup.read.STATE_COMMITMENT_CHAIN(),
    rollup.read.CHALLENGE_GAME(),
    rollup.read.PORTAL(),
    rollup.read.parameters(),
  ]);
  const { dispute } = parameters;
  return {
    l1ChainId,
    l1StartBlock: Number(startBlock),
    contracts: {
      rollup: address,
      inbox: toAddress(inbox),
      stateCommitmentChain: toAddress(stateCommitmentChain),
      challengeGame: toAddress(challengeGame),
      portal: toAddress(portal),
      prover: toAddress(parameters.prover),
    },
    parameters: {
      operator: toAddress(parameters.operator),
      forceInclusionDelay: Number(parameters.forceInclusionDelay),
      selfSequencingDelay: Number(parameters.selfSequencingDelay),
      contextInterval: Number(parameters.contextInterval),
      depositGasCapacity: parameters.depositGasCapacity,
      depositGasPerSecond: parameters.depositGasPerSecond,
      challengePeriod: Number(dispute.challengePeriod),
      minimumResponseTime: Number(dispute.minimumResponseTime),
      claimBond: dispute.claimBond,
      unitBond: dispute.unitBond,
      claimTraceHeight: dispute.claimTraceHeight,
      unitTraceHeight: dispute.unitTraceHeight,
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
