import type { DisputeMove } from "./moves.ts";
import type { PlayableMove } from "./calls.ts";

/**
 * Gas that a move is reckoned with, for what fits into a call of `play`; that the dearest takes less is tested
 * (test/challenger/challenger.test.ts). A call itself takes the first amount.
 */
export const PLAY_GAS = { call: 60_000, "bisect-claim": 120_000, bisect: 120_000, open: 200_000 } as const;

/**
 * Nodes of a tree in one call: at about 10,000 gas a node, half of what an L1 transaction may take, so that what the tree
 * shows can be stored before it grows beyond that.
 */
export const MAXIMUM_NODES = 800;

/** Most gas that a step's proof takes (docs/machine.md §11), and that of the checks around it. */
export const PROOF_GAS = 11_000_000;
/** What other calls are reckoned with, and for each node of their tree; only to see whether the account can pay for them. */
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
