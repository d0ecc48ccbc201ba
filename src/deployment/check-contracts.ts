import { decodeAbiParameters, encodeDeployData } from "viem";
import { rollupAbi, rollupBytecode } from "../l1/index.ts";
import { ZERO_ADDRESS, ZERO_HASH, hexToBytes, keccak256, toAddress } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import { claimId } from "../rollup/index.ts";
import type { BridgeKey, RollupConfig } from "../rollup/index.ts";
import { check } from "./check.ts";
import type { Check, CheckedSubject, Value } from "./check.ts";
import { createdByRollup } from "./created-by-rollup.ts";
import { l1BridgeAddresses } from "./l1-bridges.ts";
import { L1_BRIDGE_CONTRACTS, L1_CONTRACTS, hashWithoutImmutables, immutableValues } from "./l1-contracts.ts";
import type { L1Contract, L1ContractKey } from "./l1-contracts.ts";
import type { ObservedProver } from "./observe-prover.ts";
import type { ObservedRollup } from "./observe-rollup.ts";
import type { Parameters } from "./parameters.ts";

/** What a rollup is expected to have been deployed with. */
export interface ExpectedRollup {
  readonly parameters: Parameters;
  readonly deploymentBlock: bigint;
}

/** The values that the constructors give to all immutables. */
type Immutables = {
  readonly [K in RollupContractKey]: Readonly<Record<keyof (typeof L1_CONTRACTS)[K]["immutables"], Value>>;
};

/** The prover is not the rollup's own: it is looked at by itself. */
type RollupContractKey = Exclude<L1ContractKey, "prover">;

const CONFIRMED = 2;

/**
 * Compares the contracts of a rollup with this build's. The code alone would not do: whoever deploys the same code by another
 * constructor chooses what is in storage, such as a confirmed claim. So the transaction that created the Rollup must be
 * this build's creation code with the expected parameters, and the others must be what that code creates.
 */
export function checkContracts(observed: ObservedRollup, expected: ExpectedRollup): readonly CheckedSubject[] {
  const immutables = expectedImmutables(observed.contracts.rollup, expected);
  const subjectOf = <K extends RollupContractKey>(key: K, more: readonly Check[] = []): CheckedSubject => ({
    subject: L1_CONTRACTS[key].name,
    address: observed.contracts[key],
    checks: [...more, ...checkCode(L1_CONTRACTS[key], observed.code[key], immutables[key])],
  });
  return [
    subjectOf("rollup", [checkCreation(observed, expected)]),
    subjectOf("inbox"),
    subjectOf("stateCommitmentChain", checkGenesisClaim(observed)),
    subjectOf("challengeGame"),
    subjectOf("portal"),
    ...checkProver(observed.prover),
  ];
}

/**
 * Compares the messenger and the token bridges of a rollup with this build's. What is at their addresses was made by this build's
 * creation code, as the addresses commit to it; that its storage began empty follows from that.
 */
export function checkL1Bridges({
  contracts,
  bridges,
}: Pick<ObservedRollup, "contracts" | "bridges">): readonly CheckedSubject[] {
  const { messenger } = l1BridgeAddresses(contracts.rollup);
  const { inbox, portal } = createdByRollup(contracts.rollup);
  const immutables: Readonly<Record<BridgeKey, Readonly<Record<string, Value>>>> = {
    messenger: { INBOX: inbox, PORTAL: portal },
    erc20Bridge: { _MESSENGER: messenger },
    erc721Bridge: { _MESSENGER: messenger },
    erc1155Bridge: { _MESSENGER: messenger },
  };
  return bridges.map(({ key, address, code }) => ({
    subject: L1_BRIDGE_CONTRACTS[key].name,
    address,
    checks: checkCode(L1_BRIDGE_CONTRACTS[key], code, immutables[key]),
  }));
}

/** The parameters that the transaction which created a rollup gave it; undefined if it is none of this build. */
export function creationParameters({ creation }: Pick<ObservedRollup, "creation">): Parameters | undefined {
  if (!creation?.input.startsWith(rollupBytecode)) return undefined;
  const constructor = rollupAbi.find((item) => item.type === "constructor");
  if (constructor === undefined) throw new Error("expected a constructor in the ABI of Rollup");
  try {
    const [chosen] = decodeAbiParameters(constructor.inputs, `0x${creation.input.slice(rollupBytecode.length)}`);
    return { ...chosen, operator: toAddress(chosen.operator), prover: toAddress(chosen.prover) };
  } catch {
    return undefined;
  }
}

function checkCreation({ creation, deploymentBlock }: ObservedRollup, { parameters }: ExpectedRollup): Check {
  const data = encodeDeployData({ abi: rollupAbi, bytecode: rollupBytecode, args: [parameters] });
  const none = `none: no transaction of block ${deploymentBlock} creates it`;
  return check("creation code", hashOf(data), creation === undefined ? none : hashOf(creation.input));
}

