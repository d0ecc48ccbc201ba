/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesToHex,
  hashPair,
  hexToBytes,
  keccak256,
  merkleProof,
  merkleRoot,
  toAddress,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { claimId, contextBodyHash, depositBodyHash, stateHash, withdrawalHash } from "../../../src/rollup/index.ts";
import type { ChainState, Withdrawal } from "../../../src/rollup/index.ts";
import { haltHash } from "../../../src/traces/index.ts";
import type {
  AppointedWinnerGame,
  ChallengeGame,
  Inbox,
  Portal,
  Rollup,
  ScriptedAccount,
  StateCommitmentChain,
} from "../../../types/ethers-contracts/index.ts";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** A part of `RollupParameters`. */
export interface DisputeParameters {
  readonly challengePeriod: bigint;
  readonly minimumResponseTime: bigint;
  readonly claimBond: bigint;
  readonly unitBond: bigint;
  readonly claimTraceHeight: bigint;
  readonly unitTraceHeight: bigint;
}

/** Constructor argument of `Rollup`; every part can be overridden. */
export interface RollupParameters {
  readonly l2ChainId: bigint;
  readonly operator: string;
  readonly forceInclusionDelay: bigint;
  readonly selfSequencingDelay: bigint;
  readonly contextInterval: bigint;
  readonly depositGasCapacity: bigint;
  readonly depositGasPerSecond: bigint;
  readonly genesisStateHash: Hash;
  readonly prover: string;
  readonly dispute: DisputeParameters;
}

/** Stands in for a prover: the rollup only asks whether there is code. */
const PROVER = "0x000000000000000000000000000000000000901e";
/** Height of a claim's trace, as in production. */
export const CLAIM_TRACE_HEIGHT = 32;
/** Siblings of the last entry of a trace: the contracts take any. */
export const SIBLINGS: Hash[] = Array.from({ length: CLAIM_TRACE_HEIGHT }, (_, height) =>
  keccak256(Uint8Array.of(height)),
);

/** Root of the trace that ends in a state and has these siblings. */
export function traceRootOf(state: ChainState, siblings: readonly Hash[] = SIBLINGS): Hash {
  return siblings.reduce((right, left) => hashPair(left, right), haltHash(state));
}

/** What a claim of a state says, by the siblings of its last entry. */
export function claimBody(parentId: Hash, state: ChainState, siblings: readonly Hash[] = SIBLINGS) {
  return { parentId, stateHash: stateHash(state), traceRoot: traceRootOf(state, siblings) };
}

export function claimIdOf(body: ReturnType<typeof claimBody>): Hash {
  return claimId(body.parentId, body.stateHash, body.traceRoot);
}

/** The genesis block of tests: the contracts only ever see its hash. */
export const GENESIS_BLOCK_HASH: Hash = `0x${"9e".repeat(32)}`;
export const GENESIS_STATE_HASH = stateHash({
  blockHash: GENESIS_BLOCK_HASH,
  outboxRoot: ZERO_HASH,
  batchCount: 0,
  messageCount: 0,
});
export const GENESIS_CLAIM = claimId(ZERO_HASH, GENESIS_STATE_HASH, ZERO_HASH);

export type RollupFixture = Awaited<ReturnType<typeof deployRollupFixture>>;

/** A network of its own with a rollup on it; the first account is the operator. */
export async function deployRollupFixture(overrides: Partial<RollupParameters> = {}) {
  const connection = await network.create();
  return deployRollupOn(connection, overrides);
}

