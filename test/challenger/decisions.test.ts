import "../property-seed.ts";
import { expect } from "chai";
import fc from "fast-check";
import { applyEvents } from "../../src/challenger/apply-events.ts";
import { dueMoves } from "../../src/challenger/decisions.ts";
import { computeTotals, judgeClaims } from "../../src/challenger/index.ts";
import type { DisputeEvent, DisputeMove, DisputeState } from "../../src/challenger/index.ts";
import { ZERO_HASH, hashPair } from "../../src/primitives/index.ts";
import { HONEST, LIAR, PARAMETERS, STRANGER, createPlayedGame } from "./played-game.ts";
import type { PlayedGame } from "./played-game.ts";
import { hashOf, scriptClaim, scriptJudge } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";

type WithoutOrigin<Event> = Event extends DisputeEvent ? Omit<Event, "origin"> : never;

const kindsOf = (moves: readonly DisputeMove[]): string[] => moves.map(({ kind }) => kind);

describe("moves that are due", () => {
  let game: PlayedGame;
  let wrong: ScriptedClaim;

  beforeEach(() => {
    game = createPlayedGame();
    wrong = game.wrong({ name: "liar", unit: 2, step: 1 });
  });

  /** The state with events that the model does not make. */
  function after(...events: readonly WithoutOrigin<DisputeEvent>[]): DisputeState {
    return events.reduce<DisputeState>((state, event, index) => {
      const origin = {
        blockNumber: 1_000_000,
        logIndex: index,
        timestamp: game.model.now(),
        transactionHash: ZERO_HASH,
      };
      return applyEvents(state, [{ ...event, origin }], PARAMETERS);
    }, game.state());
  }

  /** Both propose, then play in turn, the honest side first, for so many rounds. */
  async function playRounds(rounds: number): Promise<void> {
    game.propose(game.right, HONEST);
    game.model.wait(1);
    game.propose(wrong, LIAR);
    for (let round = 0; round < rounds; round++) {
      game.model.wait(1);
      for (const move of await game.due()) game.make(move, HONEST);
      game.model.wait(1);
      await game.play(wrong, LIAR);
    }
  }

  const idOf = (claim: ScriptedClaim) => game.model.claims().find(({ traceRoot }) => traceRoot === claim.traceRoot)!.id;
  const bodyOf = (claim: ScriptedClaim) => ({
    claimId: idOf(claim),
    parentId: game.model.genesis,
    stateHash: claim.stateHash,
    traceRoot: claim.traceRoot,
  });

  describe("about claims", () => {
    it("are none while there is no claim, or the right one alone", async () => {
      expect(await game.due()).to.eql([]);
      game.propose(game.right);
      expect(await game.due()).to.eql([]);
    });

    it("are to propose the right claim where a wrong one has come without it", async () => {
      game.propose(wrong);
      expect(kindsOf(await game.due())).to.eql(["propose"]);
      game.propose(game.wrong({ name: "other", unit: 0, step: 0 }));
      expect(kindsOf(await game.due())).to.eql(["propose"]);
    });

    it("are none any more once a wrong claim has stood alone for the challenge period", async () => {
      game.propose(wrong);
      game.model.wait(PARAMETERS.challengePeriod - 1);
      expect(kindsOf(await game.due())).to.eql(["propose"]);
      game.model.wait(1);
      expect(await game.due()).to.eql([]);
    });

    it("are none below a wrong claim, though its children are rivals", async () => {
      game.propose(game.right);
      game.propose(wrong);
      for (const move of await game.due()) game.make(move, STRANGER);
      const child = {
        kind: "claim-proposed",
        parentId: idOf(wrong),
        proposer: LIAR,
        batchCount: 2,
        nextBatchCount: 3,
      } as const;
      const state = after(
        { ...child, claimId: hashOf("one"), stateHash: hashOf("one"), traceRoot: hashOf("one") },
        { ...child, claimId: hashOf("two"), stateHash: hashOf("two"), traceRoot: hashOf("two") },
      );
      expect(await game.due({ state })).to.eql([]);
    });

    it("go on in the next dispute of the path while the one before it is under way", async () => {
      game.propose(game.right);
      game.propose(wrong);
      const next = scriptClaim(PARAMETERS, game.right.stateHash, hashOf("next state"));
      const child = {
        kind: "claim-proposed",
        parentId: idOf(game.right),
        proposer: LIAR,
        batchCount: 2,
        nextBatchCount: 3,
      } as const;
      const state = after(
        { ...child, claimId: hashOf("one"), stateHash: next.stateHash, traceRoot: next.traceRoot },
        { ...child, claimId: hashOf("two"), stateHash: hashOf("two"), traceRoot: hashOf("two") },
      );
      const own = scriptJudge(
        hashOf("genesis state"),
        new Map([
          [0, { batchCount: 1, claim: game.right }],
          [1, { batchCount: 2, claim: next }],
        ]),
      );
      const judgement = await judgeClaims(state, own, () => true);
      const moves = await dueMoves({
        state,
        judgement,
        parameters: PARAMETERS,
        account: HONEST,
        owed: 0n,
        now: game.model.now(),
        maximumNodes: 100,
      });
      expect(moves.map((move) => [move.kind, "parentId" in move && move.parentId])).to.eql([
        ["bisect-claim", game.model.genesis],
        ["bisect-claim", idOf(game.right)],
      ]);
    });

    it("are none where this node has not derived or traced what is claimed", async () => {
      game.propose(game.right);
      game.propose(wrong);
      const judgement = await judgeClaims(game.state(), scriptJudge(hashOf("genesis state"), new Map()), () => true);
      expect(judgement).to.have.property("unjudged");
      const situation = { parameters: PARAMETERS, account: HONEST, owed: 1n, now: 0, maximumNodes: 100 };
      expect(kindsOf(await dueMoves({ state: game.state(), judgement, ...situation }))).to.not.include("propose");
    });
  });

  describe("about spans", () => {
    it("are to bisect the right claim once it has a rival, and nothing until the rival is bisected", async () => {
      game.propose(game.right);
      game.propose(wrong);
      const moves = await game.due();
      expect(kindsOf(moves)).to.eql(["bisect-claim"]);
      game.make(moves[0]!, HONEST);
      expect(await game.due()).to.eql([]);
    });

    it("are none where a stranger has made them", async () => {
      game.propose(game.right);
      game.propose(wrong);
      for (const move of await game.due()) game.make(move, STRANGER);
      expect(await game.due()).to.eql([]);
    });

    it("follow the liar down the one path where the two differ", async () => {
      await playRounds(0);
      const seen: string[] = [];
      for (let round = 0; round < 12; round++) {
        const moves = await game.due();
        seen.push(...kindsOf(moves));
        for (const move of moves) game.make(move, HONEST);
        game.model.wait(1);
        await game.play(wrong, LIAR);
        game.model.wait(1);
      }
      expect(seen).to.eql(["bisect-claim", "bisect", "open", "bisect", "bisect", "prove"]);
    });

    it("are never on a frenemy's trace: of a unit with the right end and a wrong trace, the right trace is opened", async () => {
      await playRounds(2);
      const [unit] = [...game.state().positions.values()].filter(
        ({ position, spans }) => position.level === "claim" && position.height === 0 && spans.length > 1,
      );
      const index = unit!.position.start;
      const steps = game.right.steps(index);
      const left = hashPair(hashOf("frenemy 0"), hashOf("frenemy 1"));
      const other = hashPair(hashOf("frenemy 2"), steps[3]!);
      const before = game.right.units[index - 1]!;
      const leaf = { position: unit!.position, root: steps[3]!, unitRoot: ZERO_HASH };
      expect(game.model.open(leaf, before, hashPair(left, other), STRANGER)).to.equal(true);

      const moves = await game.due();
      expect(kindsOf(moves)).to.eql(["open"]);
      expect(game.make(moves[0]!, HONEST)).to.equal(true);
      const [next, ...rest] = await game.due();
      expect(rest).to.eql([]);
      expect(next).to.have.property("kind", "bisect");
      expect(next).to.have.deep.property("halves", {
        left: hashPair(steps[0]!, steps[1]!),
        right: hashPair(steps[2]!, steps[3]!),
      });
    });

    it("are none below a span that has gathered what it needs", async () => {
      game.propose(game.right, HONEST);
      game.model.wait(PARAMETERS.challengePeriod);
      // It stood alone for the whole period; a rival can only come in the same second.
      game.propose(wrong, LIAR);
      expect(kindsOf(await game.due())).to.eql(["decide"]);
    });
  });

  describe("when time has passed", () => {
    it("are to decide for the right claim from the second on in which its total is a challenge period", async () => {
      await playRounds(12);
      const totals = (now: number) => computeTotals(game.state(), PARAMETERS, now).ofClaim(idOf(game.right));
      const start = game.model.now();
      let wait = 0;
      while (totals(start + wait) < PARAMETERS.challengePeriod) wait++;
      expect(kindsOf(await game.due({ now: start + wait - 1 }))).to.not.include("decide");
      const moves = await game.due({ now: start + wait });
      const [decide] = moves.filter(({ kind }) => kind === "decide");
      game.model.wait(wait);
      const tree = decide?.kind === "decide" ? decide.tree : [];
      expect(game.model.totalOfClaim(idOf(game.right), tree)).to.be.greaterThanOrEqual(PARAMETERS.challengePeriod);
    });

    it("are to store totals first where the tree does not fit into a transaction", async () => {
      await playRounds(12);
      game.model.wait(PARAMETERS.challengePeriod);
      const seen: string[] = [];
      for (let round = 0; round < 20 && !seen.includes("decide"); round++) {
        for (const move of await game.due({ maximumNodes: 5 })) {
          seen.push(move.kind);
          game.make(move, HONEST);
          if (move.kind !== "decide" && move.kind !== "cache") continue;
          expect(move.tree.length).to.be.lessThanOrEqual(5);
          if (move.kind === "decide") {
            const total = game.model.totalOfClaim(idOf(game.right), move.tree);
            expect(total).to.be.greaterThanOrEqual(PARAMETERS.challengePeriod);
          }
        }
      }
      expect(seen).to.include("cache");
      expect(seen).to.include("decide");
    });

    it("are to win back the bond of the own opening after the claim is decided, and to leave another's", async () => {
      await playRounds(4);
      const decided = after({
        kind: "claim-decided",
        parentId: game.model.genesis,
        claimId: idOf(game.right),
        total: 1_000,
      });
      const opener = [...decided.positions.values()].find(({ traces }) => traces.length > 0)!;
      const mine = opener.traces.find(({ traceId, root }) =>
        decided.positions.get(traceId)!.spans.some((span) => span.root === root && span.player === HONEST),
      );
      expect(mine).to.not.equal(undefined);
      expect(kindsOf(await game.due({ state: decided }))).to.include("bisect");
      // To somebody who has opened nothing, it is not due.
      expect(kindsOf(await game.due({ state: decided, account: STRANGER }))).to.not.include("bisect");
    });

    it("are to decide for the own trace of a unit, once it has a challenge period", async () => {
      await playRounds(12);
      game.model.wait(PARAMETERS.challengePeriod);
      expect(kindsOf(await game.due())).to.include("decide-unit");
      expect(kindsOf(await game.due({ account: `0x${"44".repeat(20)}` }))).to.not.include("decide-unit");
    });

    it("are to confirm the winner, and first what it stands on", async () => {
      await playRounds(12);
      const decision = {
        kind: "claim-decided",
        parentId: game.model.genesis,
        claimId: idOf(game.right),
        total: 1_000,
      } as const;
      expect(kindsOf(await game.due({ state: after(decision) }))).to.include("confirm");
      expect(kindsOf(await game.due())).to.not.include("confirm");
    });

    it("are to forfeit wrong claims, down to where their bond is, only for who is paid of it", async () => {
      await playRounds(12);
      const decision = {
        kind: "claim-decided",
        parentId: game.model.genesis,
        claimId: idOf(game.right),
        total: 1_000,
      } as const;
      const child = {
        kind: "claim-proposed",
        claimId: hashOf("child"),
        parentId: idOf(wrong),
        proposer: LIAR,
        stateHash: hashOf("child"),
        traceRoot: hashOf("child"),
        batchCount: 2,
        nextBatchCount: 3,
      } as const;
      const confirmed = [
        child,
        { kind: "bond-moved", from: idOf(wrong), to: child.claimId },
        decision,
        { kind: "claim-confirmed", ...bodyOf(game.right) },
      ] as const;
      const forfeits = (moves: readonly DisputeMove[]) =>
        moves.flatMap((move) => (move.kind === "forfeit" ? [move.claim.traceRoot] : []));
      expect(forfeits(await game.due({ state: after(...confirmed) }))).to.eql([wrong.traceRoot]);
      const forfeited = [...confirmed, { kind: "claim-forfeited", ...bodyOf(wrong) }] as const;
      expect(forfeits(await game.due({ state: after(...forfeited) }))).to.eql([child.traceRoot]);
      expect(forfeits(await game.due({ state: after(...confirmed), account: `0x${"44".repeat(20)}` }))).to.eql([]);
    });

    it("are to collect once a bond was lost, by a tree that shows all own spans, in parts if it is large", async () => {
      await playRounds(12);
      const over = [
        { kind: "claim-decided", parentId: game.model.genesis, claimId: idOf(game.right), total: 1_000 },
        { kind: "claim-confirmed", ...bodyOf(game.right) },
      ] as const;
      expect(kindsOf(await game.due({ state: after(...over) }))).to.not.include("collect");
      const lost = after(...over, { kind: "bond-lost", parentId: game.model.genesis, amount: 1_000n });
      const whole = (await game.due({ state: lost })).filter(({ kind }) => kind === "collect");
      const parts = (await game.due({ state: lost, maximumNodes: 3 })).filter(({ kind }) => kind === "collect");
      expect(whole).to.have.length(1);
      expect(parts.length).to.be.greaterThanOrEqual(1);
      for (const part of parts) expect(part.kind === "collect" && part.tree.length).to.be.lessThanOrEqual(3);
    });

    it("are to withdraw what is owed, once no dispute may need it for a bond", async () => {
      expect(await game.due()).to.eql([]);
      game.propose(game.right);
      expect(kindsOf(await game.due({ owed: 5n }))).to.eql(["withdraw"]);
      game.propose(wrong);
      expect(kindsOf(await game.due({ owed: 5n }))).to.not.include("withdraw");
    });
  });

  it("are each taken by the contract and change something, whatever liars do; the right claim wins, no wrong one can", async () => {
    const plans = fc.record({
      liars: fc.array(fc.record({ unit: fc.nat(3), step: fc.nat(3), rightEnd: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      waits: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 14, maxLength: 14 }),
      rightFirst: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ liars, waits, rightFirst }) => {
        game = createPlayedGame();
        const claims = liars.map((divergence, index) =>
          game.wrong(
            // A claim whose units all end in the right states is the right one.
            divergence.rightEnd && divergence.unit === 3
              ? { ...divergence, rightEnd: false, name: `liar ${index}` }
              : { ...divergence, name: `liar ${index}` },
          ),
        );
        if (rightFirst) game.propose(game.right, HONEST);
        for (const claim of claims) game.propose(claim, LIAR);
        if (!rightFirst) {
          game.model.wait(1);
          expect(kindsOf(await game.due())).to.eql(["propose"]);
          game.propose(game.right, HONEST);
        }
        const answer = async (): Promise<void> => {
          for (const move of await game.due()) {
            if (["decide", "decide-unit"].includes(move.kind)) continue;
            expect(game.make(move, HONEST), move.kind).to.equal(true);
          }
        };
        for (const wait of waits) {
          for (const claim of claims) {
            await game.play(claim, LIAR);
            await answer();
          }
          game.model.wait(wait);
        }
        // What was recorded together is answered at once: nothing runs for a wrong claim but the seconds before an answer.
        game.model.wait(PARAMETERS.challengePeriod);
        const totals = computeTotals(game.state(), PARAMETERS, game.model.now());
        expect(totals.ofClaim(idOf(game.right))).to.be.greaterThanOrEqual(PARAMETERS.challengePeriod);
        for (const claim of claims) {
          expect(totals.ofClaim(idOf(claim))).to.be.lessThan(PARAMETERS.challengePeriod);
        }
      }),
      { numRuns: 60 },
    );
  });
});