function checkGenesisClaim({ genesisClaim: { proposer, nextBatchCount, status } }: ObservedRollup): readonly Check[] {
  return [
    check("genesis claim status", CONFIRMED, status),
    check("genesis claim nextBatchCount", 1, nextBatchCount),
    check("genesis claim proposer", ZERO_ADDRESS, proposer),
  ];
}

/**
 * Compares a prover with this build's: its code, and that of each verifier whose address is in it. Storage and what created them do
 * not matter, as none of them reads any.
 */
export function checkProver({ address, code, verifiers }: ObservedProver): readonly CheckedSubject[] {
  const addresses = Object.fromEntries(verifiers.map((verifier) => [verifier.immutable, verifier.address]));
  return [
    { subject: L1_CONTRACTS.prover.name, address, checks: checkCode(L1_CONTRACTS.prover, code, addresses) },
    ...verifiers.map((verifier) => ({
      subject: verifier.name,
      address: verifier.address,
      checks: checkCode({ ...verifier, immutables: {} }, verifier.code, {}),
    })),
  ];
}

function checkCode(contract: L1Contract, code: Hex, immutables: Readonly<Record<string, Value>>): readonly Check[] {
  const expected = hashWithoutImmutables(contract.runtimeCode, contract);
  const actual = code === "0x" ? "none" : hashWithoutImmutables(code, contract);
  const checked = check("code", expected, actual);
  // In other code, other things stand in these places.
  if (actual !== expected) return [checked];
  const places: readonly (readonly [string, readonly number[]])[] = Object.entries(contract.immutables);
  return [
    checked,
    ...places.map(([name, positions]) => {
      const value = immutables[name] as Value;
      const texts = new Set(immutableValues(code, positions).map((word) => textLike(value, word)));
      return check(name, value, [...texts].join(" and "));
    }),
  ];
}

/** A word as text of the kind that a value is of. */
function textLike(value: Value, word: Hash): string {
  if (typeof value === "bigint" || typeof value === "number") return BigInt(word).toString();
  const isAddress = typeof value === "string" && value.length === ZERO_ADDRESS.length;
  return isAddress && word.startsWith(`0x${"00".repeat(12)}`) ? `0x${word.slice(26)}` : word;
}

function expectedImmutables(
  rollup: RollupConfig["contracts"]["rollup"],
  { parameters, deploymentBlock }: ExpectedRollup,
): Immutables {
  const { inbox, challengeGame, stateCommitmentChain, portal } = createdByRollup(rollup);
  const { dispute } = parameters;
  return {
    rollup: {
      INBOX: inbox,
      STATE_COMMITMENT_CHAIN: stateCommitmentChain,
      CHALLENGE_GAME: challengeGame,
      PORTAL: portal,
      DEPLOYMENT_BLOCK: deploymentBlock,
      _GENESIS_STATE_HASH: parameters.genesisStateHash,
    },
    inbox: {
      L2_CHAIN_ID: parameters.l2ChainId,
      OPERATOR: parameters.operator,
      FORCE_INCLUSION_DELAY: parameters.forceInclusionDelay,
      SELF_SEQUENCING_DELAY: parameters.selfSequencingDelay,
      CONTEXT_INTERVAL: parameters.contextInterval,
      DEPOSIT_GAS_CAPACITY: parameters.depositGasCapacity,
      DEPOSIT_GAS_PER_SECOND: parameters.depositGasPerSecond,
      PORTAL: portal,
    },
    stateCommitmentChain: {
      INBOX: inbox,
      CHALLENGE_GAME: challengeGame,
      CHALLENGE_PERIOD: dispute.challengePeriod,
      CLAIM_BOND: dispute.claimBond,
      CLAIM_TRACE_HEIGHT: dispute.claimTraceHeight,
      GENESIS_CLAIM: claimId(ZERO_HASH, parameters.genesisStateHash, ZERO_HASH),
    },
    challengeGame: {
      STATE_COMMITMENT_CHAIN: stateCommitmentChain,
      INBOX: inbox,
      PROVER: parameters.prover,
      CHALLENGE_PERIOD: dispute.challengePeriod,
      MINIMUM_RESPONSE_TIME: dispute.minimumResponseTime,
      CLAIM_BOND: dispute.claimBond,
      UNIT_BOND: dispute.unitBond,
      CLAIM_TRACE_HEIGHT: dispute.claimTraceHeight,
      UNIT_TRACE_HEIGHT: dispute.unitTraceHeight,
    },
    portal: { INBOX: inbox, STATE_COMMITMENT_CHAIN: stateCommitmentChain },
  };
}

function hashOf(data: Hex): Hash {
  return keccak256(hexToBytes(data));
}
