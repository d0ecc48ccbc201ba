import "../property-seed.ts";
import { expect } from "chai";
import fc from "fast-check";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { EMPTY_DISPUTE_STATE } from "../../src/challenger/dispute-state.ts";
import { computeTotals } from "../../src/challenger/index.ts";
import type { SpanReference } from "../../src/challenger/index.ts";
import { positionId } from "../../src/challenger/position.ts";
import { ZERO_HASH, hashPair } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { ModelSpan } from "./game-model.ts";
import { HONEST, LIAR, PARAMETERS, STRANGER, createPlayedGame } from "./played-game.ts";
import { hashOf } from "./scripted-traces.ts";

const PLAYERS = [HONEST, LIAR, STRANGER];

/** A move of anybody: what it does is chosen from what can be done by a number. */
type Command =
  | { readonly kind: "wait"; readonly seconds: number }
  | {
      readonly kind: "propose" | "bisect-claim" | "bisect" | "open" | "frenemy" | "prove" | "cache";
      readonly choice: number;
    };

const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 0, max: 60 }) }),
    },
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "propose",
          "bisect-claim",
          "bisect",
          "bisect",
          "open",
          "frenemy",
          "prove",
          "prove",
          "cache",
        ),
        choice: fc.nat(),
      }),
    },
  ),
  { minLength: 1, maxLength: 150, size: "max" },
);

/** Plays commands in the model; what cannot be done is not. */
function playCommands(list: readonly Command[]) {
  const game = createPlayedGame();
  const { model, right } = game;
  const claims = [
    right,
    game.wrong({ name: "early", unit: 0, step: 1 }),
    game.wrong({ name: "middle", unit: 2, step: 3 }),
    game.wrong({ name: "late", unit: 2, step: 0 }),
    game.wrong({ name: "trace", unit: 1, step: 2, rightEnd: true }),
  ];
  const pick = <T>(from: readonly T[], choice: number): T | undefined => from[choice % Math.max(1, from.length)];
  const rivaled = (isWanted: (span: ModelSpan) => boolean): readonly ModelSpan[] => {
    const counts = Map.groupBy(model.known(), ({ position }) => positionId(position));
    return model.known().filter((span) => (counts.get(positionId(span.position))?.length ?? 0) > 1 && isWanted(span));
  };
  const halvesOf = (root: Hash): readonly [Hash, Hash] => game.halves().get(root) ?? [ZERO_HASH, ZERO_HASH];
  for (const command of list) {
    if (command.kind === "wait") {
      model.wait(command.seconds);
      continue;
    }
    const { choice } = command;
    const player = pick(PLAYERS, choice)!;
    const claim = pick(claims, choice)!;
    switch (command.kind) {
      case "propose":
        game.propose(claim, player);
        break;
      case "bisect-claim": {
        const proposed = pick(model.claims(), choice);
        if (proposed !== undefined) model.bisectClaim(proposed.id, ...halvesOf(proposed.traceRoot), player);
        break;
      }
      case "bisect": {
        const span = pick(
          rivaled(({ position }) => position.height > 0),
          choice,
        );
        if (span !== undefined && game.halves().has(span.root)) model.bisect(span, ...halvesOf(span.root), player);
        break;
      }
      case "open":
      case "frenemy": {
        const span = pick(
          rivaled(({ position }) => position.level === "claim" && position.height === 0),
          choice,
        );
        const owner = claims.find(({ units }) => span !== undefined && units[span.position.start] === span.root);
        if (span === undefined || owner === undefined) break;
        const unit = span.position.start;
        const before = unit === 0 ? owner.before : owner.units[unit - 1]!;
        const steps = owner.steps(unit);
        const states =
          command.kind === "open"
            ? steps
            : steps.map((state, step) => (step === 3 ? state : hashOf(`frenemy ${step}`)));
        const left = hashPair(states[0]!, states[1]!);
        const other = hashPair(states[2]!, states[3]!);
        const root = hashPair(left, other);
        (game.halves() as Map<Hash, readonly [Hash, Hash]>)
          .set(root, [left, other])
          .set(left, [states[0]!, states[1]!])
          .set(other, [states[2]!, states[3]!]);
        model.open(span, before, root, player);
        break;
      }
      case "prove": {
        const span = pick(
          rivaled(({ position }) => position.level === "unit" && position.height === 0),
          choice,
        );
        if (span !== undefined) model.prove(span, player);
        break;
      }
      case "cache": {
        const span = pick(model.known(), choice);
        if (span === undefined) break;
        const totals = computeTotals(game.state(), PARAMETERS, model.now());
        const tree = totals.show(referenceOf(span), totals.of(referenceOf(span)), 1_000)!;
        model.cache(span, tree.nodes);
        break;
      }
    }
  }
  return game;
}

