import type { DisputeMove } from "./moves.ts";
import type { PlayableMove } from "./calls.ts";

/**
 * Gas that a move is reckoned with, for what fits into a call of `play`; that the dearest takes less is tested
 * (test/challenger/challenger.test.ts). A call itself takes the first amount.
 */
export const PLAY_GAS = { call: 60_000, "bisect-claim": 120_000, bisect: 120_000, open: 200_000 } as const;

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
