import { expect } from "chai";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import { ImpossibleEventError } from "../../src/challenger/index.ts";
import type { DisputeEvent } from "../../src/challenger/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import { HONEST, LIAR, PARAMETERS, createPlayedGame } from "./played-game.ts";
import { hashOf } from "./scripted-traces.ts";

type WithoutOrigin<Event> = Event extends DisputeEvent ? Omit<Event, "origin"> : never;

/** A dispute that was played down to a proof. */
async function playToProof() {
  const game = createPlayedGame();
  const wrong = game.wrong({ name: "liar", unit: 2, step: 1 });
  game.propose(game.right, HONEST);
  game.model.wait(1);
  game.propose(wrong, LIAR);
  for (let round = 0; round < 12; round++) {
    game.model.wait(1);
    await game.play(wrong, LIAR);
    for (const move of await game.due()) game.make(move, HONEST);
  }
  game.model.wait(1);
  return { game, wrong };
}

describe("events that the contracts cannot have emitted", () => {
  it("are refused, each with what is wrong, and the state before them stays", async () => {
    const { game, wrong } = await playToProof();
    const { model, right } = game;
    const state = game.state();
    const before = structuredClone(state);
    const [first, second] = model.claims();
    const nowhere = hashOf("nowhere");
    const rightId = first!.id;
    const positions = [...state.positions.values()];
    const unit = positions.find(({ traces }) => traces.length > 0)!;
    const step = positions.find(({ proofs }) => proofs.length > 0)!;
    const lonely = positions.find(({ spans, position }) => spans.length === 1 && position.height > 0)!;
    const lonelyLeaf = positions.find(
      ({ spans, position }) => spans.length === 1 && position.height === 0 && position.level === "unit",
    )!;
    const [trace] = unit.traces;
    const proposal = {
      kind: "claim-proposed",
      claimId: nowhere,
      parentId: model.genesis,
      proposer: LIAR,
      stateHash: nowhere,
      traceRoot: nowhere,
      batchCount: 1,
      nextBatchCount: 2,
    } as const;
    const confirmation = {
      claimId: rightId,
      parentId: model.genesis,
      stateHash: right.stateHash,
      traceRoot: right.traceRoot,
    };
    const cases: readonly (readonly [reason: RegExp, event: WithoutOrigin<DisputeEvent>])[] = [
      [/no claim/, { ...proposal, parentId: nowhere }],
      [/there is such a claim/, { ...proposal, claimId: rightId }],
      [/numbers of batches/, { ...proposal, batchCount: 2 }],
      [/numbers of batches/, { ...proposal, nextBatchCount: 1 }],
      [/before that of genesis/, { kind: "claim-confirmed", ...confirmation, parentId: ZERO_HASH }],
      [/no claim/, { kind: "claim-confirmed", ...confirmation, claimId: nowhere }],
      [/not pending/, { kind: "claim-confirmed", ...confirmation, parentId: rightId }],
      [/has not lost/, { kind: "claim-forfeited", ...confirmation }],
      [/no claim/, { kind: "claim-forfeited", ...confirmation, claimId: nowhere }],
      [/no bond/, { kind: "bond-moved", from: model.genesis, to: rightId }],
      [/no claim/, { kind: "bond-withdrawn", claimId: nowhere }],
      [
        /halves are not those/,
        {
          kind: "claim-bisected",
          parentId: model.genesis,
          claimId: rightId,
          left: nowhere,
          right: nowhere,
          player: LIAR,
        },
      ],
      [
        /bisected before/,
        {
          kind: "claim-bisected",
          parentId: model.genesis,
          claimId: rightId,
          left: game.halves().get(right.traceRoot)![0],
          right: game.halves().get(right.traceRoot)![1],
          player: LIAR,
        },
      ],
      [/nothing is recorded/, { kind: "bisected", position: nowhere, left: nowhere, right: nowhere, player: LIAR }],
      [/no rival/, { kind: "bisected", position: lonely.id, left: nowhere, right: nowhere, player: LIAR }],
      [/no halves/, { kind: "bisected", position: step.id, left: nowhere, right: nowhere, player: LIAR }],
      [/no such span/, { kind: "bisected", position: trace!.traceId, left: nowhere, right: nowhere, player: LIAR }],
      [
        /not the position of a unit/,
        { kind: "opened", unit: step.id, unitRoot: nowhere, before: nowhere, root: nowhere, player: LIAR },
      ],
      [
        /no such span/,
        { kind: "opened", unit: unit.id, unitRoot: nowhere, before: nowhere, root: nowhere, player: LIAR },
      ],
      [
        /opened before/,
        {
          kind: "opened",
          unit: unit.id,
          unitRoot: trace!.unitRoot,
          before: state.positions.get(trace!.traceId)!.position.prefix,
          root: trace!.root,
          player: LIAR,
        },
      ],
      [/not the position of a step/, { kind: "proven", position: unit.id, state: nowhere, player: LIAR }],
      [/nobody claims/, { kind: "proven", position: step.id, state: nowhere, player: LIAR }],
      [/proven before/, { kind: "proven", position: step.id, state: step.proofs[0]!.root, player: LIAR }],
      [/no rival/, { kind: "proven", position: lonelyLeaf.id, state: lonelyLeaf.spans[0]!.root, player: LIAR }],
      [/no second proof/, { kind: "proofs-conflict", position: step.id, state: step.proofs[0]!.root }],
      [/no child/, { kind: "claim-decided", parentId: model.genesis, claimId: nowhere, total: 1_000 }],
      [/no such trace/, { kind: "unit-decided", unit: unit.id, root: nowhere, opener: LIAR, total: 1_000 }],
      [/no such span/, { kind: "total-cached", position: step.id, root: nowhere, total: 1 }],
      [/not more/, { kind: "total-cached", position: step.id, root: step.spans[0]!.root, total: 0 }],
      [/no children/, { kind: "bond-lost", parentId: second!.id, amount: 1n }],
      [/less was credited/, { kind: "withdrawn", account: LIAR, amount: 1n }],
    ];
    expect(wrong.traceRoot).to.equal(second!.traceRoot);
    const origin = { blockNumber: 1_000, logIndex: 0, timestamp: model.now(), transactionHash: ZERO_HASH };
    for (const [reason, event] of cases) {
      const apply = (): unknown => applyEvents(state, [{ ...event, origin }], PARAMETERS);
      expect(apply, event.kind).to.throw(ImpossibleEventError, reason);
    }
    expect(state).to.eql(before);
  });

  it("are events before those that were read", async () => {
    const { game } = await playToProof();
    const { last } = game.state();
    const event: DisputeEvent = { kind: "credited", account: LIAR, amount: 1n, origin: last! };
    const at = (change: Partial<DisputeEvent["origin"]>) => (): unknown =>
      applyEvents(game.state(), [{ ...event, origin: { ...last!, ...change } }], PARAMETERS);
    expect(at({})).to.throw(ImpossibleEventError, /does not follow/);
    expect(at({ blockNumber: last!.blockNumber - 1, logIndex: 1_000 })).to.throw(ImpossibleEventError);
    expect(at({ blockNumber: last!.blockNumber + 1, timestamp: last!.timestamp - 1 })).to.throw(ImpossibleEventError);
    expect(at({ logIndex: last!.logIndex + 1 })()).to.have.property("credits");
  });

  it("are children of a claim whose siblings have a winner", async () => {
    const { game } = await playToProof();
    const [first] = game.model.claims();
    const origin = { blockNumber: 1_000, logIndex: 0, timestamp: game.model.now(), transactionHash: ZERO_HASH };
    const decided = applyEvents(
      game.state(),
      [{ kind: "claim-decided", parentId: game.model.genesis, claimId: first!.id, total: 1_000, origin }],
      PARAMETERS,
    );
    const late: DisputeEvent = {
      kind: "claim-proposed",
      claimId: hashOf("late"),
      parentId: game.model.genesis,
      proposer: LIAR,
      stateHash: ZERO_HASH,
      traceRoot: ZERO_HASH,
      batchCount: 1,
      nextBatchCount: 2,
      origin: { ...origin, logIndex: 1 },
    };
    expect(() => applyEvents(decided, [late], PARAMETERS)).to.throw(ImpossibleEventError, /sibling has won/);
    expect(() => applyEvents(EMPTY_DISPUTE_STATE, [late], PARAMETERS)).to.throw(ImpossibleEventError, /no claim/);
  });
});