function referenceOf({ position, root, unitRoot }: ModelSpan): SpanReference {
  const isWhole = position.level === "unit" && position.height === PARAMETERS.unitTraceHeight;
  return { positionId: positionId(position), root, unitRoot: isWhole ? unitRoot : undefined };
}

describe("totals of disputes", () => {
  it("are what a recursion over the contract's rules finds, for every span of every play", () => {
    let most = 0;
    fc.assert(
      fc.property(commands, (list) => {
        const game = playCommands(list);
        const totals = computeTotals(game.state(), PARAMETERS, game.model.now());
        for (const span of game.model.known()) {
          expect(totals.of(referenceOf(span))).to.equal(game.model.bestTotal(span, game.halves()));
        }
        most = Math.max(most, game.model.known().length);
      }),
      { numRuns: 150 },
    );
    expect(most).to.be.greaterThan(30);
  });

  it("are shown to the contract by a tree, as large as it may be, and nothing shows more", () => {
    let split = 0;
    fc.assert(
      fc.property(commands, fc.integer({ min: 5, max: 12 }), (list, maximumNodes) => {
        const game = playCommands(list);
        const { model } = game;
        const totals = computeTotals(game.state(), PARAMETERS, model.now());
        for (const span of model.known()) {
          const total = totals.of(referenceOf(span));
          expect(totals.show(referenceOf(span), total + 1, 1_000)).to.equal(undefined);
          const whole = totals.show(referenceOf(span), total, 1_000)!;
          expect(whole.toStore).to.eql([]);
          expect(model.totalOf(span, whole.nodes)).to.be.greaterThanOrEqual(total);
        }
        for (const { id } of model.claims()) {
          const total = totals.ofClaim(id);
          expect(model.totalOfClaim(id, totals.showClaim(id, total, 1_000)!.nodes)).to.be.greaterThanOrEqual(total);
          const parts = totals.showClaim(id, total, maximumNodes)!;
          for (const { span, nodes } of parts.toStore) {
            expect(nodes.length).to.be.lessThanOrEqual(maximumNodes);
            const found = model.known().find((other) => {
              const reference = referenceOf(other);
              return (
                reference.positionId === span.positionId &&
                reference.root === span.root &&
                reference.unitRoot === span.unitRoot
              );
            });
            model.cache(found!, nodes);
            split++;
          }
          expect(parts.nodes.length).to.be.lessThanOrEqual(maximumNodes);
          expect(model.totalOfClaim(id, parts.nodes)).to.be.greaterThanOrEqual(total);
        }
      }),
      { numRuns: 100 },
    );
    expect(split).to.be.greaterThan(0);
  });

  it("come of a state that is the same whether its events come one by one or all at once", () => {
    fc.assert(
      fc.property(commands, (list) => {
        const game = playCommands(list);
        const oneByOne = game.model
          .events()
          .reduce((state, event) => applyEvents(state, [event], PARAMETERS), EMPTY_DISPUTE_STATE);
        expect(oneByOne).to.eql(game.state());
      }),
      { numRuns: 50 },
    );
  });
});
