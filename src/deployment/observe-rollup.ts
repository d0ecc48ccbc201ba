import { BlockNotFoundError, getContract } from "viem";
import type { PublicClient } from "viem";
import { createAddress } from "../ethereum/index.ts";
import { errorText, isAnswer, isUnanswered, rollupAbi, stateCommitmentChainAbi } from "../l1/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { l1BridgeCreations } from "./l1-bridges.ts";
import type { L1BridgeCreation } from "./l1-bridges.ts";
import { L1_CONTRACTS, hashWithoutImmutables } from "./l1-contracts.ts";
import type { L1ContractKey } from "./l1-contracts.ts";
import { codeAt, observeProver } from "./observe-prover.ts";
import type { ObservedProver } from "./observe-prover.ts";
import type { Parameters } from "./parameters.ts";

/** What L1 has of a rollup, and what its contracts say of themselves: nothing of it is checked. */
export interface ObservedRollup {
  readonly l1ChainId: number;
  readonly contracts: RollupConfig["contracts"];
  readonly code: Readonly<Record<Exclude<L1ContractKey, "prover">, Hex>>;
  /** What is where this rollup's messenger and token bridges are, if they have been deployed. */
  readonly bridges: readonly ObservedBridge[];
  /** The one that the game asks. */
  readonly prover: ObservedProver;
  /** L1 block in which the Rollup says it was deployed. */
  readonly deploymentBlock: bigint;
  /** The transaction of that block that created it; undefined if there is none, as when a contract did. */
  readonly creation: { readonly hash: Hash; readonly input: Hex } | undefined;
  readonly parameters: Parameters;
  /** The genesis claim as stored. `status` is that of contracts/l1/types/Claim.sol. */
  readonly genesisClaim: { readonly proposer: Address; readonly nextBatchCount: number; readonly status: number };
}

/** What is at the address of a contract of `l1BridgeCreations`: its `code`, `0x` if there is none. */
export interface ObservedBridge extends L1BridgeCreation {
  readonly code: Hex;
}

/**
 * Reads a rollup from L1. Rejects if there is no contract at the address, or one that does not answer as a Rollup does; with
 * viem's error if L1 does not answer.
 */
export async function observeRollup(client: PublicClient, address: Address): Promise<ObservedRollup> {
  const [l1ChainId, rollupCode] = await Promise.all([client.getChainId(), client.getCode({ address })]);
  if (rollupCode === undefined) {
    throw new Error(`expected a Rollup at ${address}, there is no contract on L1 ${l1ChainId}`);
  }
  try {
    const rollup = getContract({ address, abi: rollupAbi, client });
    const [deploymentBlock, inbox, stateCommitmentChain, challengeGame, portal, parameters] = await Promise.all([
      rollup.read.DEPLOYMENT_BLOCK(),
      rollup.read.INBOX(),
      rollup.read.STATE_COMMITMENT_CHAIN(),
      rollup.read.CHALLENGE_GAME(),
      rollup.read.PORTAL(),
      rollup.read.parameters(),
    ]);
    const claims = getContract({ address: stateCommitmentChain, abi: stateCommitmentChainAbi, client });
    const [
      inboxCode,
      stateCommitmentChainCode,
      challengeGameCode,
      portalCode,
      bridges,
      prover,
      creation,
      genesisClaim,
    ] = await Promise.all([
      codeAt(client, inbox),
      codeAt(client, stateCommitmentChain),
      codeAt(client, challengeGame),
      codeAt(client, portal),
      observeL1Bridges(client, address),
      observeProver(client, toAddress(parameters.prover)),
      findCreation(client, address, deploymentBlock),
      claims.read.GENESIS_CLAIM().then((id) => claims.read.claim([id])),
    ]);
    return {
      l1ChainId,
      contracts: {
        rollup: address,
        inbox: toAddress(inbox),
        stateCommitmentChain: toAddress(stateCommitmentChain),
        challengeGame: toAddress(challengeGame),
        portal: toAddress(portal),
        prover: prover.address,
      },
      code: {
        rollup: rollupCode,
        inbox: inboxCode,
        stateCommitmentChain: stateCommitmentChainCode,
        challengeGame: challengeGameCode,
        portal: portalCode,
      },
      bridges,
      prover,
      deploymentBlock,
      creation,
      parameters: {
        ...parameters,
        operator: toAddress(parameters.operator),
        prover: prover.address,
      },
      genesisClaim: { ...genesisClaim, proposer: toAddress(genesisClaim.proposer) },
    };
  } catch (error) {
    if (isUnanswered(error) && !isAnswer(error)) throw error;
    const expected = keccakOfRollup(L1_CONTRACTS.rollup.runtimeCode);
    throw new Error(
      `expected a Rollup at ${address}, of code ${expected}, there is a contract of code ${keccakOfRollup(rollupCode)} ` +
        `that does not answer as one: ${errorText(error)}`,
      { cause: error },
    );
  }
}

/** Reads the messenger and the token bridges of a rollup. Rejects with viem's error if L1 does not answer. */
export async function observeL1Bridges(client: PublicClient, rollup: Address): Promise<readonly ObservedBridge[]> {
  return Promise.all(
    l1BridgeCreations(rollup).map(async (creation) => ({ ...creation, code: await codeAt(client, creation.address) })),
  );
}

function keccakOfRollup(code: Hex): Hash {
  return hashWithoutImmutables(code, L1_CONTRACTS.rollup);
}

async function findCreation(
  client: PublicClient,
  address: Address,
  blockNumber: bigint,
): Promise<ObservedRollup["creation"]> {
  try {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
    return transactions.find(({ from, nonce, to }) => to === null && createAddress(from, BigInt(nonce)) === address);
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  }
}
