import type { PublicClient } from "viem";
import type { Address, Hash } from "../primitives/index.ts";
import { genesisBlock, loadPredeployCode } from "../rollup/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { checkContracts, checkL1Bridges, creationParameters } from "./check-contracts.ts";
import { checkGenesis } from "./check-genesis.ts";
import { check } from "./check.ts";
import type { CheckedSubject } from "./check.ts";
import { observeRollup } from "./observe-rollup.ts";
import type { ObservedRollup } from "./observe-rollup.ts";
import { parametersOf } from "./parameters.ts";
import type { Parameters } from "./parameters.ts";
import { TRACE_HEIGHTS } from "./presets.ts";

/** What a rollup on L1 was compared with this build in. */
export interface RollupReport {
  readonly rollup: Address;
  readonly l1ChainId: number;
  /** Transaction that created the Rollup; undefined if none did. */
  readonly creation: Hash | undefined;
  readonly subjects: readonly CheckedSubject[];
}

/**
 * Compares a rollup on L1 with this build. With a configuration all parameters are those of the configuration, and the genesis
 * state hash follows from its genesis; without one they are what the Rollup was created with. In either case a dispute must have room
 * for whatever can be posted. Rejects as `observeRollup` does.
 */
export async function verifyRollup(client: PublicClient, of: Address | RollupConfig): Promise<RollupReport> {
  const config = typeof of === "string" ? undefined : of;
  const observed = await observeRollup(client, typeof of === "string" ? of : of.contracts.rollup);
  const parameters =
    config === undefined ? (creationParameters(observed) ?? observed.parameters) : expectedParameters(config);
  const deploymentBlock = config === undefined ? observed.deploymentBlock : BigInt(config.l1StartBlock);
  return {
    rollup: observed.contracts.rollup,
    l1ChainId: observed.l1ChainId,
    creation: observed.creation?.hash,
    subjects: [
      ...checkContracts(observed, { parameters, deploymentBlock }),
      ...checkL1Bridges(observed),
      checkHeights(observed),
      ...(config === undefined
        ? []
        : [checkAddresses(observed, config), ...checkGenesis(config, await loadPredeployCode())]),
    ],
  };
}

function expectedParameters(config: RollupConfig): Parameters {
  return parametersOf({ ...config, genesisHash: genesisBlock(config.genesis).hash }, config.contracts.prover);
}

/** Were a trace too low for what is posted, a right claim could not be made, and a wrong one not be refuted. */
function checkHeights({ parameters: { dispute } }: ObservedRollup): CheckedSubject {
  return {
    subject: "traces",
    checks: [
      check("height of a claim", TRACE_HEIGHTS.claimTraceHeight, dispute.claimTraceHeight),
      check("height of a unit", TRACE_HEIGHTS.unitTraceHeight, dispute.unitTraceHeight),
    ],
  };
}

function checkAddresses({ l1ChainId, contracts }: ObservedRollup, config: RollupConfig): CheckedSubject {
  return {
    subject: "configuration",
    checks: [
      check("l1ChainId", config.l1ChainId, l1ChainId),
      check("contracts.inbox", config.contracts.inbox, contracts.inbox),
      check("contracts.stateCommitmentChain", config.contracts.stateCommitmentChain, contracts.stateCommitmentChain),
      check("contracts.challengeGame", config.contracts.challengeGame, contracts.challengeGame),
      check("contracts.portal", config.contracts.portal, contracts.portal),
      check("contracts.prover", config.contracts.prover, contracts.prover),
    ],
  };
}
