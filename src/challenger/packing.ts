import type { DisputeMove } from "./moves.ts";
import type { PlayableMove } from "./calls.ts";

/**
 * Gas that a move is reckoned with, for what fits into a call of `play`; that the dearest takes less is tested
 * (test/challenger/challenger.test.ts). A call itself takes the first amount.
 */
export const PLAY_GAS = { call: 60_000, "bisect-claim": 120_000, bisect: 120_000, open: 200_000 } as const;

/**
 * Nodes of a tree in one call. With rivals before it at every position a node takes up to 5,500 gas to store or decide by, and
 * 12,100 to be paid for (benchmarks/dispute.md, "Trees"): a call then takes 8,900,000 at most, of the 2^24 of an L1 transaction,
 * and 77,000 bytes, of the 131,072 that L1's nodes pass on. The rest is for fees that L1 may raise, and endpoints that simulate with less.
 */
export const MAXIMUM_NODES = 800;

/** Most gas that a step's proof takes: 9,002,127 (benchmarks/steps.md), at most 10,000,000 by docs/machine.md §11; and that of the checks around it. */
export const PROOF_GAS = 11_000_000;
/**
 * What other calls are reckoned with, and for each node of their tree; only to see whether the account can pay for them. Without
 * a tree the dearest is `propose` with 117,000, and a node takes 12,100 with its part of the call (benchmarks/dispute.md).
 */
export const CALL_GAS = 150_000;
export const NODE_GAS = 15_000;

export function isPlayable(move: DisputeMove): move is PlayableMove {
  return move.kind === "bisect-claim" || move.kind === "bisect" || move.kind === "open";
}

/** Moves in calls of at most `gasLimit` gas, in their order; one that is alone may take more. */
export function packMoves(moves: readonly PlayableMove[], gasLimit: number): readonly (readonly PlayableMove[])[] {
  const calls: PlayableMove[][] = [];
  let left = 0;
  for (const move of moves) {
    const gas = PLAY_GAS[move.kind];
    let call = calls.at(-1);
    if (call === undefined || left < gas) {
      call = [];
      calls.push(call);
      left = gasLimit - PLAY_GAS.call;
    }
    call.push(move);
    left -= gas;
  }
  return calls;
}
