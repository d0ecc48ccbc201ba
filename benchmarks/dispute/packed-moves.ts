import { encodeFunctionData } from "viem";
import { encodeMoves } from "../../src/challenger/calls.ts";
import type { DisputeCall, PlayableMove } from "../../src/challenger/calls.ts";
import { isPlayable } from "../../src/challenger/packing.ts";
import { challengeGameAbi } from "../../src/l1/index.ts";
import type { Hex } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { Board, DisputedHistory } from "../../test/disputes/board.ts";
import { siblingsOfLast } from "../../test/disputes/false-claims.ts";
import { lyingPath } from "./liar.ts";
import { scriptOf, scriptedClaim } from "./scripted-claims.ts";
import type { Lie } from "./scripted-claims.ts";

/** Gas of the same bisections, all of them due, made in three ways. */
export interface PackedMoves {
  readonly moves: number;
  /** Each by `bisect`. */
  readonly alone: bigint;
  /** Each by a call of `play`. */
  readonly playedAlone: bigint;
  /** All by one call of `play`, as the challenger sends them. */
  readonly together: bigint;
}

/** Lets liars play until as many bisections are due at once as there are of them, and makes 1, 2, 4 … of these. */
export async function measurePacking(
  board: Board,
  history: DisputedHistory,
  lies: readonly Lie[],
): Promise<PackedMoves[]> {
  const { honest, liar, heights, networkHelpers } = board;
  const table = await board.deploy(history);
  const right = scriptedClaim(history.before, heights);
  await board.scripted.script(scriptOf(right));
  const [genesis] = table.state().claims.values();
  if (genesis === undefined) throw new Error("expected the genesis claim");
  const claims = new Map([[history.before.batchCount, right.own]]);
  await table.propose(honest, genesis.claimId, right.after, await siblingsOfLast(right.own, heights.claim));
  const paths = [];
  for (const lie of lies) {
    const claim = scriptedClaim(history.before, heights, lie);
    await table.propose(liar, genesis.claimId, claim.after, await siblingsOfLast(claim.own, heights.claim));
    const proposed = [...table.state().claims.values()].find(({ traceRoot }) => traceRoot === claim.own.traceRoot);
    if (proposed === undefined) throw new Error("expected the claim to be there");
    paths.push(lyingPath(genesis, proposed, claim, lie, heights));
  }
  const due = async (): Promise<readonly PlayableMove[]> =>
    (
      await table.due(honest, claims, (count) =>
        count === history.before.batchCount ? stateHash(history.before) : undefined,
      )
    ).filter(isPlayable);
  for (;;) {
    for (const path of paths) for (const move of path.takeDue(table.state())) await table.make(liar, [move], claims);
    const moves = await due();
    if (moves.length >= lies.length) break;
    if (moves.length === 0) throw new Error("expected moves to be due");
    await table.make(honest, moves, claims);
  }

  const moves = await due();
  const found: PackedMoves[] = [];
  for (let size = 1; size <= moves.length; size *= 2) {
    const some = moves.slice(0, size);
    found.push({
      moves: size,
      alone: await gasOf(some.map((move) => callOf([move]))),
      playedAlone: await gasOf(some.map((move) => playOf([move]))),
      together: await gasOf([playOf(some)]),
    });
  }
  return found;

  /** The bisections name no L1 block. */
  function callOf(some: readonly PlayableMove[]): DisputeCall {
    return encodeMoves(some, { number: 0, hash: "0x" }, 0n, table.contracts);
  }

  /** `play`, though there may be only one move. */
  function playOf(some: readonly PlayableMove[]): DisputeCall {
    const args = some.map((move): { readonly kind: number; readonly details: Hex } => {
      if (move.kind !== "bisect") throw new Error("expected bisections");
      return { kind: 1, details: `0x${callOf([move]).data.slice(2 + 8)}` };
    });
    const data = encodeFunctionData({ abi: challengeGameAbi, functionName: "play", args: [args] });
    return { to: table.contracts.challengeGame, data, value: 0n };
  }

  async function gasOf(calls: readonly DisputeCall[]): Promise<bigint> {
    const snapshot = await networkHelpers.takeSnapshot();
    let gas = 0n;
    for (const { to, data } of calls) {
      const receipt = await (await honest.sendTransaction({ to, data, gasLimit: 2n ** 24n })).wait();
      gas += receipt?.gasUsed ?? 0n;
    }
    await snapshot.restore();
    return gas;
  }
}
