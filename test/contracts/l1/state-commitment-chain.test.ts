import { expect } from "chai";
import { ZERO_HASH } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { claimId } from "../../../src/rollup/index.ts";
import type { AppointedWinnerGame } from "../../../types/ethers-contracts/index.ts";
import { DAY, GENESIS_CLAIM, GENESIS_STATE_HASH, deployRollupFixture, deployRollupOn } from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

const BOND = 10n ** 17n;
const PERIOD = BigInt(7 * DAY);
const stateOf = (byte: number): Hash => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const [A, B, C, D] = [stateOf(0xa), stateOf(0xb), stateOf(0xc), stateOf(0xd)];

const STATUS = { unknown: 0n, proposed: 1n, confirmed: 2n, forfeited: 3n };
const CHILDREN = { none: 0n, single: 1n, rivals: 2n, decided: 3n };

describe("StateCommitmentChain", () => {
  let fixture: RollupFixture;
  let game: AppointedWinnerGame | undefined;

  beforeEach(async () => {
    fixture = await deployRollupFixture();
    game = undefined;
  });

  /** A rollup with a challenge game whose winners the test appoints. */
  async function useGame(): Promise<AppointedWinnerGame> {
    game = await fixture.ethers.deployContract("AppointedWinnerGame", []);
    fixture = await deployRollupOn(fixture.connection, { challengeGame: await game.getAddress() });
    return game;
  }

  const propose = async (parentId: Hash, state: Hash, by = fixture.proposer) =>
    fixture.stateCommitmentChain.connect(by).propose(parentId, state, { value: BOND });
  const confirm = async (parentId: Hash, state: Hash) =>
    fixture.stateCommitmentChain.connect(fixture.stranger).confirm(parentId, state);
  const pass = async (seconds: bigint) => fixture.networkHelpers.time.increase(seconds);

  describe("genesis", () => {
    it("is confirmed from the start, without a bond", async () => {
      const { stateCommitmentChain } = fixture;
      expect(await stateCommitmentChain.GENESIS_CLAIM()).to.equal(claimId(ZERO_HASH, GENESIS_STATE_HASH));
      expect(await stateCommitmentChain.isConfirmed(GENESIS_CLAIM)).to.equal(true);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(GENESIS_CLAIM);
      await expect(stateCommitmentChain.withdrawBond(GENESIS_CLAIM))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NoBond")
        .withArgs(GENESIS_CLAIM);
    });

    it("asks its children for the state after one batch", async () => {
      expect((await fixture.stateCommitmentChain.claim(GENESIS_CLAIM)).nextBatchCount).to.equal(1n);
    });

    it("is announced, so that a follower needs no other source", async () => {
      const { stateCommitmentChain } = fixture;
      const [event] = await stateCommitmentChain.queryFilter(stateCommitmentChain.filters.ClaimConfirmed());
      expect([...event!.args]).to.eql([GENESIS_CLAIM, ZERO_HASH, GENESIS_STATE_HASH]);
    });
  });

  describe("proposing", () => {
    it("takes anyone's claim on any claim that has not lost, and says what its children must cover", async () => {
      const { stateCommitmentChain, postBatch, proposer, stranger, now } = fixture;
      await postBatch();
      await postBatch();
      await postBatch();
      const a = claimId(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, A))
        .to.emit(stateCommitmentChain, "ClaimProposed")
        .withArgs(a, GENESIS_CLAIM, proposer.address, A, 1, 3);
      const claim = await stateCommitmentChain.claim(a);
      expect([...claim]).to.eql([proposer.address, BigInt(await now()), 3n, STATUS.proposed, CHILDREN.none]);
      // On a claim that is not confirmed yet, by somebody else; no batch came in between.
      await expect(propose(a, B, stranger))
        .to.emit(stateCommitmentChain, "ClaimProposed")
        .withArgs(claimId(a, B), a, stranger.address, B, 3, 4);
      expect(await stateCommitmentChain.firstChild(a)).to.equal(claimId(a, B));
    });

    it("needs the batches the parent fixed to be in the Inbox", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await expect(propose(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotEnoughBatches")
        .withArgs(1, 0);
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const a = claimId(GENESIS_CLAIM, A);
      await expect(propose(a, B))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotEnoughBatches")
        .withArgs(2, 1);
      await postBatch();
      await propose(a, B);
    });

    it("what a claim fixes for its children does not change with later batches", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await postBatch();
      await postBatch();
      expect((await stateCommitmentChain.claim(claimId(GENESIS_CLAIM, A))).nextBatchCount).to.equal(2n);
    });

    it("takes exactly the bond", async () => {
      const { stateCommitmentChain, postBatch, proposer, ethers } = fixture;
      await postBatch();
      for (const value of [0n, BOND - 1n, BOND + 1n]) {
        await expect(stateCommitmentChain.connect(proposer).propose(GENESIS_CLAIM, A, { value }))
          .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
          .withArgs(BOND, value);
      }
      await propose(GENESIS_CLAIM, A);
      expect(await ethers.provider.getBalance(stateCommitmentChain)).to.equal(BOND);
    });

    it("refuses a parent that does not exist, and a claim that does", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      for (const parent of [ZERO_HASH, A]) {
        await expect(propose(parent, B))
          .to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotExtendable")
          .withArgs(parent);
      }
      await propose(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, A, fixture.rival))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ClaimExists")
        .withArgs(claimId(GENESIS_CLAIM, A));
    });

    it("takes ETH in no other way", async () => {
      const { stateCommitmentChain, user, ethers } = fixture;
      await expect(
        user.sendTransaction({ to: await stateCommitmentChain.getAddress(), value: 1n }),
      ).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("confirming an unrivaled claim", () => {
    beforeEach(async () => {
      await fixture.postBatch();
      await propose(GENESIS_CLAIM, A);
    });

    it("takes the challenge period to the second, and then anyone", async () => {
      const { stateCommitmentChain, networkHelpers } = fixture;
      const a = claimId(GENESIS_CLAIM, A);
      const from = (await stateCommitmentChain.claim(a)).proposedAt + PERIOD;
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(confirm(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChallengePeriodRuns")
        .withArgs(a, from);
      await networkHelpers.time.setNextBlockTimestamp(from);
      await expect(confirm(GENESIS_CLAIM, A))
        .to.emit(stateCommitmentChain, "ClaimConfirmed")
        .withArgs(a, GENESIS_CLAIM, A);
      expect(await stateCommitmentChain.isConfirmed(a)).to.equal(true);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(a);
      expect((await stateCommitmentChain.claim(GENESIS_CLAIM)).children).to.equal(CHILDREN.decided);
    });

    it("needs the parent to be confirmed", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      const a = claimId(GENESIS_CLAIM, A);
      await postBatch();
      await propose(a, B);
      await pass(PERIOD);
      await expect(confirm(a, B)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed").withArgs(a);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(claimId(a, B));
    });

    it("happens once, and only to claims", async () => {
      const { stateCommitmentChain } = fixture;
      await pass(PERIOD);
      await expect(confirm(GENESIS_CLAIM, B)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
      await confirm(GENESIS_CLAIM, A);
      await expect(confirm(GENESIS_CLAIM, A)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
      await expect(confirm(ZERO_HASH, GENESIS_STATE_HASH)).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ClaimNotConfirmed",
      );
    });

    it("makes a later rival too late", async () => {
      const { stateCommitmentChain } = fixture;
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, B))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChildStands")
        .withArgs(claimId(GENESIS_CLAIM, A));
    });

    it("cannot be held up by a rival proposed after the challenge period, though nobody confirmed yet", async () => {
      const { stateCommitmentChain, networkHelpers } = fixture;
      const a = claimId(GENESIS_CLAIM, A);
      const from = (await stateCommitmentChain.claim(a)).proposedAt + PERIOD;
      await networkHelpers.time.setNextBlockTimestamp(from);
      await expect(propose(GENESIS_CLAIM, B))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChildStands")
        .withArgs(a);
      await confirm(GENESIS_CLAIM, A);
    });
  });

  describe("rivals", () => {
    it("a rival in the last second of the challenge period blocks the confirmation", async () => {
      const { stateCommitmentChain, networkHelpers, postBatch, rival } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const { proposedAt } = await stateCommitmentChain.claim(claimId(GENESIS_CLAIM, A));
      await networkHelpers.time.setNextBlockTimestamp(proposedAt + PERIOD - 1n);
      await propose(GENESIS_CLAIM, B, rival);
      expect((await stateCommitmentChain.claim(GENESIS_CLAIM)).children).to.equal(CHILDREN.rivals);
      await pass(10n * PERIOD);
      for (const state of [A, B]) {
        await expect(confirm(GENESIS_CLAIM, state))
          .to.be.revertedWithCustomError(stateCommitmentChain, "NoChallengeGame")
          .withArgs(GENESIS_CLAIM);
      }
    });

    it("there may be any number of them", async () => {
      await fixture.postBatch();
      for (const state of [A, B, C, D]) await propose(GENESIS_CLAIM, state);
      for (const state of [A, B, C, D]) {
        expect((await fixture.stateCommitmentChain.claim(claimId(GENESIS_CLAIM, state))).status).to.equal(
          STATUS.proposed,
        );
      }
    });

    it("the challenge game's winner is confirmed at once, and no other", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      await pass(2n * PERIOD);
      const [a, b] = [claimId(GENESIS_CLAIM, A), claimId(GENESIS_CLAIM, B)];
      await expect(confirm(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotTheWinner")
        .withArgs(a, ZERO_HASH);
      await appointing.appoint(GENESIS_CLAIM, b);
      await expect(confirm(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotTheWinner")
        .withArgs(a, b);
      await confirm(GENESIS_CLAIM, B);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(b);
    });

    it("a game that changed its mind cannot confirm a second child", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, A));
      await confirm(GENESIS_CLAIM, A);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, B));
      await expect(confirm(GENESIS_CLAIM, B)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
    });

    it("the game has no say over a claim without rivals", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, A));
      await expect(confirm(GENESIS_CLAIM, A)).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ChallengePeriodRuns",
      );
    });

    it("the game cannot confirm what was never proposed", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, C));
      await expect(confirm(GENESIS_CLAIM, C)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
      // A dispute with no winner among them leaves proposing open.
      await propose(GENESIS_CLAIM, C);
      await confirm(GENESIS_CLAIM, C);
    });

    it("descendants of a claim that lost are never confirmed, nor extended once it is forfeited", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      const a = claimId(GENESIS_CLAIM, A);
      await propose(a, C);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, B));
      await confirm(GENESIS_CLAIM, B);
      await pass(PERIOD);
      await expect(confirm(a, C)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed");
      await stateCommitmentChain.forfeitBond(GENESIS_CLAIM, A);
      await expect(propose(a, D)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotExtendable");
    });
  });

  describe("bonds", () => {
    it("the bond of a confirmed claim goes back to its proposer, once, whoever asks", async () => {
      const { stateCommitmentChain, postBatch, proposer, stranger, ethers } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const a = claimId(GENESIS_CLAIM, A);
      const withdraw = async () => stateCommitmentChain.connect(stranger).withdrawBond(a);
      await expect(withdraw()).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed");
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await expect(withdraw()).to.changeEtherBalances(ethers, [stateCommitmentChain, proposer], [-BOND, BOND]);
      await expect(withdraw()).to.be.revertedWithCustomError(stateCommitmentChain, "NoBond").withArgs(a);
      expect(await stateCommitmentChain.isConfirmed(a)).to.equal(true);
    });

    it("the bond of an unknown claim is nobody's", async () => {
      const { stateCommitmentChain } = fixture;
      await expect(stateCommitmentChain.withdrawBond(A)).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ClaimNotConfirmed",
      );
    });

    it("a proposer that reenters while it is paid is paid once", async () => {
      const { stateCommitmentChain, postBatch, account, ethers } = fixture;
      await postBatch();
      // Another's bond, which a double payment would take.
      await propose(GENESIS_CLAIM, A);
      const a = claimId(GENESIS_CLAIM, A);
      await postBatch();
      const call = stateCommitmentChain.interface.encodeFunctionData("propose", [a, B]);
      await account.run(await stateCommitmentChain.getAddress(), call, { value: BOND });
      const b = claimId(a, B);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B);
      await account.setScript({
        target: await stateCommitmentChain.getAddress(),
        value: 0,
        data: stateCommitmentChain.interface.encodeFunctionData("withdrawBond", [b]),
        revertWith: "0x",
      });
      await expect(stateCommitmentChain.withdrawBond(b)).to.changeEtherBalance(ethers, account, BOND);
      expect(await account.calls()).to.equal(1n);
      expect(await account.succeeded()).to.equal(false);
      expect(stateCommitmentChain.interface.parseError(await account.returned())?.name).to.equal("NoBond");
    });

    it("a proposer that refuses its bond can still take it later", async () => {
      const { stateCommitmentChain, postBatch, account, ethers } = fixture;
      await postBatch();
      const call = stateCommitmentChain.interface.encodeFunctionData("propose", [GENESIS_CLAIM, A]);
      await account.run(await stateCommitmentChain.getAddress(), call, { value: BOND });
      const a = claimId(GENESIS_CLAIM, A);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      const nothing = { target: ethers.ZeroAddress, value: 0, data: "0x" };
      await account.setScript({ ...nothing, revertWith: "0x01" });
      await expect(stateCommitmentChain.withdrawBond(a))
        .to.be.revertedWithCustomError(stateCommitmentChain, "PaymentFailed")
        .withArgs(await account.getAddress(), BOND);
      await account.setScript({ ...nothing, revertWith: "0x" });
      await expect(stateCommitmentChain.withdrawBond(a)).to.changeEtherBalance(ethers, account, BOND);
    });

    it("the bonds of a claim that lost and of its descendants go to the challenge game, once each", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch, ethers, proposer } = fixture;
      await postBatch();
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      const a = claimId(GENESIS_CLAIM, A);
      await propose(a, C);
      await appointing.appoint(GENESIS_CLAIM, claimId(GENESIS_CLAIM, B));
      const forfeit = async (parentId: Hash, state: Hash) => stateCommitmentChain.forfeitBond(parentId, state);
      const refused = async (parentId: Hash, state: Hash, error: string) =>
        expect(forfeit(parentId, state)).to.be.revertedWithCustomError(stateCommitmentChain, error);

      await refused(GENESIS_CLAIM, A, "ClaimNotLost");
      await confirm(GENESIS_CLAIM, B);
      await refused(a, C, "ClaimNotLost");
      await refused(GENESIS_CLAIM, B, "ClaimNotPending");
      await refused(GENESIS_CLAIM, D, "ClaimNotPending");
      await expect(forfeit(GENESIS_CLAIM, A)).to.changeEtherBalance(ethers, appointing, BOND);
      await expect(forfeit(a, C))
        .to.emit(stateCommitmentChain, "BondForfeited")
        .withArgs(claimId(a, C), proposer.address, BOND);
      await refused(GENESIS_CLAIM, A, "ClaimNotPending");
      await refused(a, C, "ClaimNotPending");
      await expect(stateCommitmentChain.withdrawBond(a)).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ClaimNotConfirmed",
      );
      // What is left is the winner's.
      expect(await ethers.provider.getBalance(stateCommitmentChain)).to.equal(BOND);
      expect((await stateCommitmentChain.claim(a)).status).to.equal(STATUS.forfeited);
    });
  });
});
