import { expect } from "chai";
import type { Hash } from "../../src/primitives/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import {
  EMPTY_WITNESS,
  GENESIS,
  GENESIS_BODY,
  GENESIS_STATE,
  ZERO_HASH,
  bodyOf,
  claimPosition,
  deployDispute,
  unitPosition,
} from "./dispute-fixture.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { moveInClaim, moveInUnit } from "./moves.ts";
import type { Move } from "./moves.ts";
import { NODE_KIND } from "./oracle.ts";
import type { Oracle, TreeNode } from "./oracle.ts";
import { claimIdOf, hashWords, positionId } from "./positions.ts";
import type { ClaimBody } from "./positions.ts";
import { readOracle } from "./read-oracle.ts";
import { honestView, lyingView, stateOf } from "./views.ts";
import type { Lie, View } from "./views.ts";

const T = 1000;
const HEIGHTS = { claim: 2, unit: 2 };
const CLAIM_BOND = 10n ** 18n;
const UNIT_BOND = 10n ** 17n;
const OF_SPAN = CLAIM_BOND / 8n;
const OF_UNIT_SPAN = UNIT_BOND / 16n;
const OF_PROOF = UNIT_BOND / 4n;
const ALONE: TreeNode = { kind: NODE_KIND.alone, first: ZERO_HASH, second: ZERO_HASH };
/** Where a liar leaves the right course in most tests: unit 1, step 2. */
const LIE: Lie = { unit: 1, step: 2, salt: 1 };

