/// <reference path="../../types/ethers-contracts/hardhat.d.ts" />
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Log as EthersLog, TransactionReceipt } from "ethers";
import { network } from "hardhat";
import type { Log } from "viem";
import oneStepProver from "../../deploy/modules/one-step-prover.ts";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { encodeMoves, encodeProof, encodeSingle } from "../../src/challenger/calls.ts";
import type { DisputeCall, PlayableMove } from "../../src/challenger/calls.ts";
import { dueMoves } from "../../src/challenger/decisions.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import type { DisputeParameters, DisputeState } from "../../src/challenger/dispute-state.ts";
import type { DisputeMove, OwnClaim } from "../../src/challenger/index.ts";
import { judgeClaims } from "../../src/challenger/index.ts";
import { MAXIMUM_NODES, isPlayable } from "../../src/challenger/packing.ts";
import { readDisputeLog } from "../../src/challenger/read-log.ts";
import { toAddress } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { batchHash, stateHash } from "../../src/rollup/index.ts";
import { CHAIN_ID } from "../execution/harness.ts";
import type { History } from "../machine/chain/history.ts";
import { HEIGHTS } from "./false-claims.ts";
import type { Heights } from "./false-claims.ts";

const PARAMETERS: DisputeParameters = {
  challengePeriod: 10_000,
  minimumResponseTime: 10,
  claimBond: 10n ** 18n,
  unitBond: 10n ** 17n,
  claimTraceHeight: HEIGHTS.claim,
  unitTraceHeight: HEIGHTS.unit,
};

export interface BoardOptions {
  /** Other parameters than those of the tests: production heights, small bonds, and hours. */
  readonly parameters?: Partial<DisputeParameters>;
  /** Steps are taken as a test lists them, not by the OneStepProver. Default: false. */
  readonly isScripted?: boolean;
}

/** The dispute contracts with the OneStepProver, on a simulated L1. Moves of the same second are in blocks of their own. */
export type Board = Awaited<ReturnType<typeof openBoard>>;
/** A rollup on it. */
export type Table = Awaited<ReturnType<Board["deploy"]>>;

/** What a rollup needs to know of its history. */
export type DisputedHistory = Pick<History, "batches" | "messages" | "before">;

