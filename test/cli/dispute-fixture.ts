import { createDisputedSteps, judgeClaims, reportDisputes } from "../../src/challenger/index.ts";
import type { DisputeParameters, DisputeState, Judgement, OwnClaim } from "../../src/challenger/index.ts";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { dueMoves } from "../../src/challenger/decisions.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import { createOwnStates } from "../../src/claims/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import type { TraceTree } from "../../src/machine/index.ts";
import { createGameModel } from "../challenger/game-model.ts";
import type { GameModel } from "../challenger/game-model.ts";
import { HONEST, makeMove } from "../challenger/played-game.ts";
import { HEIGHTS, askedUnit, falseClaim, treeOf } from "../disputes/false-claims.ts";
import { startDerivedNode } from "../rpc/derived-node.ts";
import { createInProcessTraces } from "../traces/in-process-traces.ts";
import type { InProcessTraces } from "../traces/in-process-traces.ts";
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
  /** Made once the node runs, which asks for them. */
  const live: { game?: GameModel; traces?: InProcessTraces } = {};
  let known: { readonly events: number; readonly state: DisputeState } | undefined;
  let judgement: Judgement = { kind: "behind" };
  const state = (): DisputeState => {
    const events = live.game?.events() ?? [];
    if (known?.events !== events.length) {
      const before = known?.state ?? EMPTY_DISPUTE_STATE;
      known = { events: events.length, state: applyEvents(before, events.slice(known?.events ?? 0), PARAMETERS) };
    }
    return known.state;
  };
  const node = await startDerivedNode({}, ({ chain }) => {
    const steps = createDisputedSteps({
      state,
      stateHashAt: createOwnStates(chain).stateHashAt,
      rewindCount: () => chain.inbox.rewindCount(),
      openTraces: () => ({ openClaim: (range) => live.traces!.openClaim(range), close: () => Promise.resolve() }),
      patience: 100,
    });
    return { report: () => reportDisputes(state(), judgement, PARAMETERS, live.game?.now() ?? 0), steps };
  });
  const { chain } = node;
  await node.mine(...inbox);
  const traces = await createInProcessTraces(chain.config, node.database);
  await traces.follow();
  live.traces = traces;
  const { stateHashAt } = createOwnStates(chain);
  const before = derivedStateAt(0, chain)!;
  const after = derivedStateAt(1, chain)!;
  const rightClaim = await openRightClaim(traces, stateHash(after));
  const model = createGameModel(PARAMETERS, stateHash(before));
  live.game = model;
  const claims: { readonly claim: OwnClaim; readonly player: Address }[] = [];

  return {
    url: node.url,
    parentId: model.genesis,
    /** Proposes the right claim, then the wrong ones. Gives their ids, in that order. */
    async propose(lies: readonly Lie[]): Promise<readonly Hash[]> {
      claims.push({ claim: rightClaim, player: HONEST });
      for (const [index, { unit, step, player }] of lies.entries()) {
        const seed = `liar ${index}`;
        const claimed = { ...after, messageCount: after.messageCount + 1 + index };
        const falsehood = { unit, step, state: claimed, seed };
        claims.push({ claim: await falseClaim(rightClaim, loadHash(before), falsehood, HEIGHTS), player });
      }
      const ids = claims.map(({ claim, player }) => model.propose(claim.stateHash, claim.traceRoot, player));
      judgement = await judgeClaims(state(), { stateHashAt, childOf: () => Promise.resolve(rightClaim) }, () => true);
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
          for (const move of await dueMoves({ ...situation, now: model.now(), maximumNodes: 800 })) {
            if (move.kind === "decide" || (move.kind === "prove" && player !== HONEST)) continue;
            const result =
              move.kind === "prove" ? await rightClaim.openUnit(move.unit.start).root(move.position.start, 0) : "0x";
            if (makeMove(model, move, player, () => result)) isOver = false;
          }
          model.wait(1);
        }
      }
    },
    close: () => node.close(),
  };
}
export type DisputeNode = Awaited<ReturnType<typeof createDisputeNode>>;

/** The right claim about the first batch, its units held in memory: to answer by turns about several would run them again and again. */
async function openRightClaim({ openClaim }: InProcessTraces, claimed: Hash): Promise<OwnClaim> {
  const trace = await openClaim({ fromBatch: 0, toBatch: 1 });
  const units = new Map<number, Promise<TraceTree>>();
  async function readUnit(index: number): Promise<TraceTree> {
    const unit = await trace.openUnit(index);
    const states = Array.from({ length: unit.length }, (_, step) => unit.stateHash(step));
    return treeOf(unit.before, await Promise.all(states));
  }
  return {
    stateHash: claimed,
    traceRoot: await trace.root(0, HEIGHTS.claim),
    trace,
    openUnit: (index) =>
      askedUnit(() => {
        const known = units.get(index) ?? readUnit(index);
        units.set(index, known);
        return known;
      }),
  };
}
