import { expect } from "chai";
import { ZERO_HASH } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { stateHash } from "../../../src/rollup/index.ts";
import type { AppointedWinnerGame } from "../../../types/ethers-contracts/index.ts";
import {
  DAY,
  GENESIS_CLAIM,
  GENESIS_STATE_HASH,
  SIBLINGS,
  claimBody,
  claimIdOf,
  deployRollupFixture,
  traceRootOf,
} from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

const BOND = 10n ** 17n;
const PERIOD = BigInt(7 * DAY);

/** A state that is told from others by a byte; its batches are those its parent fixed. */
function stateAfter(batchCount: number, byte: number) {
  const blockHash: Hash = `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
  return { blockHash, outboxRoot: ZERO_HASH, batchCount, messageCount: 7 };
}
type State = ReturnType<typeof stateAfter>;
/** Children of genesis, and of a claim that fixed two batches for its own. */
const [A, B, C, D] = [stateAfter(1, 0xa), stateAfter(1, 0xb), stateAfter(1, 0xc), stateAfter(1, 0xd)];
const [B2, C2, D2] = [stateAfter(2, 0xb), stateAfter(2, 0xc), stateAfter(2, 0xd)];
const claimOf = (parentId: Hash, state: State): Hash => claimIdOf(claimBody(parentId, state));

const STATUS = { unknown: 0n, proposed: 1n, confirmed: 2n, forfeited: 3n };
const CHILDREN = { none: 0n, single: 1n, rivals: 2n, decided: 3n };

describe("StateCommitmentChain", () => {
  let fixture: RollupFixture;
  let game: AppointedWinnerGame | undefined;

  beforeEach(async () => {
    fixture = await deployRollupFixture();
    game = undefined;
  });

  /** Claims of a new chain, with a challenge game whose winners the test appoints. */
  async function useGame(): Promise<AppointedWinnerGame> {
    const { game: appointing, ...claims } = await fixture.claimsWithAppointedWinners();
    game = appointing;
    fixture = { ...fixture, ...claims };
    return appointing;
  }

  const propose = async (parentId: Hash, state: State, by = fixture.proposer, value?: bigint) =>
    fixture.propose(by, parentId, state, value);
  const confirm = async (parentId: Hash, state: State) =>
    fixture.stateCommitmentChain.connect(fixture.stranger).confirm(claimBody(parentId, state));
  const pass = async (seconds: bigint) => fixture.networkHelpers.time.increase(seconds);

  describe("genesis", () => {
    it("is confirmed from the start, without a bond", async () => {
      const { stateCommitmentChain } = fixture;
      expect(await stateCommitmentChain.GENESIS_CLAIM()).to.equal(GENESIS_CLAIM);
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
      expect([...event!.args]).to.eql([GENESIS_CLAIM, ZERO_HASH, GENESIS_STATE_HASH, ZERO_HASH]);
    });
  });

  describe("proposing", () => {
    it("takes anyone's claim on any claim that has not lost, and says what its children must cover", async () => {
      const { stateCommitmentChain, postBatch, proposer, stranger, now } = fixture;
      await postBatch();
      await postBatch();
      await postBatch();
      const a = claimOf(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, A))
        .to.emit(stateCommitmentChain, "ClaimProposed")
        .withArgs(a, GENESIS_CLAIM, proposer.address, stateHash(A), traceRootOf(A), 1, 3);
      const claim = await stateCommitmentChain.claim(a);
      expect([...claim]).to.eql([proposer.address, BigInt(await now()), 3n, STATUS.proposed, CHILDREN.none]);
      // On a claim that is not confirmed yet, by somebody else; no batch came in between.
      const b = stateAfter(3, 0xb);
      await expect(propose(a, b, stranger))
        .to.emit(stateCommitmentChain, "ClaimProposed")
        .withArgs(claimOf(a, b), a, stranger.address, stateHash(b), traceRootOf(b), 3, 4);
      expect(await stateCommitmentChain.firstChild(a)).to.equal(claimOf(a, b));
    });

    it("needs the batches the parent fixed to be in the Inbox", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await expect(propose(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotEnoughBatches")
        .withArgs(1, 0);
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const a = claimOf(GENESIS_CLAIM, A);
      await expect(propose(a, B2))
        .to.be.revertedWithCustomError(stateCommitmentChain, "NotEnoughBatches")
        .withArgs(2, 1);
      await postBatch();
      await propose(a, B2);
    });

    it("takes the state after the batches the parent fixed, and after no other number of them", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await postBatch();
      for (const batchCount of [0, 2]) {
        await expect(propose(GENESIS_CLAIM, stateAfter(batchCount, 0xa)))
          .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBatchCount")
          .withArgs(1, batchCount);
      }
    });

    it("what a claim fixes for its children does not change with later batches", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await postBatch();
      await postBatch();
      expect((await stateCommitmentChain.claim(claimOf(GENESIS_CLAIM, A))).nextBatchCount).to.equal(2n);
    });

    it("takes exactly the bond", async () => {
      const { stateCommitmentChain, postBatch, proposer, ethers } = fixture;
      await postBatch();
      for (const value of [0n, BOND - 1n, BOND + 1n]) {
        await expect(propose(GENESIS_CLAIM, A, proposer, value))
          .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
          .withArgs(BOND, value);
      }
      await propose(GENESIS_CLAIM, A);
      expect(await ethers.provider.getBalance(stateCommitmentChain)).to.equal(BOND);
    });

    it("takes a trace that ends in the state, by as many siblings as it is high", async () => {
      const { stateCommitmentChain, postBatch, proposer, latestBlock } = fixture;
      await postBatch();
      for (const siblings of [[], SIBLINGS.slice(1), [...SIBLINGS, ZERO_HASH]]) {
        const proposed = stateCommitmentChain
          .connect(proposer)
          .propose(GENESIS_CLAIM, A, siblings, ...(await latestBlock()), { value: BOND });
        await expect(proposed).to.be.revertedWithCustomError(stateCommitmentChain, "SiblingsMismatch");
      }
    });

    it("takes two claims of one state by two traces as rivals", async () => {
      const { stateCommitmentChain, postBatch, rival, latestBlock } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const siblings = SIBLINGS.with(0, ZERO_HASH);
      await stateCommitmentChain
        .connect(rival)
        .propose(GENESIS_CLAIM, A, siblings, ...(await latestBlock()), { value: BOND });
      const other = claimIdOf(claimBody(GENESIS_CLAIM, A, siblings));
      expect((await stateCommitmentChain.claim(other)).status).to.equal(STATUS.proposed);
      expect((await stateCommitmentChain.claim(GENESIS_CLAIM)).children).to.equal(CHILDREN.rivals);
    });

    it("refuses a parent that does not exist, and a claim that does", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      for (const parent of [ZERO_HASH, stateHash(A)]) {
        await expect(propose(parent, B))
          .to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotExtendable")
          .withArgs(parent);
      }
      await propose(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, A, fixture.rival))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ClaimExists")
        .withArgs(claimOf(GENESIS_CLAIM, A));
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
      const a = claimOf(GENESIS_CLAIM, A);
      const from = (await stateCommitmentChain.claim(a)).proposedAt + PERIOD;
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(confirm(GENESIS_CLAIM, A))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChallengePeriodRuns")
        .withArgs(a, from);
      await networkHelpers.time.setNextBlockTimestamp(from);
      await expect(confirm(GENESIS_CLAIM, A))
        .to.emit(stateCommitmentChain, "ClaimConfirmed")
        .withArgs(a, GENESIS_CLAIM, stateHash(A), traceRootOf(A));
      expect(await stateCommitmentChain.isConfirmed(a)).to.equal(true);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(a);
      expect((await stateCommitmentChain.claim(GENESIS_CLAIM)).children).to.equal(CHILDREN.decided);
    });

    it("needs the parent to be confirmed", async () => {
      const { stateCommitmentChain, postBatch } = fixture;
      const a = claimOf(GENESIS_CLAIM, A);
      await postBatch();
      await propose(a, B2);
      await pass(PERIOD);
      await expect(confirm(a, B2)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed").withArgs(a);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B2);
      expect(await stateCommitmentChain.latestConfirmed()).to.equal(claimOf(a, B2));
    });

    it("happens once, and only to claims", async () => {
      const { stateCommitmentChain } = fixture;
      await pass(PERIOD);
      await expect(confirm(GENESIS_CLAIM, B)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
      await confirm(GENESIS_CLAIM, A);
      await expect(confirm(GENESIS_CLAIM, A)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
      await expect(
        stateCommitmentChain.confirm({ parentId: ZERO_HASH, stateHash: GENESIS_STATE_HASH, traceRoot: ZERO_HASH }),
      ).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed");
    });

    it("makes a later rival too late", async () => {
      const { stateCommitmentChain } = fixture;
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await expect(propose(GENESIS_CLAIM, B))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChildStands")
        .withArgs(claimOf(GENESIS_CLAIM, A));
    });

    it("cannot be held up by a rival proposed after the challenge period, though nobody confirmed yet", async () => {
      const { stateCommitmentChain, networkHelpers } = fixture;
      const a = claimOf(GENESIS_CLAIM, A);
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
      const { proposedAt } = await stateCommitmentChain.claim(claimOf(GENESIS_CLAIM, A));
      await networkHelpers.time.setNextBlockTimestamp(proposedAt + PERIOD - 1n);
      await propose(GENESIS_CLAIM, B, rival);
      expect((await stateCommitmentChain.claim(GENESIS_CLAIM)).children).to.equal(CHILDREN.rivals);
      await pass(10n * PERIOD);
      for (const state of [A, B]) {
        await expect(confirm(GENESIS_CLAIM, state))
          .to.be.revertedWithCustomError(stateCommitmentChain, "NotTheWinner")
          .withArgs(claimOf(GENESIS_CLAIM, state), ZERO_HASH);
      }
    });

    it("the time of the second is kept, for good, and no other's", async () => {
      const { stateCommitmentChain, postBatch, now } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      expect(await stateCommitmentChain.secondChildAt(GENESIS_CLAIM)).to.equal(0n);
      await pass(50n);
      await propose(GENESIS_CLAIM, B);
      const second = BigInt(await now());
      await pass(50n);
      await propose(GENESIS_CLAIM, C);
      expect(await stateCommitmentChain.secondChildAt(GENESIS_CLAIM)).to.equal(second);
    });

    it("there may be any number of them", async () => {
      await fixture.postBatch();
      for (const state of [A, B, C, D]) await propose(GENESIS_CLAIM, state);
      for (const state of [A, B, C, D]) {
        expect((await fixture.stateCommitmentChain.claim(claimOf(GENESIS_CLAIM, state))).status).to.equal(
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
      const [a, b] = [claimOf(GENESIS_CLAIM, A), claimOf(GENESIS_CLAIM, B)];
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
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, A));
      await confirm(GENESIS_CLAIM, A);
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, B));
      await expect(confirm(GENESIS_CLAIM, B)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
    });

    it("the game has no say over a claim without rivals", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, A));
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
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, C));
      await expect(confirm(GENESIS_CLAIM, C)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotPending");
    });

    it("none is proposed beside one that the game has decided for", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      const b = claimOf(GENESIS_CLAIM, B);
      await appointing.appoint(GENESIS_CLAIM, b);
      await expect(propose(GENESIS_CLAIM, C))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChildStands")
        .withArgs(b);
    });

    it("descendants of a claim that lost are never confirmed, nor extended once it is forfeited", async () => {
      const appointing = await useGame();
      const { stateCommitmentChain, postBatch } = fixture;
      await postBatch();
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B);
      const a = claimOf(GENESIS_CLAIM, A);
      await propose(a, C2);
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, B));
      await confirm(GENESIS_CLAIM, B);
      await pass(PERIOD);
      await expect(confirm(a, C2)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotConfirmed");
      await stateCommitmentChain.forfeitBond(claimBody(GENESIS_CLAIM, A));
      await expect(propose(a, D2)).to.be.revertedWithCustomError(stateCommitmentChain, "ClaimNotExtendable");
    });
  });

  describe("bonds", () => {
    it("the bond of a confirmed claim goes back to its proposer, once, whoever asks", async () => {
      const { stateCommitmentChain, postBatch, proposer, stranger, ethers } = fixture;
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const a = claimOf(GENESIS_CLAIM, A);
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
      await expect(stateCommitmentChain.withdrawBond(stateHash(A))).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ClaimNotConfirmed",
      );
    });

    it("a proposer that reenters while it is paid is paid once", async () => {
      const { stateCommitmentChain, postBatch, account, latestBlock, ethers } = fixture;
      await postBatch();
      // Another's bond, which a double payment would take.
      await propose(GENESIS_CLAIM, A);
      const a = claimOf(GENESIS_CLAIM, A);
      await postBatch();
      const call = stateCommitmentChain.interface.encodeFunctionData("propose", [
        a,
        B2,
        SIBLINGS,
        ...(await latestBlock()),
      ]);
      await account.run(await stateCommitmentChain.getAddress(), call, { value: BOND });
      const b = claimOf(a, B2);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B2);
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

    it("a proposer that proposes while it is paid cannot move the bond it is being paid", async () => {
      const { stateCommitmentChain, postBatch, account, latestBlock, ethers } = fixture;
      const target = await stateCommitmentChain.getAddress();
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      const a = claimOf(GENESIS_CLAIM, A);
      await postBatch();
      await postBatch();
      const claim = stateCommitmentChain.interface.encodeFunctionData("propose", [
        a,
        B2,
        SIBLINGS,
        ...(await latestBlock()),
      ]);
      await account.run(target, claim, { value: BOND });
      const b = claimOf(a, B2);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B2);
      const data = stateCommitmentChain.interface.encodeFunctionData("propose", [
        b,
        stateAfter(3, 0xc),
        SIBLINGS,
        ...(await latestBlock()),
      ]);
      await account.setScript({ target, value: 0, data, revertWith: "0x" });
      await expect(stateCommitmentChain.withdrawBond(b)).to.changeEtherBalance(ethers, account, BOND);
      expect(stateCommitmentChain.interface.parseError(await account.returned())?.name).to.equal("WrongBond");
      expect(await ethers.provider.getBalance(target)).to.equal(BOND);
    });

    it("a proposer that refuses its bond can still take it later", async () => {
      const { stateCommitmentChain, postBatch, account, latestBlock, ethers } = fixture;
      await postBatch();
      const call = stateCommitmentChain.interface.encodeFunctionData("propose", [
        GENESIS_CLAIM,
        A,
        SIBLINGS,
        ...(await latestBlock()),
      ]);
      await account.run(await stateCommitmentChain.getAddress(), call, { value: BOND });
      const a = claimOf(GENESIS_CLAIM, A);
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
      const { stateCommitmentChain, postBatch, ethers, rival, stranger } = fixture;
      await postBatch();
      await postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B, rival);
      const a = claimOf(GENESIS_CLAIM, A);
      await propose(a, C2, stranger);
      await appointing.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, B));

      await refusedForfeit(GENESIS_CLAIM, A, "ClaimNotLost");
      await confirm(GENESIS_CLAIM, B);
      await refusedForfeit(a, C2, "ClaimNotLost");
      await refusedForfeit(GENESIS_CLAIM, B, "ClaimNotPending");
      await refusedForfeit(GENESIS_CLAIM, D, "ClaimNotPending");
      await expect(forfeit(GENESIS_CLAIM, A)).to.changeEtherBalance(ethers, appointing, BOND);
      await expect(forfeit(a, C2))
        .to.emit(stateCommitmentChain, "BondForfeited")
        .withArgs(claimOf(a, C2), stranger.address, BOND);
      await refusedForfeit(GENESIS_CLAIM, A, "ClaimNotPending");
      await refusedForfeit(a, C2, "ClaimNotPending");
      await expect(stateCommitmentChain.withdrawBond(a)).to.be.revertedWithCustomError(
        stateCommitmentChain,
        "ClaimNotConfirmed",
      );
      // What is left is the winner's.
      expect(await ethers.provider.getBalance(stateCommitmentChain)).to.equal(BOND);
      expect((await stateCommitmentChain.claim(a)).status).to.equal(STATUS.forfeited);
    });
  });

  const forfeit = async (parentId: Hash, state: State) =>
    fixture.stateCommitmentChain.forfeitBond(claimBody(parentId, state));
  const refusedForfeit = async (parentId: Hash, state: State, error: string) =>
    expect(forfeit(parentId, state)).to.be.revertedWithCustomError(fixture.stateCommitmentChain, error);

  describe("a bond that moves on", () => {
    const a = claimOf(GENESIS_CLAIM, A);

    /** Claim `a` by the proposer, on two batches. */
    beforeEach(async () => {
      await useGame();
      await fixture.postBatch();
      await fixture.postBatch();
      await propose(GENESIS_CLAIM, A);
    });

    const holder = async (id: Hash) => (await fixture.stateCommitmentChain.claim(id)).proposer;
    const balance = async () => fixture.ethers.provider.getBalance(fixture.stateCommitmentChain);

    it("goes from its proposer's claim to its child of that, which takes no ETH then", async () => {
      const { stateCommitmentChain, proposer, ethers } = fixture;
      const b = claimOf(a, B2);
      await expect(propose(a, B2, proposer, BOND))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
        .withArgs(0, BOND);
      const proposed = propose(a, B2, proposer, 0n);
      await expect(proposed).to.emit(stateCommitmentChain, "BondMoved").withArgs(a, b, proposer.address);
      await expect(proposed)
        .to.emit(stateCommitmentChain, "ClaimProposed")
        .withArgs(b, a, proposer.address, stateHash(B2), traceRootOf(B2), 2, 3);
      expect([await holder(a), await holder(b)]).to.eql([ethers.ZeroAddress, proposer.address]);
      expect(await balance()).to.equal(BOND);
    });

    it("is one for a whole path that nobody disputes, and comes back from its end", async () => {
      const { stateCommitmentChain, postBatch, proposer, ethers } = fixture;
      await propose(a, B2, proposer, 0n);
      await postBatch();
      const b = claimOf(a, B2);
      const last = stateAfter(3, 0xc);
      await propose(b, last, proposer, 0n);
      expect(await balance()).to.equal(BOND);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await confirm(a, B2);
      await confirm(b, last);
      for (const id of [a, b]) {
        await expect(stateCommitmentChain.withdrawBond(id))
          .to.be.revertedWithCustomError(stateCommitmentChain, "NoBond")
          .withArgs(id);
      }
      await expect(stateCommitmentChain.withdrawBond(claimOf(b, last))).to.changeEtherBalance(ethers, proposer, BOND);
      expect(await balance()).to.equal(0n);
    });

    it("is not somebody else's to move, and stays where another's child follows", async () => {
      const { stateCommitmentChain, proposer, stranger, ethers } = fixture;
      await expect(propose(a, B2, stranger, 0n))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
        .withArgs(BOND, 0);
      await propose(a, B2, stranger);
      expect([await holder(a), await holder(claimOf(a, B2))]).to.eql([proposer.address, stranger.address]);
      await pass(PERIOD);
      await confirm(GENESIS_CLAIM, A);
      await expect(stateCommitmentChain.withdrawBond(a)).to.changeEtherBalance(ethers, proposer, BOND);
    });

    it("backs one child only: a second one of the same proposer takes a bond of its own", async () => {
      const { stateCommitmentChain, proposer } = fixture;
      await propose(a, B2, proposer, 0n);
      await expect(propose(a, C2, proposer, 0n))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
        .withArgs(BOND, 0);
      await propose(a, C2, proposer, BOND);
      expect([await holder(claimOf(a, B2)), await holder(claimOf(a, C2))]).to.eql([proposer.address, proposer.address]);
      expect(await balance()).to.equal(2n * BOND);
    });

    it("moves as well while the claim it is on has rivals, and from a confirmed one until it is paid back", async () => {
      const { stateCommitmentChain, postBatch, proposer, rival } = fixture;
      await propose(GENESIS_CLAIM, B, rival);
      await propose(a, B2, proposer, 0n);
      await game!.appoint(GENESIS_CLAIM, a);
      await confirm(GENESIS_CLAIM, A);
      await pass(PERIOD);
      await confirm(a, B2);
      const b = claimOf(a, B2);
      await postBatch();
      const next = stateAfter(3, 0xc);
      await propose(b, next, proposer, 0n);
      await pass(PERIOD);
      await confirm(b, next);
      const c = claimOf(b, next);
      await stateCommitmentChain.withdrawBond(c);
      await postBatch();
      await expect(propose(c, stateAfter(4, 0xd), proposer, 0n))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongBond")
        .withArgs(BOND, 0);
      await propose(c, stateAfter(4, 0xd), proposer, BOND);
    });

    it("does not move to a rival of a child that stands, nor to a child of a forfeited claim", async () => {
      const { stateCommitmentChain, proposer, rival, stranger } = fixture;
      await propose(a, B2, stranger);
      await pass(PERIOD);
      await expect(propose(a, C2, proposer, 0n))
        .to.be.revertedWithCustomError(stateCommitmentChain, "ChildStands")
        .withArgs(claimOf(a, B2));
      expect(await holder(a)).to.equal(proposer.address);
      await confirm(GENESIS_CLAIM, A);
      // In another rollup, where the claim loses.
      await useGame();
      await fixture.postBatch();
      await propose(GENESIS_CLAIM, A);
      await propose(GENESIS_CLAIM, B, rival);
      await fixture.postBatch();
      await game!.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, B));
      await confirm(GENESIS_CLAIM, B);
      await forfeit(GENESIS_CLAIM, A);
      await expect(propose(a, B2, fixture.proposer, 0n))
        .to.be.revertedWithCustomError(fixture.stateCommitmentChain, "ClaimNotExtendable")
        .withArgs(a);
    });

    it("is lost with its claim's ancestor: the claims it left are forfeited without it, down to where it is", async () => {
      const { stateCommitmentChain, postBatch, proposer, rival, ethers } = fixture;
      await propose(GENESIS_CLAIM, B, rival);
      await propose(a, B2, proposer, 0n);
      const b = claimOf(a, B2);
      await postBatch();
      const last = stateAfter(3, 0xc);
      await propose(b, last, proposer, 0n);
      await game!.appoint(GENESIS_CLAIM, claimOf(GENESIS_CLAIM, B));
      await confirm(GENESIS_CLAIM, B);

      await refusedForfeit(b, last, "ClaimNotLost");
      for (const [parentId, state] of [
        [GENESIS_CLAIM, A],
        [a, B2],
      ] as const) {
        const forfeited = forfeit(parentId, state);
        await expect(forfeited)
          .to.emit(stateCommitmentChain, "ClaimForfeited")
          .withArgs(claimOf(parentId, state), parentId, stateHash(state), traceRootOf(state));
        await expect(forfeited).to.not.emit(stateCommitmentChain, "BondForfeited");
        await refusedForfeit(parentId, state, "ClaimNotPending");
      }
      expect(await balance()).to.equal(2n * BOND);
      await expect(forfeit(b, last)).to.changeEtherBalances(ethers, [stateCommitmentChain, game!], [-BOND, BOND]);
      await refusedForfeit(b, last, "ClaimNotPending");
      // The winner's is there.
      await expect(stateCommitmentChain.withdrawBond(claimOf(GENESIS_CLAIM, B))).to.changeEtherBalance(
        ethers,
        rival,
        BOND,
      );
    });
  });

  describe("the L1 block a claim is bound to", () => {
    const proposeAt = async (number: number, hash: Hash) =>
      fixture.stateCommitmentChain
        .connect(fixture.proposer)
        .propose(GENESIS_CLAIM, A, SIBLINGS, number, hash, { value: BOND });

    it("must be one of the last 256, by its hash", async () => {
      const { stateCommitmentChain, postBatch, latestBlock, networkHelpers } = fixture;
      await postBatch();
      const [number, hash] = await latestBlock();
      await expect(proposeAt(number, stateHash(A)))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongL1Block")
        .withArgs(number, stateHash(A), hash);
      // The proposal is then in the 256th after the one it names.
      await networkHelpers.mine(255);
      const snapshot = await networkHelpers.takeSnapshot();
      await proposeAt(number, hash);
      await snapshot.restore();
      await networkHelpers.mine(1);
      await expect(proposeAt(number, hash))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongL1Block")
        .withArgs(number, hash, ZERO_HASH);
    });

    it("cannot be one that has no hash yet, under the hash zero", async () => {
      const { stateCommitmentChain, postBatch, latestBlock } = fixture;
      await postBatch();
      const [number] = await latestBlock();
      for (const ahead of [1, 2, 1000]) {
        await expect(proposeAt(number + ahead, ZERO_HASH)).to.be.revertedWithCustomError(
          stateCommitmentChain,
          "WrongL1Block",
        );
      }
    });

    it("has the very same transaction revert after a reorganisation over another batch", async () => {
      const {
        stateCommitmentChain,
        postBatch,
        inbox,
        operator,
        proposer,
        latestBlock,
        networkHelpers,
        provider,
        ethers,
      } = fixture;
      const snapshot = await networkHelpers.takeSnapshot();
      await postBatch();
      const [number, hash] = await latestBlock();
      const sent = await proposeAt(number, hash);
      const raw = ethers.Transaction.from(sent).serialized;
      expect((await sent.wait())?.status).to.equal(1);

      await snapshot.restore();
      await inbox.connect(operator)["postBatch(uint256,bytes)"](await inbox.messageCount(), "0x99");
      const [again, other] = await latestBlock();
      expect(again).to.equal(number);
      const before = await ethers.provider.getBalance(proposer);
      await provider.request({ method: "evm_setAutomine", params: [false] });
      await provider.request({ method: "eth_sendRawTransaction", params: [raw] });
      await networkHelpers.mine();
      const receipt = await ethers.provider.getTransactionReceipt(sent.hash);
      expect(receipt?.status).to.equal(0);
      // Only gas was lost.
      expect(before - (await ethers.provider.getBalance(proposer))).to.equal(receipt!.fee);
      expect((await stateCommitmentChain.claim(claimOf(GENESIS_CLAIM, A))).status).to.equal(STATUS.unknown);
      await provider.request({ method: "evm_setAutomine", params: [true] });
      await expect(proposeAt(number, hash))
        .to.be.revertedWithCustomError(stateCommitmentChain, "WrongL1Block")
        .withArgs(number, hash, other);
    });
  });
});