export async function openBoard({ parameters: changes = {}, isScripted = false }: BoardOptions = {}) {
  const parameters: DisputeParameters = { ...PARAMETERS, ...changes };
  const heights: Heights = { claim: parameters.claimTraceHeight, unit: parameters.unitTraceHeight };
  const connection = await network.create({ override: { allowBlocksWithSameTimestamp: true } });
  const { ethers, networkHelpers, ignition } = connection;
  const scripted = await ethers.deployContract("ScriptedProver", []);
  const prover = isScripted ? await scripted.getAddress() : (await ignition.deploy(oneStepProver)).prover;
  const [deployer, honest, liar] = await ethers.getSigners();
  if (!deployer || !honest || !liar) throw new Error("expected three accounts");

  /** A rollup of its own whose Inbox is that of a history. */
  async function deploy(history: DisputedHistory) {
    const inbox = await ethers.deployContract("ScriptedInbox", [CHAIN_ID]);
    for (const [index, batch] of history.batches.entries()) await inbox.setBatch(index, batchHash(batch));
    for (const [index, { hash }] of history.messages.entries()) await inbox.setMessage(index, hash);
    await inbox.setBatchCount(history.batches.length);
    const nonce = await deployer!.getNonce();
    const predicted = ethers.getCreateAddress({ from: deployer!.address, nonce: nonce + 1 });
    const game = await ethers.deployContract("ChallengeGame", [predicted, inbox, prover, parameters]);
    const chain = await ethers.deployContract("StateCommitmentChain", [inbox, game, stateHash(history.before)]);
    const contracts = {
      stateCommitmentChain: toAddress(await chain.getAddress()),
      challengeGame: toAddress(await game.getAddress()),
    };

    let state: DisputeState = EMPTY_DISPUTE_STATE;
    const read = async (receipt: TransactionReceipt | null): Promise<TransactionReceipt> => {
      if (receipt === null) throw new Error("expected a receipt");
      const timestamp = (await receipt.getBlock()).timestamp;
      const events = receipt.logs.flatMap((log) => readDisputeLog(viemLog(log), contracts, timestamp) ?? []);
      state = applyEvents(state, events, parameters);
      return receipt;
    };
    await read(await (chain.deploymentTransaction()?.wait() ?? null));

    return {
      chain,
      game,
      contracts,
      deployedAt: (await game.deploymentTransaction()?.wait())?.blockNumber ?? 0,
      state: () => state,
      /** Takes what somebody else has read of L1. */
      follow(read: DisputeState): void {
        state = read;
      },
      async send(by: HardhatEthersSigner, { to, data, value }: DisputeCall): Promise<TransactionReceipt> {
        return read(await (await by.sendTransaction({ to, data, value, gasLimit: 2 ** 24 })).wait());
      },
      async propose(by: HardhatEthersSigner, parentId: Hash, after: ChainState, siblings: readonly Hash[]) {
        const block = await ethers.provider.getBlock("latest");
        const value = (await chain.claim(parentId)).proposer === by.address ? 0n : parameters.claimBond;
        const bound = [block!.number, block!.hash!] as const;
        return read(
          await (await chain.connect(by).propose(parentId, after, [...siblings], ...bound, { value })).wait(),
        );
      },
      /**
       * What is due for whoever takes these claims for right, by the batches of their parents.
       * @param at L1 timestamp of the block to come; a second after the last one unless said otherwise
       */
      async due(
        by: HardhatEthersSigner,
        claims: ReadonlyMap<number, OwnClaim>,
        stateHashAt: (count: number) => Hash | undefined,
        at?: number,
      ) {
        const childOf = (parent: { readonly batchCount: number }) => Promise.resolve(claims.get(parent.batchCount));
        const judgement = await judgeClaims(state, { stateHashAt, childOf }, () => true);
        const account = toAddress(by.address);
        const now = at ?? (await networkHelpers.time.latest()) + 1;
        const owed = await game.owed(account);
        return dueMoves({ state, judgement, parameters, account, owed, now, maximumNodes: MAXIMUM_NODES });
      },
      /** Makes a move that one call makes, or all of those that `play` makes. */
      async make(by: HardhatEthersSigner, moves: readonly DisputeMove[], claims: ReadonlyMap<number, OwnClaim>) {
        const played = moves.filter(isPlayable);
        if (played.length > 0) return this.send(by, await playCall(played));
        const [move] = moves;
        if (move === undefined || move.kind === "propose" || isPlayable(move)) throw new Error("expected a move");
        if (move.kind !== "prove") return this.send(by, encodeSingle(move, contracts));
        const parent = state.claims.get(move.parentId);
        const unit = claims.get(parent!.batchCount)!.openUnit(move.unit.start);
        return this.send(by, encodeProof(move, await unit.prove(move.position.start), contracts));
      },
    };

    async function playCall(moves: readonly PlayableMove[]): Promise<DisputeCall> {
      const block = await ethers.provider.getBlock("latest");
      const bonds = BigInt(moves.filter(({ kind }) => kind === "open").length) * parameters.unitBond;
      return encodeMoves(moves, { number: block!.number, hash: block!.hash as Hash }, bonds, contracts);
    }
  }

  return { connection, networkHelpers, parameters, heights, scripted, honest, liar, deploy };
}

/** What readers of logs take. */
function viemLog({
  address,
  topics,
  data,
  blockNumber,
  blockHash,
  index,
  transactionHash,
  transactionIndex,
}: EthersLog): Log {
  return {
    address: address as Address,
    topics: topics as Log["topics"],
    data: data as Hex,
    blockNumber: BigInt(blockNumber),
    blockHash: blockHash as Hash,
    logIndex: index,
    transactionHash: transactionHash as Hash,
    transactionIndex,
    removed: false,
  };
}
