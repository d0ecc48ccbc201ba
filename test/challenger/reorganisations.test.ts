import { expect } from "chai";
import { decodeFunctionData } from "viem";
import { stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { OwnClaims, ProposeMissing } from "../../src/challenger/index.ts";
import { hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hex } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { L1Fixture } from "../l1-transactions/l1-fixture.ts";
import { createDisputeFixture, stateAt } from "./dispute-fixture.ts";
import type { DisputeFixture, Player } from "./dispute-fixture.ts";
import { scriptClaim } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";
import { HONEST_KEY, LIAR_KEY, LIE, MOVES_ON_A_PATH, judgeBy, openTwoSides, transactionsOf } from "./two-sides.ts";

/** Far more than a dispute takes. */
const MOST_ROUNDS = 60;

/** Raw transactions that were sent while `during` ran, in order. */
async function sentWhile(l1: L1Fixture, during: () => Promise<unknown>): Promise<Hex[]> {
  const first = l1.calls.length;
  await during();
  return l1.calls
    .slice(first)
    .flatMap(({ method, params }) => (method === "eth_sendRawTransaction" ? [params[0] as Hex] : []));
}

/** Puts transactions into one block. One that L1 refuses, as an earlier one of its account is missing, is left out. */
async function mineTogether(l1: L1Fixture, transactions: readonly Hex[]): Promise<void> {
  await l1.setAutomine(false);
  for (const raw of transactions) await l1.rpc("eth_sendRawTransaction", raw).catch(() => undefined);
  await l1.mine();
  await l1.setAutomine(true);
}

/** Blocks that are mined again have other hashes. */
async function anotherTime(l1: L1Fixture): Promise<void> {
  await l1.increaseTime(3);
}

describe("a challenger whose L1 is reorganised", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  /** All of a challenger's state comes from the events there are. It reads them, and finds nobody to send to. */
  async function expectStateOfEvents(honest: Player, own: OwnClaims): Promise<void> {
    fixture.l1.intercept(async (method, _parameters, next) => {
      if (method === "eth_estimateGas") throw new Error("this endpoint only reads");
      return next();
    });
    await honest.challenger.step().catch(() => undefined);
    fixture.l1.intercept(undefined);
    const anew = await fixture.open(HONEST_KEY, { own, mode: "watch-only", transactions: undefined });
    await anew.challenger.step();
    expect(honest.challenger.state()).to.eql(anew.challenger.state());
  }

  /** What L1 took back, and is not on disk any more, leaves nonces that nobody uses: they are filled after a minute. */
  async function sendAgain(...players: readonly Player[]): Promise<void> {
    for (let time = 0; time < 2; time++) {
      for (const { transactions } of players) await transactions.step();
      await fixture.l1.mine();
      fixture.passWallClock(61);
    }
    for (const { transactions } of players) await transactions.step();
    await fixture.l1.mine();
  }

  for (const { what, isOwnBack, isOthersBack, isOwnFirst, depth } of [
    { what: "vanishes, and the liar's too", isOwnBack: false, isOthersBack: false, isOwnFirst: true, depth: 1 },
    { what: "vanishes, and the liar's is back", isOwnBack: false, isOthersBack: true, isOwnFirst: true, depth: 1 },
    { what: "is back without the liar's", isOwnBack: true, isOthersBack: false, isOwnFirst: true, depth: 1 },
    { what: "is back in one block with the liar's", isOwnBack: true, isOthersBack: true, isOwnFirst: true, depth: 2 },
    { what: "is back behind the liar's", isOwnBack: true, isOthersBack: true, isOwnFirst: false, depth: 3 },
  ]) {
    it(`wins where each move ${what}`, async () => {
      const opened = await openTwoSides();
      ({ fixture } = opened);
      const { l1 } = fixture;
      const own = judgeBy(fixture, fixture.right);
      const honest = await fixture.open(HONEST_KEY, { own });
      const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, opened.wrong) });
      let [takenBack, isOver] = [0, false];
      for (let round = 0; !isOver; round++) {
        expect(round, "rounds").to.be.lessThan(MOST_ROUNDS);
        const snapshot = await l1.snapshot();
        const [ours, theirs]: Hex[][] = [[], []];
        for (let turn = 0; turn < depth; turn++) {
          ours!.push(...(await sentWhile(l1, () => honest.step())));
          theirs!.push(...(await sentWhile(l1, () => liar.step())));
        }
        // The challenger has seen what L1 takes back.
        await expectStateOfEvents(honest, own);
        await l1.revertTo(snapshot);
        await anotherTime(l1);
        takenBack += ours!.length;
        await l1.mine(2);
        const back = [isOwnBack ? ours! : [], isOthersBack ? theirs! : []];
        if (isOwnFirst) await mineTogether(l1, back.flat());
        else for (const raw of back.toReversed().flat()) await mineTogether(l1, [raw]);
        await expectStateOfEvents(honest, own);
        await sendAgain(honest, liar);
        if (!isOwnBack) await honest.step();
        if (!isOthersBack) await liar.step();
        await expectStateOfEvents(honest, own);
        if (ours!.length > 0 || theirs!.length > 0) continue;
        isOver = (await fixture.winner()) === fixture.claimIdOf(fixture.right);
        await l1.increaseTime(fixture.parameters.challengePeriod);
        await l1.mine();
      }
      expect(takenBack).to.be.at.least(MOVES_ON_A_PATH.length + 3);
      await expectWon(honest, fixture.right);
    });
  }

  /** The right claim is confirmed, each move of its path is recorded once, and nothing is left to be paid. */
  async function expectWon({ challenger, account }: Player, right: ScriptedClaim): Promise<void> {
    const { claims, moves, credits } = challenger.state();
    expect(claims.get(fixture.claimIdOf(right))?.status).to.equal("confirmed");
    const own = moves.filter(({ player, kind }) => player === account && kind !== "propose");
    expect(own.map(({ kind }) => kind)).to.eql(MOVES_ON_A_PATH);
    expect(credits.get(account) ?? 0n).to.equal(0n);
  }

  /** Proposes a claim by the transactions of its account, bound to the parent of L1's head. */
  const proposeBy =
    (player: () => Player, claim: () => ScriptedClaim, name: () => string): ProposeMissing =>
    async () => {
      const { transactions } = player();
      const isProposal = ({ purpose }: { readonly purpose: string }): boolean => purpose.startsWith("proposal/");
      if (transactions.statuses().some((status) => isProposal(status) && status.kind === "pending")) {
        return { kind: "not-sent", reason: "it is on its way" };
      }
      const { to, data, value } = await fixture.proposalCall({ claim: claim(), name: name() });
      await transactions.submit({
        purpose: `proposal/${keccak256(hexToBytes(data))}`,
        to,
        data: hexToBytes(data),
        value,
      });
      return { kind: "sent" };
    };

  for (const { what, blocksLost, isReplayed } of [
    { what: "and the block that it is bound to stays: the claim itself is back", blocksLost: 0, isReplayed: true },
    { what: "with the block that it is bound to: it reverts, and is proposed anew", blocksLost: 3, isReplayed: false },
  ]) {
    it(`proposes and wins when its claim is taken back ${what}`, async () => {
      fixture = await createDisputeFixture();
      const { l1 } = fixture;
      const own = judgeBy(fixture, fixture.right);
      const wrong = fixture.wrong(LIE);
      await fixture.propose(LIAR_KEY, wrong, LIE.name);
      const honest: Player = await fixture.open(HONEST_KEY, {
        own,
        proposeMissing: proposeBy(
          () => honest,
          () => fixture.right,
          () => "right",
        ),
      });
      const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, wrong) });
      const first = Number(await l1.client.getBlockNumber());
      if (blocksLost === 0) await l1.mine(2);
      const snapshot = await l1.snapshot();
      await l1.mine(blocksLost);
      expect(await honest.step()).to.equal("played");
      await liar.step();
      await honest.challenger.step();
      await l1.revertTo(snapshot);
      await anotherTime(l1);
      await l1.mine(blocksLost + 1);
      await sendAgain(honest, liar);
      await playToTheEnd(honest, liar);
      await expectWon(honest, fixture.right);
      const receipts = await Promise.all(
        (await transactionsOf(fixture, honest.account, first + 1)).map((hash) =>
          l1.client.getTransactionReceipt({ hash }),
        ),
      );
      expect(receipts.some(({ status }) => status === "reverted")).to.equal(!isReplayed);
      // One bond is put up and back, and what was won is more than the gas.
      const { claims } = honest.challenger.state();
      expect([...claims.values()].filter(({ proposer }) => proposer === honest.account)).to.have.length(1);
    });
  }

  it("loses no bond when a reorganisation puts another batch under its claim: that reverts, and it plays for the new right one", async () => {
    fixture = await createDisputeFixture({}, 0);
    const { l1, parameters, genesis } = fixture;
    const name = "right after another batch";
    const other = scriptClaim(parameters, genesis.stateHash, stateHash(stateAt(1, name)));
    let [right, nameOfRight] = [fixture.right, "right"];
    const own: OwnClaims = {
      stateHashAt: (count) => (count === 0 ? genesis.stateHash : right.stateHash),
      childOf: () => Promise.resolve(right),
    };
    const honest: Player = await fixture.open(HONEST_KEY, {
      own,
      proposeMissing: proposeBy(
        () => honest,
        () => right,
        () => nameOfRight,
      ),
    });
    const wrong = fixture.wrong(LIE);
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, wrong) });
    const snapshot = await l1.snapshot();
    await fixture.postBatch("0x01");
    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    expect(await honest.step()).to.equal("played");
    await liar.step();
    expect(await honest.step()).to.equal("played");
    const before = await l1.client.getBalance({ address: honest.account });

    await l1.revertTo(snapshot);
    await fixture.postBatch("0x02");
    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    [right, nameOfRight] = [other, name];
    await fixture.scriptSteps(other);
    // The old claim is sent again by the one who manages transactions, and refused.
    await sendAgain(honest, liar);
    await playToTheEnd(honest, liar);
    await expectWon(honest, other);
    expect(honest.challenger.state().claims.has(fixture.claimIdOf(fixture.right))).to.equal(false);
    const proposals = (await transactionsOf(fixture, honest.account)).map(async (hash) => {
      const { to, input } = await l1.client.getTransaction({ hash });
      if (to !== fixture.contracts.stateCommitmentChain) return [];
      if (decodeFunctionData({ abi: stateCommitmentChainAbi, data: input }).functionName !== "propose") return [];
      return [(await l1.client.getTransactionReceipt({ hash })).status];
    });
    expect((await Promise.all(proposals)).flat()).to.eql(["reverted", "success"]);
    const after = await l1.client.getBalance({ address: honest.account });
    expect(after > before).to.equal(true);
  });

  /** Both play until the right claim is decided, and all is paid. */
  async function playToTheEnd(honest: Player, liar: Player): Promise<void> {
    for (let round = 0; ; round++) {
      expect(round, "rounds").to.be.lessThan(MOST_ROUNDS);
      const outcome = await honest.step();
      const answer = await liar.step();
      if (outcome !== "idle" || answer === "played") continue;
      if ((await fixture.winner()) !== `0x${"00".repeat(32)}`) return;
      await fixture.l1.increaseTime(fixture.parameters.challengePeriod);
      await fixture.l1.mine();
    }
  }
});