export async function deployRollupOn(
  connection: Awaited<ReturnType<typeof network.create>>,
  overrides: Partial<RollupParameters> = {},
) {
  const { ethers, networkHelpers, provider } = connection;
  const [operator, user, stranger, proposer, rival] = await ethers.getSigners();
  if (!operator || !user || !stranger || !proposer || !rival) throw new Error("expected five accounts");
  await networkHelpers.setCode(PROVER, "0x00");
  const parameters: RollupParameters = {
    l2ChainId: 42n,
    operator: operator.address,
    forceInclusionDelay: BigInt(12 * HOUR),
    selfSequencingDelay: BigInt(DAY),
    contextInterval: BigInt(HOUR),
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 1_250_000n,
    genesisStateHash: GENESIS_STATE_HASH,
    prover: ethers.getAddress(PROVER),
    dispute: {
      challengePeriod: BigInt(7 * DAY),
      minimumResponseTime: BigInt(HOUR),
      claimBond: 10n ** 17n,
      unitBond: 10n ** 16n,
      claimTraceHeight: BigInt(CLAIM_TRACE_HEIGHT),
      unitTraceHeight: 25n,
    },
    ...overrides,
  };
  const rollup: Rollup = await ethers.deployContract("Rollup", [parameters]);
  const inbox: Inbox = await ethers.getContractAt("Inbox", await rollup.INBOX());
  const ownChain: StateCommitmentChain = await ethers.getContractAt(
    "StateCommitmentChain",
    await rollup.STATE_COMMITMENT_CHAIN(),
  );
  const challengeGame: ChallengeGame = await ethers.getContractAt("ChallengeGame", await rollup.CHALLENGE_GAME());
  const portal: Portal = await ethers.getContractAt("Portal", await rollup.PORTAL());
  const account: ScriptedAccount = await ethers.deployContract("ScriptedAccount", [ZERO_ADDRESS, "0x"]);

  const now = async (): Promise<number> => networkHelpers.time.latest();

  /** Number and hash of the latest L1 block, for a claim to be bound to. */
  async function latestBlock(): Promise<readonly [number: number, hash: Hash]> {
    const block = await ethers.provider.getBlock("latest");
    if (block?.hash === null || block?.hash === undefined) throw new Error("expected a latest block");
    return [block.number, block.hash as Hash];
  }

  /** A state commitment chain, and what proposes there. */
  function claimsOn(stateCommitmentChain: StateCommitmentChain) {
    return {
      stateCommitmentChain,
      /** Proposes a state, bound to the latest L1 block; puts up the bond unless the proposer's own is on the parent. */
      async propose(by: NonNullable<typeof proposer>, parentId: Hash, state: ChainState, value?: bigint) {
        const { proposer: owner } = await stateCommitmentChain.claim(parentId);
        return stateCommitmentChain.connect(by).propose(parentId, state, SIBLINGS, ...(await latestBlock()), {
          value: value ?? (owner === by.address ? 0n : parameters.dispute.claimBond),
        });
      },
    };
  }
  const { stateCommitmentChain, propose } = claimsOn(ownChain);

  /** A state commitment chain on the same Inbox whose game names the winners that the test appoints. */
  async function claimsWithAppointedWinners() {
    const { challengePeriod, claimBond, claimTraceHeight } = parameters.dispute;
    const game: AppointedWinnerGame = await ethers.deployContract("AppointedWinnerGame", [
      challengePeriod,
      claimBond,
      claimTraceHeight,
    ]);
    await game.deployChain(inbox, parameters.genesisStateHash);
    const chain = await ethers.getContractAt("StateCommitmentChain", await game.STATE_COMMITMENT_CHAIN());
    return { game, ...claimsOn(chain) };
  }

  return {
    connection,
    ethers,
    networkHelpers,
    provider,
    parameters,
    rollup,
    inbox,
    stateCommitmentChain,
    challengeGame,
    portal,
    claimsWithAppointedWinners,
    /** A contract that calls what it is told to. */
    account,
    operator,
    user,
    stranger,
    proposer,
    rival,
    now,
    latestBlock,
    propose,
    /** Opens a message from the event that announced it. */
    openMessage: async (index: number | bigint) => openMessage(inbox, BigInt(index)),
    /** Posts an empty calldata batch that reads all messages, as the operator. */
    postBatch: async () => inbox.connect(operator)["postBatch(uint256,bytes)"](await inbox.messageCount(), "0x"),
    /** Confirms a claim on genesis whose Outbox root is `outboxRoot`, and gives the opening the Portal asks for. */
    confirmOutboxRoot: async (outboxRoot: Hash, parentId: Hash = GENESIS_CLAIM) => {
      const { nextBatchCount } = await stateCommitmentChain.claim(parentId);
      while ((await inbox.batchCount()) < nextBatchCount) {
        await inbox.connect(operator)["postBatch(uint256,bytes)"](await inbox.messageCount(), "0x");
      }
      const opened = { blockHash: GENESIS_BLOCK_HASH, batchCount: Number(nextBatchCount), messageCount: 0 };
      const body = claimBody(parentId, { ...opened, outboxRoot });
      await propose(proposer, parentId, { ...opened, outboxRoot });
      await networkHelpers.time.increase(parameters.dispute.challengePeriod);
      await stateCommitmentChain.confirm(body);
      return { opening: { parentId, ...opened, traceRoot: body.traceRoot }, claimId: claimIdOf(body) };
    },
  };
}

async function openMessage(inbox: Inbox, index: bigint) {
  const [deposit] = await inbox.queryFilter(inbox.filters.DepositEnqueued(index));
  if (deposit !== undefined) {
    const { sender, to, enqueuedAt, mint, value, gasLimit, refundTo, data } = deposit.args;
    return {
      enqueuedAt: Number(enqueuedAt),
      kind: 0,
      bodyHash: depositBodyHash({
        sender: toAddress(sender),
        to: toAddress(to),
        mint,
        value,
        gasLimit,
        refundTo: toAddress(refundTo),
        data: hexToBytes(data),
      }),
    };
  }
  const [context] = await inbox.queryFilter(inbox.filters.ContextEnqueued(index));
  if (context === undefined) throw new Error(`no message ${index}`);
  const { number, timestamp, baseFee, blobBaseFee, parentHash } = context.args;
  return {
    enqueuedAt: Number(timestamp),
    kind: 1,
    bodyHash: contextBodyHash({
      number: Number(number),
      timestamp: Number(timestamp),
      baseFee,
      blobBaseFee,
      parentHash: parentHash as Hash,
    }),
  };
}

/** A withdrawal of ETH by `sender` to `target`; parts can be overridden. */
export function etherWithdrawal(target: string, overrides: Partial<Withdrawal> = {}): Withdrawal {
  return {
    index: 0,
    sender: "0x00000000000000000000000000000000000000aa",
    target: toAddress(target),
    value: 10n ** 18n,
    minimumGas: 0n,
    data: new Uint8Array(),
    ...overrides,
  };
}

/** As the Portal takes it. */
export function withdrawalArgument(withdrawal: Withdrawal) {
  return { ...withdrawal, data: bytesToHex(withdrawal.data) };
}

/** The Outbox tree of these withdrawals, in order. */
export function outboxOf(withdrawals: readonly Withdrawal[]) {
  const leaves = withdrawals.map(withdrawalHash);
  return { root: merkleRoot(leaves), proof: (index: number): Hash[] => merkleProof(leaves, index) };
}
