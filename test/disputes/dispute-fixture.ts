/// <reference path="../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import type { TraceTree } from "../../src/machine/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import { claimIdOf, positionId } from "./positions.ts";
import type { ClaimBody, Position } from "./positions.ts";
import { honestView, scriptOf, stateOf } from "./views.ts";
import type { Heights, View } from "./views.ts";

export const ZERO_HASH: Hash = `0x${"00".repeat(32)}`;
export const GENESIS_STATE = stateOf(0, 0);
export const GENESIS_BODY: ClaimBody = {
  parentId: ZERO_HASH,
  stateHash: stateHash(GENESIS_STATE),
  traceRoot: ZERO_HASH,
};
export const GENESIS = claimIdOf(GENESIS_BODY);
/** Above it the traces are too long to be written down: a test scripts what it needs. */
const MAXIMUM_SCRIPTED_HEIGHT = 6;
export const EMPTY_WITNESS = {
  machine: "0x",
  frame: "0x",
  frameContext: "0x",
  parentFrame: "0x",
  transaction: "0x",
  blockContext: "0x",
  pending: "0x",
  savedJournal: "0x",
  bloom: "0x",
  blockBloom: "0x",
  sponge: "0x",
  code: "0x",
  stack: [],
  regions: [],
  overlay: [],
  tries: [],
  appends: [],
  preimages: [],
};

export interface DisputeParameters {
  readonly challengePeriod: number;
  readonly minimumResponseTime: number;
  readonly claimBond: bigint;
  readonly unitBond: bigint;
  readonly claimTraceHeight: number;
  readonly unitTraceHeight: number;
}

export type DisputeFixture = Awaited<ReturnType<typeof deployDispute>>;

export interface DisputeSetup {
  /** Deploys another prover than the scripted one, and gives its address. */
  readonly deployProver?: (connection: Awaited<ReturnType<typeof network.create>>) => Promise<string>;
  /** Of the genesis claim. */
  readonly genesisStateHash?: Hash;
  /** Of the first batches. */
  readonly batchHashes?: readonly Hash[];
}

/** The dispute contracts with small traces and a scripted prover, which has `honestView` for right, on a network of their own. */
export async function deployDispute(overrides: Partial<DisputeParameters> = {}, setup: DisputeSetup = {}) {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const parameters: DisputeParameters = {
    challengePeriod: 1000,
    minimumResponseTime: 10,
    claimBond: 10n ** 18n,
    unitBond: 10n ** 17n,
    claimTraceHeight: 2,
    unitTraceHeight: 2,
    ...overrides,
  };
  const heights: Heights = { claim: parameters.claimTraceHeight, unit: parameters.unitTraceHeight };
  const signers = await ethers.getSigners();
  const [deployer] = signers;
  if (deployer === undefined) throw new Error("expected accounts");
  const inbox = await ethers.deployContract("ScriptedInbox", [42]);
  const scripted = await ethers.deployContract("ScriptedProver", []);
  await inbox.setBatchCount(1000);
  for (const [index, hash] of (setup.batchHashes ?? []).entries()) await inbox.setBatch(index, hash);
  const prover = await setup.deployProver?.(connection);
  const nonce = await deployer.getNonce();
  const predicted = ethers.getCreateAddress({ from: deployer.address, nonce: nonce + 1 });
  const game = await ethers.deployContract("ChallengeGame", [
    predicted,
    await inbox.getAddress(),
    prover ?? (await scripted.getAddress()),
    parameters,
  ]);
  const chain = await ethers.deployContract("StateCommitmentChain", [
    await inbox.getAddress(),
    await game.getAddress(),
    setup.genesisStateHash ?? GENESIS_BODY.stateHash,
  ]);
  const isSmall = heights.claim <= MAXIMUM_SCRIPTED_HEIGHT && heights.unit <= MAXIMUM_SCRIPTED_HEIGHT;
  if (prover === undefined && isSmall) {
    const script = scriptOf(honestView(loadHash(GENESIS_STATE), heights), heights);
    for (let first = 0; first < script.length; first += 128) await scripted.script(script.slice(first, first + 128));
  }

  async function latestBlock(): Promise<readonly [number: number, hash: Hash]> {
    const block = await ethers.provider.getBlock("latest");
    if (block?.hash === null || block?.hash === undefined) throw new Error("expected a latest block");
    return [block.number, block.hash as Hash];
  }

  return {
    connection,
    ethers,
    networkHelpers,
    provider: connection.provider,
    parameters,
    heights,
    inbox,
    prover: scripted,
    game,
    chain,
    signers,
    latestBlock,
    now: async () => networkHelpers.time.latest(),
    /** Proposes what a view claims. */
    async propose(by: (typeof signers)[number], view: View, parentId: Hash = GENESIS, value?: bigint) {
      const { proposer } = await chain.claim(parentId);
      await chain
        .connect(by)
        .propose(parentId, view.state, siblingsOfLast(view.claim, heights.claim), ...(await latestBlock()), {
          value: value ?? (proposer === by.address ? 0n : parameters.claimBond),
        });
      return bodyOf(view, heights, parentId);
    },
  };
}

export function siblingsOfLast(tree: TraceTree, height: number): Hash[] {
  return tree.proof(2 ** height - 1, height);
}

export function bodyOf(view: View, heights: Heights, parentId: Hash = GENESIS): ClaimBody {
  return { parentId, stateHash: view.stateHash, traceRoot: view.claim.root(0, heights.claim) };
}

/** Where a span of a view's claim stands. */
export function claimPosition(view: View, start: number, height: number, parentId: Hash = GENESIS): Position {
  return { level: 0, context: parentId, start, height, prefix: view.claim.prefix(start) };
}

/** Where a span of the steps of a unit stands. */
export function unitPosition(view: View, unit: number, start: number, height: number, parentId?: Hash): Position {
  const context = positionId(claimPosition(view, unit, 0, parentId));
  return { level: 1, context, start, height, prefix: view.unit(unit).prefix(start) };
}

/** The state before `start` of a trace, opened. */
export function stateBefore(tree: TraceTree, start: number) {
  if (start === 0) return { state: tree.before, prefix: ZERO_HASH, siblings: [] };
  const { state, prefix, siblings } = tree.openPrefix(start);
  return { state, prefix, siblings: [...siblings] };
}
