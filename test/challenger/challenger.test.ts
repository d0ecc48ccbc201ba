import { expect } from "chai";
import { encodeFunctionData, getAbiItem, toEventSelector } from "viem";
import type { ChallengerOptions, OwnClaims } from "../../src/challenger/index.ts";
import { PLAY_GAS } from "../../src/challenger/packing.ts";
import { challengeGameAbi, stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import { createDisputeFixture } from "./dispute-fixture.ts";
import type { DisputeFixture, Player } from "./dispute-fixture.ts";
import { scriptJudge } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";

const CLAIM_PROPOSED = toEventSelector(getAbiItem({ abi: stateCommitmentChainAbi, name: "ClaimProposed" }));
const CLAIM_BISECTED = toEventSelector(getAbiItem({ abi: challengeGameAbi, name: "ClaimBisected" }));

const HONEST_KEY = KEYS[1]!;
const LIAR_KEY = KEYS[2]!;

describe("challenger against the contracts", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  const judgeBy = (claim: ScriptedClaim): OwnClaims =>
    scriptJudge(fixture.genesis.stateHash, new Map([[0, { batchCount: 1, claim }]]));

  /** Both play in turn until the honest side has nothing to do. The liar plays its own trace as if it were right. */
  async function playOut(honest: Player, liar: Player): Promise<string[]> {
    const done: string[] = [];
    for (;;) {
      const outcome = await honest.challenger.step();
      await honest.transactions.step();
      await fixture.l1.mine();
      if (outcome.kind === "played") done.push(...outcome.actions);
      const answer = await liar.challenger.step();
      await liar.transactions.step();
      await fixture.l1.mine();
      if (outcome.kind === "idle" && answer.kind !== "played") return done;
    }
  }

  for (const divergence of [
    { name: "first step", unit: 0, step: 0 },
    { name: "middle", unit: 1, step: 2 },
    { name: "last step", unit: 3, step: 3 },
    { name: "trace only", unit: 2, step: 1, rightEnd: true },
  ]) {
    it(`wins against a liar that plays on: ${divergence.name}`, async () => {
      fixture = await createDisputeFixture();
      const wrong = fixture.wrong(divergence);
      await fixture.propose(HONEST_KEY, fixture.right);
      await fixture.propose(LIAR_KEY, wrong, divergence.rightEnd === true ? "right" : divergence.name);
      const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) });
      const liar = await fixture.open(LIAR_KEY, { own: judgeBy(wrong) });

      const moves = await playOut(honest, liar);
      expect(moves.filter((move) => move === "prove")).to.have.length(1);
      const rightId = [...honest.challenger.state().claims.values()].find(
        ({ traceRoot }) => traceRoot === fixture.right.traceRoot,
      )!.claimId;
      expect(honest.challenger.alarms().map(({ kind }) => kind)).to.include("wrong-claim");

      await fixture.l1.increaseTime(fixture.parameters.challengePeriod);
      await fixture.l1.mine();
      const ending = await honest.run();
      expect(await fixture.winner()).to.equal(rightId);
      expect(ending).to.include.members(["decide", "confirm", "forfeit", "collect", "withdraw"]);
      expect(honest.challenger.alarms()).to.eql([]);
    });
  }

  const LIE = { name: "liar", unit: 1, step: 2 };
  const rightId = (player: Player) =>
    [...player.challenger.state().claims.values()].find(({ traceRoot }) => traceRoot === fixture.right.traceRoot)
      ?.claimId;
  const gameBalance = () => fixture.l1.client.getBalance({ address: fixture.contracts.challengeGame });

  /** Both claims on L1, and both sides ready. */
  async function begin(options: Partial<ChallengerOptions> = {}): Promise<{ honest: Player; liar: Player }> {
    fixture = await createDisputeFixture();
    const wrong = fixture.wrong(LIE);
    await fixture.propose(HONEST_KEY, fixture.right);
    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right), ...options });
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(wrong) });
    return { honest, liar };
  }

  async function pass(seconds: number): Promise<void> {
    await fixture.l1.increaseTime(seconds);
    await fixture.l1.mine();
  }

  it("goes on with an empty folder in the place of each step, and sends nothing twice", async () => {
    const { liar } = await begin();
    const done: string[] = [];
    for (let round = 0; round < 10; round++) {
      const again = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) }, createTestDisk());
      const outcome = await again.challenger.step();
      if (outcome.kind === "played") done.push(...outcome.actions);
      await again.transactions.step();
      await fixture.l1.mine();
      await liar.step();
    }
    expect(done).to.eql(["play", "play", "play", "play", "play", "prove"]);
    await pass(fixture.parameters.challengePeriod);
    const last = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) }, createTestDisk());
    await last.run();
    expect(await fixture.winner()).to.equal(rightId(last));
    const again = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) }, createTestDisk());
    expect(await again.run()).to.eql([]);
  });

  it("survives a reorganisation of L1 at every move", async () => {
    const { honest, liar } = await begin();
    const moves: string[] = [];
    for (let round = 0; round < 14; round++) {
      const snapshot = await fixture.l1.snapshot();
      await honest.step();
      await liar.step();
      await fixture.l1.revertTo(snapshot);
      // Other blocks, and the moves that were in the lost ones are sent again by whoever made them.
      await fixture.l1.mine(2);
      await honest.transactions.step();
      await liar.transactions.step();
      await fixture.l1.mine();
      await honest.step();
      await liar.step();
      moves.push(...honest.challenger.state().moves.map(({ kind }) => kind));
    }
    expect(moves).to.include("prove");
    await pass(fixture.parameters.challengePeriod);
    await honest.run();
    expect(await fixture.winner()).to.equal(rightId(honest));
  });

  it("sends nothing in a dry run, and says what it would", async () => {
    const { honest } = await begin({ mode: "dry-run" });
    const before = fixture.l1.calls.length;
    const outcome = await honest.challenger.step();
    expect(outcome.kind === "dry-run" && outcome.moves.map(({ kind }) => kind)).to.eql(["bisect-claim"]);
    expect(fixture.l1.calls.slice(before).map(({ method }) => method)).to.not.include("eth_sendRawTransaction");
  });

  it("raises the alarm without a key when it only watches", async () => {
    const { honest } = await begin({ mode: "watch-only", transactions: undefined, shortTime: 0.5 });
    expect(await honest.challenger.step()).to.eql({ kind: "watching" });
    expect(honest.challenger.alarms().map(({ kind }) => kind)).to.eql(["wrong-claim"]);
    expect(honest.challenger.problems()).to.have.length(1);
  });

  it("says when a wrong claim that stands alone has less than the chosen part of its time left", async () => {
    fixture = await createDisputeFixture();
    await fixture.propose(LIAR_KEY, fixture.wrong(LIE), LIE.name);
    const watcher = await fixture.open(HONEST_KEY, {
      own: judgeBy(fixture.right),
      mode: "watch-only",
      shortTime: 0.25,
    });
    await pass(700);
    await watcher.challenger.step();
    expect(watcher.challenger.alarms().map(({ kind }) => kind)).to.eql(["wrong-claim"]);
    await pass(100);
    await watcher.challenger.step();
    expect(watcher.challenger.alarms().map(({ kind }) => kind)).to.eql(["wrong-claim", "short-of-time"]);
  });

  it("has the right claim proposed where it is missing, and says so where nobody does it", async () => {
    fixture = await createDisputeFixture();
    await fixture.propose(LIAR_KEY, fixture.wrong(LIE), LIE.name);
    const alone = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) });
    expect(await alone.step()).to.equal("withheld");
    expect(alone.challenger.problems().join()).to.match(/right claim after .* is missing/);
    const proposing = await fixture.open(HONEST_KEY, {
      own: judgeBy(fixture.right),
      proposeMissing: async (parent, child) => {
        expect(parent.claimId).to.equal(fixture.genesis.claimId);
        expect(child.traceRoot).to.equal(fixture.right.traceRoot);
        await fixture.propose(HONEST_KEY, fixture.right);
        return { kind: "sent" };
      },
    });
    expect(await proposing.step()).to.equal("played");
    expect(await proposing.step()).to.equal("played");
    expect(proposing.challenger.state().moves.at(-1)).to.have.property("kind", "propose");
  });

  it("keeps to its spending limits, counting bonds and fees it reads from L1, and says what keeps it", async () => {
    const limited = { spendingLimits: { perDispute: 10n ** 18n + 10n ** 16n } };
    const { honest, liar } = await begin(limited);
    // The claim bond and two bisections fit, the bond of a unit does not.
    for (let round = 0; round < 4; round++) {
      await honest.step();
      await liar.step();
    }
    const outcome = await honest.challenger.step();
    expect(outcome.kind === "withheld" && outcome.withheld.map(({ kind }) => kind)).to.eql(["spending-limit"]);
    expect(honest.challenger.problems().join()).to.match(/spending limit \(per-dispute\)/);
    expect(
      honest.challenger.state().moves.filter(({ kind, player }) => kind === "open" && player === honest.account),
    ).to.eql([]);

    const richer = await fixture.open(HONEST_KEY, {
      own: judgeBy(fixture.right),
      spendingLimits: { total: 2n * 10n ** 18n },
    });
    expect(await richer.step()).to.equal("played");
  });

  it("says what its balance lacks, and makes no move it cannot pay for", async () => {
    const { honest } = await begin();
    await fixture.l1.rpc("hardhat_setBalance", honest.account, "0x1000");
    const outcome = await honest.challenger.step();
    expect(outcome.kind === "withheld" && outcome.withheld[0]).to.include({
      kind: "insufficient-balance",
      balance: 0x1000n,
    });
    expect(honest.challenger.problems()[1]).to.match(/has 4096 wei/);
  });

  it("does not pay for a proof that L1's prover takes otherwise, and says so", async () => {
    const { honest, liar } = await begin();
    const other = fixture.wrong(LIE).steps(LIE.unit)[LIE.step]!;
    await fixture.script(fixture.right.steps(LIE.unit)[LIE.step - 1]!, other);
    for (let round = 0; round < 8; round++) {
      await honest.step();
      await liar.step();
    }
    const outcome = await honest.challenger.step();
    expect(outcome.kind === "withheld" && outcome.withheld[0]).to.include({ kind: "prover-disagrees", actual: other });
  });

  it("raises the alarm when two states are proven to follow from one", async () => {
    const { honest, liar } = await begin();
    for (let round = 0; round < 8; round++) {
      await honest.step();
      await liar.step();
    }
    await fixture.script(fixture.right.steps(LIE.unit)[LIE.step - 1]!, fixture.wrong(LIE).steps(LIE.unit)[LIE.step]!);
    await liar.step();
    await honest.step();
    expect(honest.challenger.alarms().map(({ kind }) => kind)).to.include("proofs-conflict");
    expect(honest.challenger.problems().join()).to.match(/prover is not sound/);
  });

  it("wins while a stranger makes some of its moves, and leaves the game nothing to pay to it", async () => {
    const { honest, liar } = await begin();
    const stranger = await fixture.open(KEYS[0]!, { own: judgeBy(fixture.right) });
    for (let round = 0; round < 12; round++) {
      await (round % 2 === 0 ? stranger : honest).step();
      await liar.step();
    }
    await pass(fixture.parameters.challengePeriod);
    await honest.run();
    await stranger.run();
    await honest.run();
    expect(await fixture.winner()).to.equal(rightId(honest));
    const { credits } = honest.challenger.state();
    expect([...credits.values()].every((credit) => credit === 0n)).to.equal(true);
    // Half of what liars lost is burned, and what was not earned stays too.
    expect(await gameBalance()).to.satisfy((left: bigint) => left > fixture.parameters.claimBond / 2n);
  });

  it("reckons moves with more gas than the dearest of them takes", async () => {
    const { honest, liar } = await begin();
    for (let round = 0; round < 8; round++) {
      await honest.step();
      await liar.step();
    }
    const byTransaction = new Map<Hash, number>();
    for (const { kind, origin } of honest.challenger.state().moves) {
      if (kind === "propose" || kind === "prove") continue;
      const before = byTransaction.get(origin.transactionHash) ?? PLAY_GAS.call;
      byTransaction.set(origin.transactionHash, before + PLAY_GAS[kind]);
    }
    expect(byTransaction.size).to.be.greaterThan(8);
    for (const [hash, reckoned] of byTransaction) {
      const { gasUsed } = await fixture.l1.client.getTransactionReceipt({ hash });
      expect(Number(gasUsed)).to.be.lessThan(reckoned);
    }
  });

  it("pays the bond of a unit of what the game owes it first", async () => {
    const { honest, liar } = await begin();
    const credit = 3n * 10n ** 16n;
    const nothing = encodeFunctionData({ abi: challengeGameAbi, functionName: "play", args: [[]] });
    await fixture.send(HONEST_KEY, fixture.contracts.challengeGame, nothing, credit);
    for (let round = 0; round < 8; round++) {
      await honest.step();
      await liar.step();
    }
    const opened = honest.challenger
      .state()
      .moves.find(({ kind, player }) => kind === "open" && player === honest.account)!;
    const { value } = await fixture.l1.client.getTransaction({ hash: opened.origin.transactionHash });
    expect(value).to.equal(fixture.parameters.unitBond - credit);
  });

  it("takes the bond of its claim back once that is confirmed, where nobody proposes on with its key", async () => {
    fixture = await createDisputeFixture();
    const wrong = fixture.wrong(LIE);
    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(wrong) });
    await fixture.propose(HONEST_KEY, fixture.right);
    for (const withdrawsBonds of [false, true]) {
      const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right), withdrawsBonds });
      const before = await fixture.l1.client.getBalance({ address: honest.account });
      const moves = await playOut(honest, liar);
      await pass(fixture.parameters.challengePeriod);
      moves.push(...(await honest.run()));
      expect(moves.includes("withdraw-bond")).to.equal(withdrawsBonds);
      const right = honest.challenger.state().claims.get(rightId(honest)!);
      expect(right).to.include({ status: "confirmed", holdsBond: !withdrawsBonds });
      const gained = (await fixture.l1.client.getBalance({ address: honest.account })) - before;
      expect(gained > (fixture.parameters.claimBond * 9n) / 10n).to.equal(withdrawsBonds);
      expect(await honest.run()).to.eql([]);
    }
  });

  for (const [what, topic, error] of [
    ["claims", CLAIM_PROPOSED, /impossible event claim-bisected/],
    ["bisections of claims", CLAIM_BISECTED, /impossible event bisected/],
  ] as const) {
    it(`does not believe an endpoint that hides ${what}, and reads all again`, async () => {
      const { honest, liar } = await begin();
      for (let round = 0; round < 3; round++) {
        await honest.step();
        await liar.step();
      }
      const reader = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right), mode: "watch-only" });
      fixture.l1.intercept(async (method, _parameters, next) => {
        const answer = await next();
        if (method !== "eth_getLogs" || !Array.isArray(answer)) return answer;
        return answer.filter(({ topics }: { topics: string[] }) => topics[0] !== topic);
      });
      let failure: unknown;
      await reader.challenger.step().catch((caught: unknown) => {
        failure = caught;
      });
      expect(String(failure)).to.match(error);
      fixture.l1.intercept(undefined);
      await reader.challenger.step();
      expect(reader.challenger.alarms().map(({ kind }) => kind)).to.eql(["wrong-claim"]);
    });
  }

  it("sees from the contract that an endpoint hides a rival, before anybody has moved", async () => {
    const { honest } = await begin();
    fixture.l1.intercept(async (method, _parameters, next) => {
      const answer = await next();
      if (method !== "eth_getLogs" || !Array.isArray(answer)) return answer;
      return answer.filter(({ topics }: { topics: string[] }) => topics[0] !== CLAIM_PROPOSED);
    });
    let failure: unknown;
    await honest.challenger.step().catch((caught: unknown) => {
      failure = caught;
    });
    expect(String(failure)).to.match(/the contract has at least 2 claims/);
    fixture.l1.intercept(undefined);
    expect(await honest.step()).to.equal("played");
  });

  it("finds that L1 took back what it had read", async () => {
    const { honest, liar } = await begin();
    const snapshot = await fixture.l1.snapshot();
    await honest.step();
    await liar.step();
    await honest.step();
    const before = honest.challenger.state().moves.length;
    await fixture.l1.revertTo(snapshot);
    await fixture.l1.mine(6);
    const watcher = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right), mode: "watch-only" });
    await watcher.challenger.step();
    await honest.challenger.step();
    expect(watcher.challenger.state().moves.length).to.be.lessThan(before);
    expect(honest.challenger.state()).to.eql(watcher.challenger.state());
  });
});
