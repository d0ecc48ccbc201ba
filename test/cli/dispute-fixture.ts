import { createDisputedSteps, createOwnClaims, judgeClaims, reportDisputes } from "../../src/challenger/index.ts";
import type { DisputeParameters, DisputeState, OwnClaim } from "../../src/challenger/index.ts";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { dueMoves } from "../../src/challenger/decisions.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import { createOwnStates } from "../../src/claims/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import { createTraceProvider, loadHash } from "../../src/traces/index.ts";
import { createGameModel } from "../challenger/game-model.ts";
import type { GameModel } from "../challenger/game-model.ts";
import { HONEST, makeMove } from "../challenger/played-game.ts";
import { HEIGHTS, falseClaim } from "../disputes/false-claims.ts";
import { startDerivedNode } from "../rpc/derived-node.ts";
import { until } from "../traces/fixture.ts";
import type { InboxAction } from "../l1/simulated-l1.ts";

const PARAMETERS: DisputeParameters = {
  challengePeriod: 10_000,
  minimumResponseTime: 10,
  claimBond: 1_000n,
  unitBond: 800n,
  claimTraceHeight: HEIGHTS.claim,
  unitTraceHeight: HEIGHTS.unit,
};

/** Where a liar is wrong from. */
export interface Lie {
  readonly unit: number;
  readonly step: number;
  readonly player: Address;
}

/**
 * A node with JSON-RPC whose first batch is disputed: the batch and its trace are real, the contracts of the game are their model.
 * @param inbox what L1 blocks do; the last of them posts the first batch
 */
export async function createDisputeNode(inbox: readonly (readonly InboxAction[])[]) {
  let model: GameModel | undefined;
  let right: OwnClaim | undefined;
  let own: ReturnType<typeof createOwnClaims> | undefined;
  let known: { readonly events: number; readonly state: DisputeState } | undefined;
  const state = (): DisputeState => {
    const events = model?.events() ?? [];
    if (known?.events !== events.length) {
      const before = known?.state ?? EMPTY_DISPUTE_STATE;
      known = { events: events.length, state: applyEvents(before, events.slice(known?.events ?? 0), PARAMETERS) };
    }
    return known.state;
  };
  let judgement: Awaited<ReturnType<typeof judgeClaims>> = { kind: "behind" };
  const opened: { readonly close: () => Promise<void> }[] = [];
  const node = await startDerivedNode({}, ({ chain, folder, instruments }) => {
    const steps = createDisputedSteps({
      state,
      stateHashAt: createOwnStates(chain).stateHashAt,
      rewindCount: () => chain.inbox.rewindCount(),
      openTraces: () => createTraceProvider({ folder, config: chain.config }, instruments),
      patience: 100,
    });
    opened.push(steps);
    return { report: () => reportDisputes(state(), judgement, PARAMETERS, model?.now() ?? 0), steps };
  });
  const { chain, folder, instruments } = node;
  node.traces.start();
  await node.mine(...inbox);
  await until(() => node.traces.tracedBatchCount() === 1);
  const provider = createTraceProvider({ folder, config: chain.config }, instruments);
  opened.push(provider);
  const { stateHashAt } = createOwnStates(chain);
  const before = derivedStateAt(0, chain)!;
  const after = derivedStateAt(1, chain)!;
  const game = createGameModel(PARAMETERS, stateHash(before));
  model = game;
  own = createOwnClaims({
    traces: provider,
    stateHashAt,
    rewindCount: () => chain.inbox.rewindCount(),
    claimTraceHeight: HEIGHTS.claim,
    patience: 100,
  });
  const ownClaims = own;
  right = await own.childOf({ claimId: game.genesis, batchCount: 0, nextBatchCount: 1 });
  const rightClaim = right!;
  const claims: { readonly claim: OwnClaim; readonly player: Address }[] = [];

  return {
    url: node.url,
    parentId: game.genesis,
    provider,
    /** Proposes the right claim, then the wrong ones. Gives their ids, in that order. */
    async propose(lies: readonly Lie[]): Promise<readonly Hash[]> {
      claims.push({ claim: rightClaim, player: HONEST });
      for (const [index, { unit, step, player }] of lies.entries()) {
        const seed = `liar ${index}`;
        const state = { ...after, messageCount: after.messageCount + 1 + index };
        claims.push({ claim: await falseClaim(rightClaim, loadHash(before), { unit, step, state, seed }, HEIGHTS), player });
      }
      const ids = claims.map(({ claim, player }) => game.propose(claim.stateHash, claim.traceRoot, player));
      judgement = await judgeClaims(state(), ownClaims, () => true);
      return ids;
    },
    /** Everybody makes all moves that are due, the honest side its proofs too, once or up to the end. */
    async play({ rounds = Infinity } = {}): Promise<void> {
      for (let [round, isOver] = [0, false]; !isOver && round < rounds; round++) {
        isOver = true;
        for (const { claim, player } of claims) {
          const childOf = () => Promise.resolve(claim);
          const judged = await judgeClaims(state(), { stateHashAt, childOf }, () => true);
          const situation = { state: state(), judgement: judged, parameters: PARAMETERS, account: player, owed: 0n };
          for (const move of await dueMoves({ ...situation, now: game.now(), maximumNodes: 800 })) {
            if (move.kind === "decide" || (move.kind === "prove" && player !== HONEST)) continue;
            const result =
              move.kind === "prove" ? await rightClaim.openUnit(move.unit.start).root(move.position.start, 0) : "0x";
            if (makeMove(game, move, player, () => result)) isOver = false;
          }
          game.wait(1);
        }
      }
    },
    async close(): Promise<void> {
      for (const one of opened) await one.close();
      await node.close();
    },
  };
}
export type DisputeNode = Awaited<ReturnType<typeof createDisputeNode>>;
