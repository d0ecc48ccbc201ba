/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesToHex,
  hexToBytes,
  merkleProof,
  merkleRoot,
  toAddress,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { claimId, contextBodyHash, depositBodyHash, stateHash, withdrawalHash } from "../../../src/rollup/index.ts";
import type { Withdrawal } from "../../../src/rollup/index.ts";
import type {
  Inbox,
  Portal,
  Rollup,
  ScriptedAccount,
  StateCommitmentChain,
} from "../../../types/ethers-contracts/index.ts";

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** Constructor argument of `Rollup`; every part can be overridden. */
export interface RollupParameters {
  readonly l2ChainId: bigint;
  readonly operator: string;
  readonly forceInclusionDelay: bigint;
  readonly selfSequencingDelay: bigint;
  readonly contextInterval: bigint;
  readonly depositGasCapacity: bigint;
  readonly depositGasPerSecond: bigint;
  readonly challengePeriod: bigint;
  readonly claimBond: bigint;
  readonly genesisStateHash: Hash;
  readonly challengeGame: string;
}

/** The genesis block of tests: the contracts only ever see its hash. */
export const GENESIS_BLOCK_HASH: Hash = `0x${"9e".repeat(32)}`;
export const GENESIS_STATE_HASH = stateHash({
  blockHash: GENESIS_BLOCK_HASH,
  outboxRoot: ZERO_HASH,
  batchCount: 0,
  messageCount: 0,
});
export const GENESIS_CLAIM = claimId(ZERO_HASH, GENESIS_STATE_HASH);

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
  const parameters: RollupParameters = {
    l2ChainId: 42n,
    operator: operator.address,
    forceInclusionDelay: BigInt(12 * HOUR),
    selfSequencingDelay: BigInt(DAY),
    contextInterval: BigInt(HOUR),
    depositGasCapacity: 60_000_000n,
    depositGasPerSecond: 1_250_000n,
    challengePeriod: BigInt(7 * DAY),
    claimBond: 10n ** 17n,
    genesisStateHash: GENESIS_STATE_HASH,
    challengeGame: ZERO_ADDRESS,
    ...overrides,
  };
  const rollup: Rollup = await ethers.deployContract("Rollup", [parameters]);
  const inbox: Inbox = await ethers.getContractAt("Inbox", await rollup.INBOX());
  const stateCommitmentChain: StateCommitmentChain = await ethers.getContractAt(
    "StateCommitmentChain",
    await rollup.STATE_COMMITMENT_CHAIN(),
  );
  const portal: Portal = await ethers.getContractAt("Portal", await rollup.PORTAL());
  const account: ScriptedAccount = await ethers.deployContract("ScriptedAccount", [ZERO_ADDRESS, "0x"]);

  const now = async (): Promise<number> => networkHelpers.time.latest();

  /** Number and hash of the latest L1 block, for a claim to be bound to. */
  async function latestBlock(): Promise<readonly [number: number, hash: Hash]> {
    const block = await ethers.provider.getBlock("latest");
    if (block?.hash === null || block?.hash === undefined) throw new Error("expected a latest block");
    return [block.number, block.hash as Hash];
  }

  /** Proposes a state, bound to the latest L1 block; puts up the bond unless the proposer's own is on the parent. */
  async function propose(
    by: NonNullable<typeof proposer>,
    parentId: Hash,
    state: Parameters<typeof stateHash>[0],
    value?: bigint,
  ) {
    const { proposer: owner } = await stateCommitmentChain.claim(parentId);
    return stateCommitmentChain.connect(by).propose(parentId, state, ...(await latestBlock()), {
      value: value ?? (owner === by.address ? 0n : parameters.claimBond),
    });
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
    portal,
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
      const opening = { parentId, blockHash: GENESIS_BLOCK_HASH, batchCount: Number(nextBatchCount), messageCount: 0 };
      const claimed = stateHash({ ...opening, outboxRoot });
      await propose(proposer, parentId, { ...opening, outboxRoot });
      await networkHelpers.time.increase(parameters.challengePeriod);
      await stateCommitmentChain.confirm(parentId, claimed);
      return { opening, claimId: claimId(parentId, claimed) };
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
