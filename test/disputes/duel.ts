import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import type { OwnClaim } from "../../src/challenger/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import type { History } from "../machine/chain/history.ts";
import type { Board, Table } from "./board.ts";
import { falseClaim, siblingsOfLast } from "./false-claims.ts";
import type { Falsehood } from "./false-claims.ts";
import type { HistoryClaim } from "./history-claims.ts";

export interface DuelOptions {
  readonly history: History;
  /** What is right, and disputed. If it is not about the first batch, an undisputed claim about that stands before it. */
  readonly right: HistoryClaim;
  readonly falsehood: Omit<Falsehood, "state" | "seed">;
  /** Whether the liar claims first, and moves first wherever both have to. */
  readonly liarFirst: boolean;
  /** Whether the liar claims the right state in the end. */
  readonly isRightInTheEnd: boolean;
}

export interface DuelReport {
  /** Gas of the transactions of the honest side, by what they were. */
  readonly gas: ReadonlyMap<string, readonly bigint[]>;
  /** Bytes of their calldata, likewise. */
  readonly calldata: ReadonlyMap<string, readonly number[]>;
  /** Seconds from the right claim to its decision. */
  readonly duration: number;
}

/** One honest party against one liar, down to one step, on the contracts. Throws if the right claim does not win as it should. */
export async function playDuel(board: Board, options: DuelOptions): Promise<DuelReport> {
  const { history, right, falsehood, liarFirst, isRightInTheEnd } = options;
  const { honest, liar, networkHelpers, parameters, heights } = board;
  const table = await board.deploy(history);
  const parent = await proposeBefore(board, table, right);

  const state: ChainState = isRightInTheEnd ? right.after : { ...right.after, blockHash: loadHash(right.after) };
  const wrong = await falseClaim(right.claim, loadHash(right.before), { ...falsehood, state, seed: "liar" }, heights);
  const sides = [
    { by: honest, claim: right.claim, after: right.after, isLiar: false },
    { by: liar, claim: wrong, after: state, isLiar: true },
  ];
  const gas = new Map<string, bigint[]>();
  const calldata = new Map<string, number[]>();
  const spent = async (what: string, { gasUsed, hash }: TransactionReceipt): Promise<void> => {
    const sent = await board.connection.ethers.provider.getTransaction(hash);
    gas.set(what, [...(gas.get(what) ?? []), gasUsed]);
    calldata.set(what, [...(calldata.get(what) ?? []), (sent!.data.length - 2) / 2]);
  };
  const inOrder = liarFirst ? sides.toReversed() : sides;
  for (const { by, claim, after, isLiar } of inOrder) {
    const receipt = await table.propose(by, parent, after, await siblingsOfLast(claim, heights.claim));
    if (!isLiar) await spent("propose", receipt);
  }
  const proposedAt = await networkHelpers.time.latest();

  const stateHashAt = (count: number): Hash | undefined =>
    count === right.before.batchCount ? stateHash(right.before) : count === 0 ? stateHash(history.before) : undefined;
  const claimsOf = (claim: OwnClaim): ReadonlyMap<number, OwnClaim> => new Map([[right.before.batchCount, claim]]);
  for (let round = 0, isOver = false; !isOver; round++) {
    expect(round, "rounds of a duel").to.be.lessThan(2 * (heights.claim + heights.unit));
    isOver = true;
    for (const { by, claim, isLiar } of inOrder) {
      const due = await table.due(by, claimsOf(claim), stateHashAt);
      const moves = due.filter(({ kind }) => MOVES.includes(kind) && !(isLiar && kind === "prove"));
      const [first] = moves;
      if (first === undefined) continue;
      isOver = false;
      const receipt = await table.make(by, moves, claimsOf(claim));
      expect(receipt.status, `a ${first.kind}`).to.equal(1);
      if (!isLiar) await spent(first.kind, receipt);
    }
  }

  expect([...table.state().positions.values()].flatMap(({ proofs }) => proofs)).to.have.length(1);
  await networkHelpers.time.increase(parameters.challengePeriod);
  for (const expected of ["decide", "confirm"]) {
    const due = await table.due(honest, claimsOf(right.claim), stateHashAt);
    const move = due.find(({ kind }) => kind === expected);
    expect(move?.kind).to.equal(expected);
    await spent(expected, await table.make(honest, [move!], claimsOf(right.claim)));
  }
  const confirmed = table.state().claims.get(table.state().latestConfirmed!)!;
  expect([confirmed.stateHash, confirmed.traceRoot]).to.eql([right.claim.stateHash, right.claim.traceRoot]);
  return { gas, calldata, duration: (await networkHelpers.time.latest()) - proposedAt };
}

/** Proposes and confirms the claim that a disputed one stands on; genesis if that is about the first batch. Gives its id. */
export async function proposeBefore(
  { honest, networkHelpers, parameters, heights }: Board,
  table: Table,
  { before }: Pick<HistoryClaim, "before">,
): Promise<Hash> {
  const genesis = (await table.chain.GENESIS_CLAIM()) as Hash;
  if (before.batchCount === 0) return genesis;
  await table.propose(honest, genesis, before, Array<Hash>(heights.claim).fill(loadHash(before)));
  await networkHelpers.time.increase(parameters.challengePeriod);
  const undisputed = [...table.state().claims.values()].find(({ parentId }) => parentId === genesis)!;
  const { parentId, traceRoot } = undisputed;
  const data = table.chain.interface.encodeFunctionData("confirm", [
    { parentId, stateHash: undisputed.stateHash, traceRoot },
  ]);
  await table.send(honest, { to: table.contracts.stateCommitmentChain, data: data as Hash, value: 0n });
  return undisputed.claimId;
}

const MOVES: readonly string[] = ["bisect-claim", "bisect", "open", "prove"];