describe("the challenge game", () => {
  let dispute: DisputeFixture;
  let restore: () => Promise<void>;
  let begin: number;
  let last: number;
  let honest: View;
  let liar: View;

  before(async () => {
    dispute = await deployDispute({ challengePeriod: T });
    honest = honestView(loadHash(GENESIS_STATE), HEIGHTS);
    liar = lyingView(honest, HEIGHTS, LIE);
    begin = last = (await dispute.now()) + 10;
    const snapshot = await dispute.networkHelpers.takeSnapshot();
    restore = async () => snapshot.restore();
  });

  beforeEach(async () => {
    await restore();
    last = begin;
  });

  type Signer = DisputeFixture["signers"][number];
  const player = (index: number): Signer => dispute.signers[index]!;
  const view = (lie: Partial<Lie>): View => lyingView(honest, HEIGHTS, { ...LIE, ...lie });
  const idOf = (of: View, parentId: Hash = GENESIS): Hash => claimIdOf(bodyOf(of, HEIGHTS, parentId));

  /** The next transaction is in a block of this time, in seconds from the begin. */
  async function at(seconds: number): Promise<void> {
    last = begin + seconds;
    await dispute.networkHelpers.time.setNextBlockTimestamp(last);
  }

  /** Makes moves in blocks a second apart, or in the given one. */
  async function submit(
    by: Signer,
    move: Move,
    value = move.name === "open" ? UNIT_BOND : 0n,
    witness = EMPTY_WITNESS,
  ) {
    const game = dispute.game.connect(by);
    switch (move.name) {
      case "bisectClaim":
        return game.bisectClaim(move);
      case "bisect":
        return game.bisect(move);
      case "open": {
        const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
        return game.open({ ...move, l1BlockNumber, l1BlockHash }, { value });
      }
      case "prove":
        return game.prove(move, witness);
    }
  }

  /** The moves of a view on the way down to a step, from the claim's trace on. */
  function wayDown(of: View, { unit, step }: Pick<Lie, "unit" | "step">, parent: ClaimBody = GENESIS_BODY): Move[] {
    const moves: Move[] = [];
    for (let height = HEIGHTS.claim; height >= 0; height--) {
      moves.push(moveInClaim(of, HEIGHTS, parent, unit - (unit % 2 ** height), height));
    }
    for (let height = HEIGHTS.unit; height >= 0; height--) {
      moves.push(moveInUnit(of, HEIGHTS, parent, unit, step - (step % 2 ** height), height));
    }
    return moves;
  }

  const MOVES_TO_PROOF = HEIGHTS.claim + HEIGHTS.unit + 2;

  /** Both claim, then make `count` moves each on the way to where they part, a second apart. */
  async function fight(count: number, left: View = honest, right: View = liar, lie: Lie = LIE): Promise<void> {
    await dispute.propose(player(0), left);
    await dispute.propose(player(1), right);
    await descend(0, count, left, right, lie);
  }

  async function descend(from: number, to: number, left: View, right: View, lie: Lie): Promise<void> {
    const [ours, theirs] = [wayDown(left, lie), wayDown(right, lie)];
    for (let index = from; index < to; index++) {
      await submit(player(0), ours[index]!);
      if (index < MOVES_TO_PROOF - 1) await submit(player(1), theirs[index]!);
    }
  }

  const oracle = async (): Promise<Oracle> => readOracle(dispute, () => honest.claim.before);

  /** Arguments of `decide`, with the best tree at the latest block. */
  async function decision(of: View) {
    const { tree } = (await oracle()).totalOfClaim(idOf(of), await dispute.now());
    const { stateHash, traceRoot } = bodyOf(of, HEIGHTS);
    return [GENESIS_BODY, stateHash, traceRoot, tree as TreeNode[]] as const;
  }

  async function collection(of: View) {
    const { stateHash, traceRoot } = bodyOf(of, HEIGHTS);
    const known = await oracle();
    return [GENESIS_BODY, stateHash, traceRoot, known.rewardsBelow(known.claimTrace(GENESIS), traceRoot).tree] as const;
  }

  async function unitDecision(of: View, unit: number) {
    const known = await oracle();
    const position = claimPosition(of, unit, 0);
    const [before, root, unitRoot] = [of.unit(unit).before, of.unit(unit).root(0, 2), of.claim.stateHash(unit)];
    const trace = known.unitTrace(positionId(position), before);
    const { tree } = known.totalOfSpan({ position: trace, root, unitRoot }, await dispute.now());
    return {
      arguments_: [position, unitRoot, before, root] as const,
      tree: tree as TreeNode[],
      rewards: known.rewardsBelow(trace, root).tree,
    };
  }

  describe("deployment", () => {
    it("refuses heights out of range and a period without room for all answers", async () => {
      const { ethers, game, chain, inbox, prover, parameters } = dispute;
      const factory = await ethers.getContractFactory("ChallengeGame");
      const deploy = async (overrides: Partial<typeof parameters>) =>
        factory.deploy(await chain.getAddress(), await inbox.getAddress(), await prover.getAddress(), {
          ...parameters,
          ...overrides,
        });
      for (const height of [0, 49]) {
        for (const overrides of [{ claimTraceHeight: height }, { unitTraceHeight: height }]) {
          await expect(deploy(overrides)).to.be.revertedWithCustomError(game, "HeightOutOfRange").withArgs(height);
        }
      }
      // Two heights of 2 and six moves more, of 10 seconds each.
      await expect(deploy({ challengePeriod: 99 }))
        .to.be.revertedWithCustomError(game, "ChallengePeriodTooShort")
        .withArgs(99, 10, 10);
      await deploy({ challengePeriod: 100 });
    });

    it("refuses a chain the game of another", async () => {
      const { ethers, inbox, game, chain } = dispute;
      const factory = await ethers.getContractFactory("StateCommitmentChain");
      await expect(factory.deploy(await inbox.getAddress(), await game.getAddress(), hashWords(1)))
        .to.be.revertedWithCustomError(chain, "NotTheGameOf")
        .withArgs(await chain.getAddress());
    });
  });

  describe("moves are for spans that have rivals", () => {
    it("no move on a claim without a rival, nor on one nobody made", async () => {
      await dispute.propose(player(0), honest);
      await expect(submit(player(0), wayDown(honest, LIE)[0]!))
        .to.be.revertedWithCustomError(dispute.game, "UnrivaledClaim")
        .withArgs(idOf(honest));
      await expect(submit(player(0), wayDown(liar, LIE)[0]!))
        .to.be.revertedWithCustomError(dispute.chain, "UnknownClaim")
        .withArgs(idOf(liar));
    });

    it("no bisection, opening or proof of a span without a rival, at any depth", async () => {
      await dispute.propose(player(0), honest);
      await dispute.propose(player(1), liar);
      const [ours, theirs] = [wayDown(honest, LIE), wayDown(liar, LIE)];
      for (let index = 1; index < MOVES_TO_PROOF; index++) {
        await submit(player(0), ours[index - 1]!);
        await expect(submit(player(0), ours[index]!)).to.be.revertedWithCustomError(dispute.game, "Unrivaled");
        await submit(player(1), theirs[index - 1]!);
      }
      await submit(player(0), ours[MOVES_TO_PROOF - 1]!);
    });

    it("no move on a span that was not recorded, though its position has rivals", async () => {
      await fight(1);
      const other = wayDown(view({ salt: 2 }), LIE);
      await expect(submit(player(0), other[1]!)).to.be.revertedWithCustomError(dispute.game, "UnknownSpan");
      // The other half is in both traces at positions of their own, and has no rivals.
      const right = moveInClaim(honest, HEIGHTS, GENESIS_BODY, 2, 1);
      await expect(submit(player(0), right)).to.be.revertedWithCustomError(dispute.game, "Unrivaled");
    });

    it("no halves of a state, no units but leaves of a claim's trace, no steps but leaves of their unit's", async () => {
      await fight(MOVES_TO_PROOF - 1);
      const moves = wayDown(honest, LIE);
      const [open, proof] = [moves[2]!, moves[MOVES_TO_PROOF - 1]!];
      if (open.name !== "open" || proof.name !== "prove") throw new Error("expected them");
      const { game } = dispute;
      await expect(
        submit(player(0), {
          name: "bisect",
          position: open.position,
          unitRoot: ZERO_HASH,
          left: ZERO_HASH,
          right: ZERO_HASH,
        }),
      ).to.be.revertedWithCustomError(game, "NothingToBisect");
      for (const position of [claimPosition(honest, 0, 1), unitPosition(honest, 1, 0, 0)]) {
        await expect(submit(player(0), { ...open, position }))
          .to.be.revertedWithCustomError(game, "NotAUnit")
          .withArgs(positionId(position));
        await expect(submit(player(0), { ...proof, unit: position }))
          .to.be.revertedWithCustomError(game, "NotAUnit")
          .withArgs(positionId(position));
      }
      const elsewhere = claimPosition(honest, 0, 0);
      await expect(submit(player(0), { ...proof, unit: elsewhere }))
        .to.be.revertedWithCustomError(game, "NotAStepOf")
        .withArgs(positionId(proof.position), positionId(elsewhere));
      for (const position of [proof.unit, unitPosition(honest, 1, 2, 1)]) {
        await expect(submit(player(0), { ...proof, position }))
          .to.be.revertedWithCustomError(game, "NotAStepOf")
          .withArgs(positionId(position), positionId(proof.unit));
      }
    });
  });

  describe("what a move shows", () => {
    it("an opening needs the state before the unit, and a trace as high as the game's that ends in the unit's state", async () => {
      await fight(2);
      const open = wayDown(honest, LIE)[2]!;
      if (open.name !== "open") throw new Error("expected an opening");
      const { game } = dispute;
      for (const siblings of [open.siblings.slice(1), [...open.siblings, ZERO_HASH], []]) {
        await expect(submit(player(0), { ...open, siblings }))
          .to.be.revertedWithCustomError(game, "SiblingsMismatch")
          .withArgs(2, siblings.length);
      }
      await expect(
        submit(player(0), { ...open, before: { ...open.before, state: hashWords(1) } }),
      ).to.be.revertedWithCustomError(game, "WrongStateBefore");
      await expect(submit(player(0), { ...open, before: { ...open.before, siblings: [ZERO_HASH] } }))
        .to.be.revertedWithCustomError(game, "SiblingsMismatch")
        .withArgs(0, 1);
      await expect(submit(player(0), { ...open, unitRoot: hashWords(1) })).to.be.revertedWithCustomError(
        game,
        "UnknownSpan",
      );
    });

    it("an opening made after an L1 block that is not there reverts: replayed after a reorganisation it takes no bond", async () => {
      await fight(2);
      const open = wayDown(honest, LIE)[2]!;
      if (open.name !== "open") throw new Error("expected an opening");
      const [number, hash] = await dispute.latestBlock();
      const opening = { ...open, siblings: [...open.siblings] };
      for (const [l1BlockNumber, l1BlockHash] of [
        [number, hashWords(7)],
        [number + 1, ZERO_HASH],
        [number - 1, hash],
      ] as const) {
        await expect(
          dispute.game.open({ ...opening, l1BlockNumber, l1BlockHash }, { value: UNIT_BOND }),
        ).to.be.revertedWithCustomError(dispute.game, "WrongL1Block");
      }
      const snapshot = await dispute.networkHelpers.takeSnapshot();
      await dispute.networkHelpers.mine(1);
      const [goneNumber, goneHash] = await dispute.latestBlock();
      await snapshot.restore();
      await dispute.networkHelpers.time.increase(7);
      await dispute.networkHelpers.mine(1);
      await expect(
        dispute.game.open({ ...opening, l1BlockNumber: goneNumber, l1BlockHash: goneHash }, { value: UNIT_BOND }),
      ).to.be.revertedWithCustomError(dispute.game, "WrongL1Block");
      expect(await dispute.ethers.provider.getBalance(await dispute.game.getAddress())).to.equal(0n);
    });

    it("a proof needs the state before the step, of which the prover makes a state somebody claims", async () => {
      await fight(MOVES_TO_PROOF - 1);
      const proof = wayDown(honest, LIE)[MOVES_TO_PROOF - 1]!;
      if (proof.name !== "prove") throw new Error("expected a proof");
      const { game, prover } = dispute;
      await expect(
        submit(player(0), { ...proof, before: { ...proof.before, state: hashWords(1) } }),
      ).to.be.revertedWithCustomError(game, "WrongStateBefore");
      // What the prover cannot take reverts as the prover does.
      const scripted = (machine: string) => ({ ...EMPTY_WITNESS, machine });
      await expect(submit(player(0), proof, 0n, scripted("0x99")))
        .to.be.revertedWithCustomError(prover, "Unscripted")
        .withArgs(proof.before.state);
      const step = { isStart: false, before: proof.before.state, machine: "0x77", afterwards: hashWords(5) };
      await prover.script([step]);
      await expect(submit(player(0), proof, 0n, scripted("0x77"))).to.be.revertedWithCustomError(game, "UnknownSpan");
    });

    it("steps are taken with the Inbox of the game and the batches that the parent claim fixed", async () => {
      await fight(MOVES_TO_PROOF - 1);
      const proof = wayDown(honest, LIE)[MOVES_TO_PROOF - 1]!;
      await dispute.prover.expectInput(await dispute.inbox.getAddress(), 2);
      await expect(submit(player(0), proof)).to.be.revertedWithCustomError(dispute.prover, "WrongInput");
      await dispute.prover.expectInput(await dispute.inbox.getAddress(), 1);
      await submit(player(0), proof);
    });

    it("the first step of a unit is proven by start, and all later ones by step", async () => {
      const lie: Lie = { unit: 2, step: 0, salt: 1 };
      await fight(MOVES_TO_PROOF, honest, view(lie), lie);
      await expect(dispute.game.decide(...(await decision(honest)))).to.be.revertedWithCustomError(
        dispute.game,
        "TooEarly",
      );
    });
  });

  describe("what is there stays as it is", () => {
    it("every honest move made first by somebody else is help: it is done, at that time, and the honest party's changes nothing", async () => {
      const [ours, theirs] = [wayDown(honest, LIE), wayDown(liar, LIE)];
      await dispute.propose(player(0), honest);
      await dispute.propose(player(1), liar);
      for (const [index, move] of ours.entries()) {
        await submit(player(2), move);
        const known = await oracle();
        const total = known.totalOfClaim(idOf(honest), await dispute.now());
        const receipt = (await (await submit(player(0), move)).wait())!;
        expect(receipt.logs.length).to.equal(move.name === "open" ? 1 : 0);
        expect((await oracle()).totalOfClaim(idOf(honest), (await dispute.now()) - 1).seconds).to.equal(total.seconds);
        if (index < MOVES_TO_PROOF - 1) await submit(player(1), theirs[index]!);
      }
      await dispute.networkHelpers.time.increase(T);
      await dispute.game.decide(...(await decision(honest)));
    });

    it("a move that is there already announces nothing, keeps its player, and an opening keeps its bond for another use", async () => {
      await fight(MOVES_TO_PROOF);
      const { game } = dispute;
      for (const move of wayDown(honest, LIE)) {
        const receipt = (await (await submit(player(3), move)).wait())!;
        const names = receipt.logs.map((log) => game.interface.parseLog(log)?.name);
        expect(names).to.eql(move.name === "open" ? ["Credited"] : []);
      }
      expect(await game.owed(player(3).address)).to.equal(UNIT_BOND);
      for (const span of (await oracle()).allSpans()) expect(span.player).not.to.equal(player(3).address);
    });
  });

  describe("time", () => {
    it("a claim is decided at exactly the period, and not a second before", async () => {
      await at(0);
      await dispute.propose(player(0), honest);
      await at(300);
      await dispute.propose(player(1), liar);
      await at(301);
      await submit(player(0), wayDown(honest, LIE)[0]!);
      const [parent, stateHash, traceRoot] = await decision(honest);
      const [left, right] = [honest.claim.root(0, 1), honest.claim.root(2, 1)];
      const tree = [{ kind: NODE_KIND.bisected, first: left, second: right }, ALONE, ALONE];
      await at(1000);
      await expect(dispute.game.decide(parent, stateHash, traceRoot, tree))
        .to.be.revertedWithCustomError(dispute.game, "TooEarly")
        .withArgs(999, T);
      await at(1001);
      await expect(dispute.game.decide(parent, stateHash, traceRoot, tree))
        .to.emit(dispute.game, "ClaimDecided")
        .withArgs(GENESIS, idOf(honest), T);
      await expect(dispute.game.decide(...(await decision(liar))))
        .to.be.revertedWithCustomError(dispute.game, "LostTo")
        .withArgs(idOf(honest));
      // Again it changes nothing, and announces nothing.
      const again = (await (await dispute.game.decide(parent, stateHash, traceRoot, [])).wait())!;
      expect(again.logs).to.eql([]);
    });

    it("the time of a claim is that of the first child until the second, by the state commitment chain; later ones have none", async () => {
      const { chain, game } = dispute;
      await at(0);
      await dispute.propose(player(0), honest);
      await at(T - 1);
      await dispute.propose(player(1), liar);
      await at(T + 500);
      await dispute.propose(player(2), view({ salt: 2 }));
      expect(await chain.unrivaledTime(GENESIS, idOf(honest))).to.equal(T - 1);
      expect(await chain.unrivaledTime(GENESIS, idOf(liar))).to.equal(0);
      expect(await chain.unrivaledTime(GENESIS, idOf(view({ salt: 2 })))).to.equal(0);
      await expect(chain.unrivaledTime(GENESIS, hashWords(1))).to.be.revertedWithCustomError(chain, "UnknownClaim");
      const { stateHash, traceRoot } = bodyOf(honest, HEIGHTS);
      await expect(game.decide(GENESIS_BODY, stateHash, traceRoot, [ALONE]))
        .to.be.revertedWithCustomError(game, "TooEarly")
        .withArgs(T - 1, T);
      // One second more, for a half that nobody disputes, is what it lacks.
      await submit(player(0), wayDown(honest, LIE)[0]!);
      await dispute.networkHelpers.time.increase(1);
      await game.decide(...(await decision(honest)));
    });

    it("a claim that stood alone for the period has no more rivals, and the game decides for it too", async () => {
      await at(0);
      await dispute.propose(player(0), honest);
      await at(T);
      await expect(dispute.propose(player(1), liar)).to.be.revertedWithCustomError(dispute.chain, "ChildStands");
      const { stateHash, traceRoot } = bodyOf(honest, HEIGHTS);
      await expect(dispute.game.decide(GENESIS_BODY, stateHash, traceRoot, [ALONE])).to.emit(
        dispute.game,
        "ClaimDecided",
      );
    });

    it("no rival comes beside a decided claim", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      await dispute.game.decide(...(await decision(honest)));
      await expect(dispute.propose(player(2), view({ salt: 2 })))
        .to.be.revertedWithCustomError(dispute.chain, "ChildStands")
        .withArgs(idOf(honest));
    });

    it("rivals of the same second gather nothing, and stand", async () => {
      const { networkHelpers, ethers } = dispute;
      await dispute.propose(player(0), honest);
      await dispute.propose(player(1), liar);
      await ethers.provider.send("evm_setAutomine", [false]);
      const sent = [await submit(player(0), wayDown(honest, LIE)[0]!), await submit(player(1), wayDown(liar, LIE)[0]!)];
      await networkHelpers.mine(1);
      await ethers.provider.send("evm_setAutomine", [true]);
      for (const { hash } of sent) expect((await ethers.provider.getTransactionReceipt(hash))?.status).to.equal(1);
      await networkHelpers.time.increase(5 * T);
      for (const side of [honest, liar]) {
        const position = claimPosition(side, 0, 1);
        expect(await dispute.game.totalOf(position, ZERO_HASH, side.claim.root(0, 1), [ALONE])).to.equal(0);
      }
    });

    it("a rival stops the first span alone: three to eight rivals at one position gather nothing, in whatever order they come", async () => {
      const rivals = Array.from({ length: 8 }, (_, index) => view({ salt: 10 + index }));
      await dispute.propose(player(0), honest);
      for (const [index, rival] of rivals.entries()) await dispute.propose(player(index + 1), rival);
      await at(100);
      for (const [index, rival] of rivals.entries()) {
        await submit(player(index + 1), wayDown(rival, LIE)[0]!);
        await dispute.networkHelpers.time.increase(10);
      }
      const known = await oracle();
      const now = await dispute.now();
      for (const rival of rivals) {
        const root = rival.claim.root(0, 1);
        const { seconds } = known.totalOfSpan({ position: claimPosition(rival, 0, 1), root, unitRoot: ZERO_HASH }, now);
        expect(await dispute.game.totalOf(claimPosition(rival, 0, 1), ZERO_HASH, root, [ALONE])).to.equal(seconds);
        expect(seconds === 0).to.equal(rival !== rivals[0]);
      }
      // The honest party answers each of them, down to its own one proof.
      for (const move of wayDown(honest, LIE).slice(0, 2)) await submit(player(0), move);
      for (const rival of rivals) await submit(player(1), wayDown(rival, LIE)[1]!);
      await submit(player(0), wayDown(honest, LIE)[2]!);
      await dispute.networkHelpers.time.increase(T);
      await dispute.game.decide(...(await decision(honest)));
      for (const rival of rivals) {
        await expect(dispute.game.decide(...(await decision(rival)))).to.be.revertedWithCustomError(
          dispute.game,
          "LostTo",
        );
      }
    });

    it("a rival leaf does not take the time of a leaf that stood alone before it came", async () => {
      await fight(2);
      await at(200);
      // The liar opened its own leaf; the honest one follows much later, and gets no time of it.
      const [ours, theirs] = [wayDown(honest, LIE), wayDown(liar, LIE)];
      await submit(player(1), theirs[2]!);
      await at(500);
      await submit(player(0), ours[2]!);
      const known = await oracle();
      const now = await dispute.now();
      const totals = [honest, liar].map(
        (of) =>
          known.totalOfSpan(
            {
              position: unitPosition(of, 1, 0, 2),
              root: of.unit(1).root(0, 2),
              unitRoot: of.claim.stateHash(1),
            },
            now,
          ).seconds,
      );
      expect(totals).to.eql([0, 300]);
      for (const [index, of] of [honest, liar].entries()) {
        expect(
          await dispute.game.totalOf(unitPosition(of, 1, 0, 2), of.claim.stateHash(1), of.unit(1).root(0, 2), [ALONE]),
        ).to.equal(totals[index]!);
      }
    });

    it("a right trace opened for the honest leaf counts for no other leaf", async () => {
      await fight(3);
      await dispute.networkHelpers.time.increase(100);
      const { first, second } = { first: honest.unit(1).root(0, 2), second: honest.unit(1).before };
      const tree = [{ kind: NODE_KIND.opened, first, second }, ALONE];
      await expect(
        dispute.game.totalOf(claimPosition(liar, 1, 0), ZERO_HASH, liar.claim.stateHash(1), tree),
      ).to.be.revertedWithCustomError(dispute.game, "UnknownSpan");
      await dispute.game.totalOf(claimPosition(honest, 1, 0), ZERO_HASH, honest.claim.stateHash(1), tree);
    });

    it("no second is counted twice: after any play the honest total is at most the seconds that passed", async () => {
      await at(0);
      await dispute.propose(player(0), honest);
      for (let count = 0; count < MOVES_TO_PROOF; count++) {
        await at(20 * count + 5);
        if (count === 0) await dispute.propose(player(1), liar);
        await descend(count, count + 1, honest, liar, LIE);
        const { seconds } = (await oracle()).totalOfClaim(idOf(honest), await dispute.now());
        expect(seconds).to.be.at.most((await dispute.now()) - begin);
      }
    });

    it("an honest span under an evil parent gives the evil claim nothing but what all its other halves have too", async () => {
      // The first half of both traces is the same; the liar's claim shows it with all the time there is.
      const lie: Lie = { unit: 3, step: 1, salt: 1 };
      const late = view(lie);
      await fight(1, honest, late, lie);
      await dispute.networkHelpers.time.increase(3 * T);
      const known = await oracle();
      const shared = { position: claimPosition(honest, 0, 1), root: honest.claim.root(0, 1), unitRoot: ZERO_HASH };
      expect(known.totalOfSpan(shared, await dispute.now()).seconds).to.be.greaterThan(3 * T - 1);
      expect(known.totalOfClaim(idOf(late), await dispute.now()).seconds).to.equal(0);
      await expect(dispute.game.decide(...(await decision(late)))).to.be.revertedWithCustomError(
        dispute.game,
        "TooEarly",
      );
    });

    it("after nobody acted for ten periods the one whose span stood alone wins, whoever comes first", async () => {
      await fight(2);
      await submit(player(0), wayDown(honest, LIE)[2]!);
      await dispute.networkHelpers.time.increase(10 * T);
      await expect(dispute.game.connect(player(1)).decide(...(await decision(liar)))).to.be.revertedWithCustomError(
        dispute.game,
        "TooEarly",
      );
      await dispute.game.decide(...(await decision(honest)));
    });

    it("a rival that comes after ten periods stops nothing that is decided by time already", async () => {
      await fight(2);
      await submit(player(0), wayDown(honest, LIE)[2]!);
      await dispute.networkHelpers.time.increase(10 * T);
      await submit(player(1), wayDown(liar, LIE)[2]!);
      await dispute.game.decide(...(await decision(honest)));
    });

    it("two proofs of one step stop each other, and raise the alarm", async () => {
      await fight(MOVES_TO_PROOF);
      const proof = wayDown(liar, LIE)[MOVES_TO_PROOF - 1]!;
      if (proof.name !== "prove") throw new Error("expected a proof");
      const [ours, theirs] = [honest.unit(1).stateHash(2), liar.unit(1).stateHash(2)];
      await dispute.prover.script([
        { isStart: false, before: proof.before.state, machine: "0x01", afterwards: theirs },
      ]);
      await dispute.networkHelpers.time.increase(50);
      const known = await oracle();
      await expect(submit(player(1), proof, 0n, { ...EMPTY_WITNESS, machine: "0x01" }))
        .to.emit(dispute.game, "ProofsConflict")
        .withArgs(positionId(proof.position), theirs);
      const before = known.totalOfClaim(idOf(honest), await dispute.now()).seconds;
      await dispute.networkHelpers.time.increase(20 * T);
      const later = await oracle();
      // Liveness is lost, and no money: nobody wins.
      expect(later.totalOfClaim(idOf(honest), await dispute.now()).seconds).to.equal(before);
      for (const side of [honest, liar]) {
        await expect(dispute.game.decide(...(await decision(side)))).to.be.revertedWithCustomError(
          dispute.game,
          "TooEarly",
        );
      }
      // The same proof again, by anybody, is nothing new.
      const again = (await (await submit(player(2), wayDown(honest, LIE)[MOVES_TO_PROOF - 1]!)).wait())!;
      expect(again.logs).to.eql([]);
      expect(later.isProven(proof.position, ours)).to.equal(true);
      // The chain is not stuck for that: more rivals may come.
      await dispute.propose(player(3), view({ salt: 5 }));
    });

    it("what was cached stands for its tree, and never falls", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(400);
      const known = await oracle();
      const position = claimPosition(honest, 0, 1);
      const root = honest.claim.root(0, 1);
      const { tree } = known.totalOfSpan({ position, root, unitRoot: ZERO_HASH }, await dispute.now());
      const { game } = dispute;
      await expect(game.cache(position, ZERO_HASH, root, tree as TreeNode[])).to.emit(game, "TotalCached");
      const cached = { kind: NODE_KIND.cached, first: ZERO_HASH, second: ZERO_HASH };
      const stored = await game.totalOf(position, ZERO_HASH, root, [cached]);
      expect(Number(stored)).to.be.greaterThan(399);
      await expect(game.cache(position, ZERO_HASH, root, [ALONE])).not.to.emit(game, "TotalCached");
      expect(await game.totalOf(position, ZERO_HASH, root, [cached])).to.equal(stored);
      await dispute.networkHelpers.time.increase(T);
      await game.cache(position, ZERO_HASH, root, tree as TreeNode[]);
      const [parent, stateHash, traceRoot] = await decision(honest);
      const top = { kind: NODE_KIND.bisected, first: root, second: honest.claim.root(2, 1) };
      await game.decide(parent, stateHash, traceRoot, [top, cached, ALONE]);
    });
  });

  describe("trees", () => {
    const node = (kind: number, first: Hash = ZERO_HASH, second: Hash = ZERO_HASH): TreeNode => ({
      kind,
      first,
      second,
    });

    it("every node must be one that can stand where it does, none may be missing, and none left over", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      const { game } = dispute;
      const [parent, stateHash, traceRoot, tree] = await decision(honest);
      const decide = async (nodes: readonly TreeNode[]) => game.decide(parent, stateHash, traceRoot, [...nodes]);
      await expect(decide([])).to.be.revertedWithCustomError(game, "WrongNodeCount").withArgs(1, 0);
      await expect(decide([...tree, ALONE]))
        .to.be.revertedWithCustomError(game, "WrongNodeCount")
        .withArgs(tree.length, tree.length + 1);
      await expect(decide(tree.slice(0, -1))).to.be.revertedWithCustomError(game, "WrongNodeCount");
      for (const kind of [NODE_KIND.opened, NODE_KIND.proven, NODE_KIND.cached, NODE_KIND.timed]) {
        await expect(decide([node(kind)]))
          .to.be.revertedWithCustomError(game, "MisplacedNode")
          .withArgs(0);
      }
      await expect(decide([{ ...tree[0]!, second: hashWords(1) }, ALONE, ALONE])).to.be.revertedWithCustomError(
        game,
        "WrongHalves",
      );
      // A proof stands for a step only, halves for nothing that has none.
      const leaf = claimPosition(honest, 1, 0);
      const state = honest.claim.stateHash(1);
      await expect(game.totalOf(leaf, ZERO_HASH, state, [node(NODE_KIND.proven)])).to.be.revertedWithCustomError(
        game,
        "MisplacedNode",
      );
      await expect(game.totalOf(leaf, ZERO_HASH, state, [node(NODE_KIND.bisected)])).to.be.revertedWithCustomError(
        game,
        "MisplacedNode",
      );
      const step = unitPosition(honest, 1, 2, 0);
      await expect(
        game.totalOf(step, ZERO_HASH, honest.unit(1).stateHash(2), [node(NODE_KIND.opened)]),
      ).to.be.revertedWithCustomError(game, "MisplacedNode");
      // Its own time counts once.
      const timed = node(NODE_KIND.timed);
      expect(await game.totalOf(leaf, ZERO_HASH, state, [timed, ALONE])).to.equal(
        await game.totalOf(leaf, ZERO_HASH, state, [ALONE]),
      );
      for (const second of [timed, node(NODE_KIND.cached)]) {
        await expect(game.totalOf(leaf, ZERO_HASH, state, [timed, second])).to.be.revertedWithCustomError(
          game,
          "MisplacedNode",
        );
      }
      // A claim's trace root is a span of no position in the game: nothing can be cached for it.
      await expect(
        game.cache(claimPosition(honest, 0, 2), ZERO_HASH, honest.claim.root(0, 2), tree),
      ).to.be.revertedWithCustomError(game, "UnknownSpan");
    });

    it("a unit's trace counts for the end it was opened for, whether or not its own time is asked for", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      const { game } = dispute;
      const leaf = claimPosition(honest, 1, 0);
      const trace = honest.unit(1);
      const [left, right] = [trace.root(0, 1), trace.root(2, 1)];
      const tree = [
        node(NODE_KIND.opened, trace.root(0, 2), trace.before),
        node(NODE_KIND.bisected, left, right),
        ALONE,
        ALONE,
      ];
      // Halves alone do not tell: those of the honest party's trace are shown for the liar's end.
      const ends = [honest.claim.stateHash(1), liar.claim.stateHash(1)];
      expect(ends[0]).not.to.equal(ends[1]);
      await game.totalOf(leaf, ZERO_HASH, ends[0]!, tree);
      for (const nodes of [tree, tree.toSpliced(1, 0, node(NODE_KIND.timed))]) {
        await expect(game.totalOf(leaf, ZERO_HASH, ends[1]!, nodes)).to.be.revertedWithCustomError(game, "UnknownSpan");
      }
      const whole = unitPosition(honest, 1, 0, 2);
      await expect(game.totalOf(whole, ends[1]!, trace.root(0, 2), tree.slice(1))).to.be.revertedWithCustomError(
        game,
        "UnknownSpan",
      );
    });

    it("of a span that is not recorded nothing can be shown", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      const { game } = dispute;
      const top = claimPosition(honest, 0, 1);
      // The honest left half bisected as somebody might have: none of these spans is recorded.
      const [left, right] = [hashWords(1), hashWords(2)];
      const [parent, stateHash, traceRoot] = await decision(honest);
      const halves = { first: hashWords(left, right), second: honest.claim.root(2, 1) };
      await expect(
        game.decide(parent, stateHash, traceRoot, [
          node(NODE_KIND.bisected, halves.first, halves.second),
          node(NODE_KIND.bisected, left, right),
          ALONE,
          ALONE,
          ALONE,
        ]),
      ).to.be.revertedWithCustomError(game, "WrongHalves");
      for (const below of [ALONE, node(NODE_KIND.timed), node(NODE_KIND.cached)]) {
        const nodes = [node(NODE_KIND.bisected, left, right), below, below];
        await expect(game.totalOf(top, ZERO_HASH, halves.first, nodes)).to.be.revertedWithCustomError(
          game,
          "UnknownSpan",
        );
      }
    });

    it("leaving nodes out makes a total smaller, never larger", async () => {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      const known = await oracle();
      const now = await dispute.now();
      for (const span of known.allSpans()) {
        const { seconds } = known.totalOfSpan(span, now);
        const least = await dispute.game.totalOf(span.position, span.unitRoot, span.root, [ALONE]);
        expect(Number(least)).to.be.at.most(seconds);
        const { tree } = known.totalOfSpan(span, now);
        const untimed = tree.filter(({ kind }) => kind !== NODE_KIND.timed);
        const less = await dispute.game.totalOf(span.position, span.unitRoot, span.root, untimed);
        expect(Number(less)).to.be.at.most(seconds);
      }
    });
  });

  describe("money", () => {
    const gameBalance = async () => dispute.ethers.provider.getBalance(await dispute.game.getAddress());

    /** The honest claim is decided and confirmed, the liar's forfeited. */
    async function finish(): Promise<void> {
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      await dispute.game.decide(...(await decision(honest)));
      await dispute.chain.confirm(bodyOf(honest, HEIGHTS));
      await dispute.chain.forfeitBond(bodyOf(liar, HEIGHTS));
    }

    it("a lost claim's bond pays an eighth for each of four first moves in the winner's tree; half of it stays for ever", async () => {
      await finish();
      expect(await gameBalance()).to.equal(CLAIM_BOND + 2n * UNIT_BOND);
      await dispute.game.connect(player(5)).collect(...(await collection(honest)));
      expect(await dispute.game.owed(player(0).address)).to.equal(4n * OF_SPAN);
      await dispute.game.collect(...(await collection(honest)));
      expect(await dispute.game.owed(player(0).address)).to.equal(CLAIM_BOND / 2n);
    });

    it("a unit's winner has its bond back, and its spans and proof are paid of half of the losers'", async () => {
      await finish();
      const { arguments_, tree, rewards } = await unitDecision(honest, 1);
      const { game } = dispute;
      await expect(game.collectUnit(...arguments_, rewards)).to.be.revertedWithCustomError(game, "NotTheWinner");
      await expect(game.decideUnit(...arguments_, tree)).to.emit(game, "UnitDecided");
      expect(await game.owed(player(0).address)).to.equal(UNIT_BOND);
      // Again it gives nothing.
      await game.decideUnit(...arguments_, tree);
      expect(await game.owed(player(0).address)).to.equal(UNIT_BOND);
      await game.collectUnit(...arguments_, rewards);
      await game.collectUnit(...arguments_, rewards);
      expect(await game.owed(player(0).address)).to.equal(UNIT_BOND + 4n * OF_UNIT_SPAN + OF_PROOF);
      const wrong = await unitDecision(liar, 1);
      await expect(game.decideUnit(...wrong.arguments_, wrong.tree)).to.be.revertedWithCustomError(game, "LostTo");
    });

    it("a trace of a unit that has not gathered the period has no bond back", async () => {
      await fight(MOVES_TO_PROOF);
      const { arguments_, tree } = await unitDecision(honest, 1);
      await expect(dispute.game.decideUnit(...arguments_, tree)).to.be.revertedWithCustomError(
        dispute.game,
        "TooEarly",
      );
    });

    it("payouts in every order come to the same, and never to more than is there", async () => {
      await finish();
      const { game } = dispute;
      const { arguments_, tree, rewards } = await unitDecision(honest, 1);
      const collectArguments = await collection(honest);
      const actions = {
        collect: async () => game.collect(...collectArguments),
        decideUnit: async () => game.decideUnit(...arguments_, tree),
        collectUnit: async () => game.collectUnit(...arguments_, rewards),
        withdraw: async () => game.withdraw(player(0).address),
      };
      const snapshot = await dispute.networkHelpers.takeSnapshot();
      for (const order of permutations(Object.keys(actions) as (keyof typeof actions)[])) {
        const before = await gameBalance();
        // What is refused now is taken up afterwards.
        for (const name of [...order, ...order, ...order, "withdraw" as const])
          await actions[name]().catch(() => undefined);
        const expected = CLAIM_BOND / 2n + UNIT_BOND + UNIT_BOND / 2n;
        expect(before - (await gameBalance()), order.join()).to.equal(expected);
        expect(await game.owed(player(0).address)).to.equal(0n);
        await snapshot.restore();
      }
    });

    it("rewards are for whoever recorded a span, and are paid as bonds of losers come in", async () => {
      const second = view({ salt: 2 });
      await dispute.propose(player(0), honest);
      await dispute.propose(player(1), liar);
      await dispute.propose(player(2), second);
      const ours = wayDown(honest, LIE);
      await submit(player(3), ours[0]!);
      await submit(player(1), wayDown(liar, LIE)[0]!);
      await submit(player(0), ours[1]!);
      await dispute.networkHelpers.time.increase(10 * T);
      await dispute.game.decide(...(await decision(honest)));
      await dispute.chain.confirm(bodyOf(honest, HEIGHTS));
      await dispute.game.collect(...(await collection(honest)));
      for (const index of [0, 3]) expect(await dispute.game.owed(player(index).address)).to.equal(0n);
      await dispute.chain.forfeitBond(bodyOf(second, HEIGHTS));
      await dispute.game.collect(...(await collection(honest)));
      for (const index of [0, 3]) expect(await dispute.game.owed(player(index).address)).to.equal(2n * OF_SPAN);
      await dispute.chain.forfeitBond(bodyOf(liar, HEIGHTS));
      await dispute.game.collect(...(await collection(honest)));
      for (const index of [0, 3]) expect(await dispute.game.owed(player(index).address)).to.equal(2n * OF_SPAN);
    });

    it("a duel with oneself loses half of what is lost at least", async () => {
      const { ethers } = dispute;
      const game = await dispute.game.getAddress();
      await fight(MOVES_TO_PROOF);
      await dispute.networkHelpers.time.increase(T);
      await dispute.game.decide(...(await decision(honest)));
      await dispute.chain.confirm(bodyOf(honest, HEIGHTS));
      await dispute.chain.forfeitBond(bodyOf(liar, HEIGHTS));
      const { arguments_, tree, rewards } = await unitDecision(honest, 1);
      await dispute.game.collect(...(await collection(honest)));
      await dispute.game.decideUnit(...arguments_, tree);
      await dispute.game.collectUnit(...arguments_, rewards);
      await dispute.game.withdraw(player(0).address);
      expect(await ethers.provider.getBalance(game)).to.be.at.least((CLAIM_BOND + UNIT_BOND) / 2n);
    });

    it("bonds of openings are taken of what is sent, then of what is owed; what is sent too much is owed", async () => {
      await fight(2);
      const { game } = dispute;
      const open = wayDown(honest, LIE)[2]!;
      await expect(submit(player(0), open, UNIT_BOND - 1n))
        .to.be.revertedWithCustomError(game, "BondMissing")
        .withArgs(1);
      await submit(player(0), open, 3n * UNIT_BOND);
      expect(await game.owed(player(0).address)).to.equal(2n * UNIT_BOND);
      // A frenemy opens twice: of half a bond sent, and of what it is owed.
      const frenemies = [3, 4].map((salt) => view({ salt, isFrenemy: true }));
      const [first, second] = frenemies.map((of) => wayDown(of, LIE)[2]!);
      await submit(player(0), first!, UNIT_BOND / 2n);
      expect(await game.owed(player(0).address)).to.equal((3n * UNIT_BOND) / 2n);
      await submit(player(0), second!, 0n);
      expect(await game.owed(player(0).address)).to.equal(UNIT_BOND / 2n);
      expect(await gameBalance()).to.equal((7n * UNIT_BOND) / 2n);
    });

    it("many moves in one transaction share what is sent, and revert together", async () => {
      await fight(2);
      const { game, ethers } = dispute;
      const frenemy = view({ salt: 3, isFrenemy: true });
      const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
      const fragment = (name: "open" | "bisect" | "bisectClaim") => game.interface.getFunction(name).inputs;
      const encode = (move: Move) => {
        if (move.name === "prove") throw new Error("no proofs here");
        const [kind] = [{ bisectClaim: 0, bisect: 1, open: 2 }[move.name]];
        const details = move.name === "open" ? { ...move, l1BlockNumber, l1BlockHash } : move;
        return { kind, details: ethers.AbiCoder.defaultAbiCoder().encode(fragment(move.name), [details]) };
      };
      const moves = [honest, frenemy, liar].map((of) => encode(wayDown(of, LIE)[2]!));
      const repeated = wayDown(honest, LIE).slice(0, 2).map(encode);
      const more = [honest, frenemy].map((of) => encode(wayDown(of, LIE)[3]!));
      await expect(game.play([...moves, ...more], { value: 3n * UNIT_BOND - 1n }))
        .to.be.revertedWithCustomError(game, "BondMissing")
        .withArgs(1);
      await game.connect(player(6)).play([...repeated, ...moves, ...more], { value: 4n * UNIT_BOND });
      expect(await game.owed(player(6).address)).to.equal(UNIT_BOND);
      expect((await oracle()).isBisected(unitPosition(honest, 1, 0, 2), honest.unit(1).root(0, 2))).to.equal(true);
    });

    it("moves through a smart wallet are the wallet's, and so are the bonds and rewards", async () => {
      const { ethers, game } = dispute;
      const wallet = await ethers.deployContract("ScriptedAccount", [
        "0x0000000000000000000000000000000000000000",
        "0x",
      ]);
      await fight(2);
      const open = wayDown(honest, LIE)[2]!;
      const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
      const data = game.interface.encodeFunctionData("open", [{ ...open, l1BlockNumber, l1BlockHash } as never]);
      await wallet.connect(player(5)).run(await game.getAddress(), data, { value: UNIT_BOND });
      await dispute.networkHelpers.time.increase(T);
      const { arguments_, tree } = await unitDecision(honest, 1);
      await game.decideUnit(...arguments_, tree);
      expect(await game.owed(await wallet.getAddress())).to.equal(UNIT_BOND);
      await game.connect(player(7)).withdraw(await wallet.getAddress());
      expect(await ethers.provider.getBalance(await wallet.getAddress())).to.equal(UNIT_BOND);
    });

    it("a recipient that refuses, burns gas, returns or reverts with a megabyte, or calls again, harms nobody and has no more", async () => {
      const { ethers, game } = dispute;
      const address = await game.getAddress();
      await fight(2);
      const open = wayDown(honest, LIE)[2]!;
      const hostile = await ethers.deployContract("HostileRecipient", []);
      const recipient = await hostile.getAddress();
      const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
      const data = game.interface.encodeFunctionData("open", [{ ...open, l1BlockNumber, l1BlockHash } as never]);
      await hostile.run(address, data, { value: 3n * UNIT_BOND });
      expect(await game.owed(recipient)).to.equal(2n * UNIT_BOND);
      const again = game.interface.encodeFunctionData("withdraw", [recipient]);
      const CONDUCT = { take: 0, refuse: 1, burnGas: 2, megabyte: 3, revertMegabyte: 4, reEnter: 5 };
      for (const name of ["refuse", "burnGas", "revertMegabyte"] as const) {
        await hostile.behave(CONDUCT[name], address, again);
        await expect(game.withdraw(recipient, { gasLimit: 5_000_000 }), name)
          .to.be.revertedWithCustomError(game, "PaymentFailed")
          .withArgs(recipient, 2n * UNIT_BOND);
        expect(await game.owed(recipient)).to.equal(2n * UNIT_BOND);
      }
      const snapshot = await dispute.networkHelpers.takeSnapshot();
      await hostile.behave(CONDUCT.megabyte, address, again);
      const { gasUsed } = (await (await game.withdraw(recipient, { gasLimit: 5_000_000 })).wait())!;
      // Its own memory is what it pays for; nothing of it is copied.
      expect(Number(gasUsed)).to.be.lessThan(2_300_000);
      expect(await ethers.provider.getBalance(recipient)).to.equal(2n * UNIT_BOND);
      await snapshot.restore();
      await hostile.behave(CONDUCT.reEnter, address, again);
      await game.withdraw(recipient);
      expect(await hostile.hasReEntered()).to.equal(false);
      expect(await ethers.provider.getBalance(recipient)).to.equal(2n * UNIT_BOND);
      expect(await gameBalance()).to.equal(UNIT_BOND);
      await expect(game.withdraw(recipient))
        .to.be.revertedWithCustomError(game, "NothingToWithdraw")
        .withArgs(recipient);
    });

    it("only the state commitment chain brings in lost bonds", async () => {
      await expect(dispute.game.takeLostBond(GENESIS, { value: 1n }))
        .to.be.revertedWithCustomError(dispute.game, "NotStateCommitmentChain")
        .withArgs(player(0).address);
    });

    it("nothing is collected for a claim that has not won", async () => {
      await fight(MOVES_TO_PROOF);
      await expect(dispute.game.collect(...(await collection(honest))))
        .to.be.revertedWithCustomError(dispute.game, "NotTheWinner")
        .withArgs(ZERO_HASH);
    });

    it("a bond that a loser moved on to a child is lost to the sibling that won all the same", async () => {
      await dispute.propose(player(0), honest);
      await dispute.propose(player(1), liar);
      const child = honestView(
        loadHash(liar.state),
        HEIGHTS,
        stateOf(Number((await dispute.chain.claim(idOf(liar))).nextBatchCount), 77),
      );
      await dispute.propose(player(1), child, idOf(liar));
      await submit(player(0), wayDown(honest, LIE)[0]!);
      await dispute.networkHelpers.time.increase(2 * T);
      await dispute.game.decide(...(await decision(honest)));
      await dispute.chain.confirm(bodyOf(honest, HEIGHTS));
      await dispute.chain.forfeitBond(bodyOf(liar, HEIGHTS));
      await expect(dispute.chain.forfeitBond(bodyOf(child, HEIGHTS, idOf(liar))))
        .to.emit(dispute.game, "BondLost")
        .withArgs(GENESIS, CLAIM_BOND);
    });
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
