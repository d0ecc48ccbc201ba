import { expect } from "chai";
import { MAX_CHAIN_ID } from "../../../src/ethereum/index.ts";
import { ZERO_ADDRESS } from "../../../src/primitives/index.ts";
import { blobSender } from "./blob-transaction.ts";
import { DAY, GENESIS_STATE_HASH, HOUR, deployRollupFixture } from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

describe("Rollup", () => {
  let fixture: RollupFixture;
  before(async () => {
    fixture = await deployRollupFixture();
  });

  it("takes no ETH: it is no Inbox", async () => {
    const { rollup, user } = fixture;
    await expect(user.sendTransaction({ to: await rollup.getAddress(), value: 1n })).to.be.revertedWithoutReason(
      fixture.ethers,
    );
  });

  it("names its contracts, which name each other, and its parameters", async () => {
    const { rollup, inbox, stateCommitmentChain, challengeGame, portal, parameters } = fixture;
    expect(await inbox.PORTAL()).to.equal(await portal.getAddress());
    expect(await portal.INBOX()).to.equal(await inbox.getAddress());
    expect(await portal.STATE_COMMITMENT_CHAIN()).to.equal(await stateCommitmentChain.getAddress());
    expect(await stateCommitmentChain.INBOX()).to.equal(await inbox.getAddress());
    expect(await challengeGame.STATE_COMMITMENT_CHAIN()).to.equal(await stateCommitmentChain.getAddress());
    expect(await challengeGame.INBOX()).to.equal(await inbox.getAddress());
    expect(await stateCommitmentChain.CHALLENGE_GAME()).to.equal(await challengeGame.getAddress());
    expect(await rollup.CHALLENGE_GAME()).to.equal(await challengeGame.getAddress());
    const { dispute, ...others } = parameters;
    const [disputeOnL1, ...othersOnL1] = [...(await rollup.parameters())].reverse();
    expect(othersOnL1.reverse()).to.eql(Object.values(others));
    expect([...(disputeOnL1 as Iterable<unknown>)]).to.eql(Object.values(dispute));
  });

  for (const [what, overrides, error] of [
    ["an operator of zero", { operator: ZERO_ADDRESS }, "ZeroOperator"],
    ["a genesis state hash of zero", { genesisStateHash: `0x${"00".repeat(32)}` }, "ZeroGenesisStateHash"],
    ["a chain id of zero", { l2ChainId: 0n }, "ParameterOutOfRange"],
    ["a chain id with which v is no exact number", { l2ChainId: BigInt(MAX_CHAIN_ID) + 1n }, "ParameterOutOfRange"],
    ["no force-inclusion delay", { forceInclusionDelay: 0n }, "ParameterOutOfRange"],
    ["a force-inclusion delay over a year", { forceInclusionDelay: BigInt(365 * DAY + 1) }, "ParameterOutOfRange"],
    ["no self-sequencing delay", { selfSequencingDelay: 0n }, "ParameterOutOfRange"],
    ["a self-sequencing delay that never ends", { selfSequencingDelay: 2n ** 256n - 1n }, "ParameterOutOfRange"],
    ["a bucket that cannot pay for a message", { depositGasCapacity: 2n ** 24n - 1n }, "ParameterOutOfRange"],
    ["a bucket larger than any", { depositGasCapacity: 2n ** 64n }, "ParameterOutOfRange"],
    ["a bucket that fills faster than any", { depositGasPerSecond: 2n ** 64n }, "ParameterOutOfRange"],
    ["a prover that is no contract", { prover: blobSender.address }, "ProverWithoutCode"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { rollup, ethers, parameters } = fixture;
      const deployment = ethers.deployContract("Rollup", [{ ...parameters, ...overrides }]);
      await expect(deployment).to.be.revertedWithCustomError(rollup, error);
    });
  }

  for (const [what, dispute, error] of [
    ["no challenge period", { challengePeriod: 0n }, "ParameterOutOfRange"],
    ["a challenge period over a year", { challengePeriod: BigInt(365 * DAY + 1) }, "ParameterOutOfRange"],
    ["answers that take no time", { minimumResponseTime: 0n }, "ParameterOutOfRange"],
    ["answers that take more than a year", { minimumResponseTime: BigInt(365 * DAY + 1) }, "ParameterOutOfRange"],
    ["claims without a bond", { claimBond: 0n }, "ParameterOutOfRange"],
    ["a bond of a claim that nobody has", { claimBond: 2n ** 96n }, "ParameterOutOfRange"],
    ["units without a bond", { unitBond: 0n }, "ParameterOutOfRange"],
    ["a bond of a unit that nobody has", { unitBond: 2n ** 96n }, "ParameterOutOfRange"],
    [
      "a challenge period without room for 63 answers",
      { challengePeriod: BigInt(63 * HOUR - 1) },
      "ChallengePeriodTooShort",
    ],
    ["claims of one unit", { claimTraceHeight: 0n }, "HeightOutOfRange"],
    ["claims of more units than can be counted", { claimTraceHeight: 49n }, "HeightOutOfRange"],
    ["units of one step", { unitTraceHeight: 0n }, "HeightOutOfRange"],
    ["units of more steps than can be counted", { unitTraceHeight: 49n }, "HeightOutOfRange"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { rollup, challengeGame, ethers, parameters } = fixture;
      const deployment = ethers.deployContract("Rollup", [
        { ...parameters, dispute: { ...parameters.dispute, ...dispute } },
      ]);
      const refusing = error === "ParameterOutOfRange" ? rollup : challengeGame;
      await expect(deployment).to.be.revertedWithCustomError(refusing, error);
    });
  }

  it("takes a challenge period with room for just 63 answers", async () => {
    const { ethers, parameters } = fixture;
    const dispute = { ...parameters.dispute, challengePeriod: BigInt(63 * HOUR) };
    const rollup = await ethers.deployContract("Rollup", [{ ...parameters, dispute }]);
    expect((await rollup.parameters()).dispute.challengePeriod).to.equal(dispute.challengePeriod);
  });

  it("refuses contexts rarer than two in a force-inclusion delay, whatever the delay, and says both", async () => {
    const { rollup, ethers, parameters } = fixture;
    for (const [contextInterval, forceInclusionDelay] of [
      [BigInt(6 * HOUR + 1), BigInt(12 * HOUR)],
      [2n ** 256n - 1n, BigInt(12 * HOUR)],
      [3n, 5n],
      [1n, 1n],
    ] as const) {
      const deployment = ethers.deployContract("Rollup", [{ ...parameters, contextInterval, forceInclusionDelay }]);
      await expect(deployment)
        .to.be.revertedWithCustomError(rollup, "ContextIntervalTooLong")
        .withArgs(contextInterval, forceInclusionDelay);
    }
    for (const [contextInterval, forceInclusionDelay] of [
      [BigInt(6 * HOUR), BigInt(12 * HOUR)],
      [2n, 5n],
      [0n, 1n],
    ] as const) {
      const deployed = await ethers.deployContract("Rollup", [{ ...parameters, contextInterval, forceInclusionDelay }]);
      expect((await deployed.parameters()).contextInterval).to.equal(contextInterval);
    }
  });

  it("takes the lowest and the highest chain id, which its Inbox names to the prover", async () => {
    const { ethers, parameters } = fixture;
    for (const l2ChainId of [1n, BigInt(MAX_CHAIN_ID)]) {
      const rollup = await ethers.deployContract("Rollup", [{ ...parameters, l2ChainId }]);
      const inbox = await ethers.getContractAt("Inbox", await rollup.INBOX());
      expect(await inbox.L2_CHAIN_ID()).to.equal(l2ChainId);
    }
  });

  it("its genesis state is that of the genesis block and nothing else", async () => {
    expect((await fixture.rollup.parameters()).genesisStateHash).to.equal(GENESIS_STATE_HASH);
  });
});
