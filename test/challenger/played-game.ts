import type { Address, Hash } from "../../src/primitives/index.ts";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { dueMoves } from "../../src/challenger/decisions.ts";
import type { Situation } from "../../src/challenger/decisions.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import { judgeClaims } from "../../src/challenger/index.ts";
import type { DisputeMove, DisputeParameters, DisputeState } from "../../src/challenger/index.ts";
import { ZERO_HASH, hashPair } from "../../src/primitives/index.ts";
import { createGameModel } from "./game-model.ts";
import type { GameModel, ModelSpan } from "./game-model.ts";
import { hashOf, scriptClaim, scriptJudge, treeOf } from "./scripted-traces.ts";
import type { Divergence, ScriptedClaim } from "./scripted-traces.ts";

export const PARAMETERS: DisputeParameters = {
  challengePeriod: 1_000,
  minimumResponseTime: 10,
  claimBond: 1_000n,
  unitBond: 800n,
  claimTraceHeight: 2,
  unitTraceHeight: 2,
};

export const HONEST: Address = `0x${"11".repeat(20)}`;
export const LIAR: Address = `0x${"22".repeat(20)}`;
export const STRANGER: Address = `0x${"33".repeat(20)}`;

const GENESIS_STATE = hashOf("genesis state");

/** A dispute in the model, between the right claim and any number of wrong ones. */
export interface PlayedGame {
  readonly model: GameModel;
  readonly right: ScriptedClaim;
  wrong(divergence: Divergence): ScriptedClaim;
  propose(claim: ScriptedClaim, player?: Address): Hash;
  /** Bisects all of a claim's trace that has rivals, as far as `levels` go, and opens and proves where told to. */
  play(claim: ScriptedClaim, player: Address): Promise<void>;
  state(): DisputeState;
  /** What is due to who holds a claim right. */
  due(options?: Partial<Situation> & { readonly holding?: ScriptedClaim }): Promise<readonly DisputeMove[]>;
  /** Makes a move in the model; whether it is taken and changes something. */
  make(move: DisputeMove, player: Address): boolean;
  /** The halves of every root of all traces. */
  halves(): ReadonlyMap<Hash, readonly [Hash, Hash]>;
}

/**
 * Makes a move in the model; whether it is taken and changes something.
 * @param resultOf what the prover makes of the state before a step: the right state after it
 */
export function makeMove(
  model: GameModel,
  move: DisputeMove,
  player: Address,
  resultOf: (unit: number, step: number) => Hash,
): boolean {
  const before = model.events().length;
  const spanOf = (position: ModelSpan["position"], root: Hash, unitRoot = ZERO_HASH): ModelSpan => ({
    position,
    root,
    unitRoot,
  });
  const take = (): boolean => {
    switch (move.kind) {
      case "bisect-claim": {
        const claim = model.claims().find(({ traceRoot }) => traceRoot === move.claim.traceRoot)!;
        return model.bisectClaim(claim.id, move.halves.left, move.halves.right, player);
      }
      case "bisect": {
        const root = hashPair(move.halves.left, move.halves.right);
        return model.bisect(spanOf(move.position, root, move.unitRoot), move.halves.left, move.halves.right, player);
      }
      case "open": {
        let root = move.unitRoot;
        for (const sibling of move.siblings) root = hashPair(sibling, root);
        return model.open(spanOf(move.position, move.unitRoot), move.before.state, root, player);
      }
      case "prove":
        return model.prove(spanOf(move.position, resultOf(move.unit.start, move.position.start)), player);
      case "cache":
        model.cache(spanOf(move.position, move.span.root, move.span.unitRoot), move.tree);
        return true;
      default:
        return true;
    }
  };
  return take() && model.events().length > before;
}

export function createPlayedGame(parameters: DisputeParameters = PARAMETERS): PlayedGame {
  const model = createGameModel(parameters, GENESIS_STATE);
  const halves = new Map<Hash, readonly [Hash, Hash]>();
  const right = scriptClaim(parameters, GENESIS_STATE, hashOf("right state"));
  remember(right);

  function remember(claim: ScriptedClaim): void {
    const addTree = (before: Hash, states: readonly Hash[], top: number): void => {
      const tree = treeOf(before, states);
      for (let height = 1; height <= top; height++) {
        for (let start = 0; start < states.length; start += 2 ** height) {
          const { left, right: other } = tree.halves(start, height);
          halves.set(tree.root(start, height), [left, other]);
        }
      }
    };
    addTree(claim.before, claim.units, parameters.claimTraceHeight);
    claim.units.forEach((_, unit) =>
      addTree(unit === 0 ? claim.before : claim.units[unit - 1]!, claim.steps(unit), parameters.unitTraceHeight),
    );
  }

  const state = (): DisputeState => applyEvents(EMPTY_DISPUTE_STATE, model.events(), parameters);
  const judge = (claim: ScriptedClaim) => scriptJudge(GENESIS_STATE, new Map([[0, { batchCount: 1, claim }]]));

  async function due({ holding = right, ...overrides }: Parameters<PlayedGame["due"]>[0] = {}) {
    const read = overrides.state ?? state();
    const judgement = await judgeClaims(read, judge(holding), () => true);
    return dueMoves({
      state: read,
      judgement,
      parameters,
      account: HONEST,
      owed: 0n,
      now: model.now(),
      maximumNodes: 1_000,
      ...overrides,
    });
  }

  const make = (move: DisputeMove, player: Address): boolean =>
    makeMove(model, move, player, (unit, step) => right.steps(unit)[step]!);

  return {
    model,
    right,
    wrong(divergence) {
      const stateHash = divergence.rightEnd === true ? right.stateHash : hashOf(`${divergence.name} state`);
      const claim = scriptClaim(parameters, GENESIS_STATE, stateHash, divergence);
      remember(claim);
      return claim;
    },
    propose: (claim, player = LIAR) => model.propose(claim.stateHash, claim.traceRoot, player),
    async play(claim, player) {
      for (const move of await due({ holding: claim, account: player })) {
        if (move.kind !== "prove" && move.kind !== "decide") make(move, player);
      }
    },
    state,
    due,
    make,
    halves: () => halves,
  };
}
