import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import { haltHash, loadHash } from "../../src/traces/index.ts";
import {
  EMPTY_WITNESS,
  GENESIS,
  GENESIS_BODY,
  GENESIS_STATE,
  bodyOf,
  claimPosition,
  deployDispute,
  unitPosition,
} from "./dispute-fixture.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { moveInClaim, moveInUnit } from "./moves.ts";
import type { Move } from "./moves.ts";
import { claimIdOf, hashWords } from "./positions.ts";
import { readOracle } from "./read-oracle.ts";
import { stateOf, treeOver, withLastEntry } from "./views.ts";
import type { View } from "./views.ts";

const HEIGHTS = { claim: 32, unit: 25 };
const LAST_UNIT = 2 ** HEIGHTS.claim - 1;
const LAST_STEP = 2 ** HEIGHTS.unit - 1;
const WEEK = 7 * 86_400;

/** Gas; what winning takes, without what it costs to be paid for it. */
const MOST_FOR_A_BISECTION = 80_000n;
const MOST_TO_WIN = 5_500_000n;
/** An account is numbered with its first move, once for ever. */
const OF_FIRST_MOVE = 48_000n;

describe("a dispute with the heights of production", function () {
  this.timeout(300_000);
  let dispute: DisputeFixture;
  let honest: View;
  let liar: View;

  before(async () => {
    dispute = await deployDispute({
      claimTraceHeight: HEIGHTS.claim,
      unitTraceHeight: HEIGHTS.unit,
      challengePeriod: WEEK,
      minimumResponseTime: 3600,
    });
    const state = stateOf(1, 1);
    const wrong = stateOf(1, 2);
    const end: Hash = haltHash(state);
    const before = loadHash(GENESIS_STATE);
    const claim = treeOver(before, [hashWords(1), hashWords(2), hashWords(3), end]);
    const steps = treeOver(end, [end]);
    honest = { state, stateHash: stateHash(state), claim, unit: () => steps };
    const wrongSteps = withLastEntry(steps, HEIGHTS.unit, haltHash(wrong));
    liar = {
      state: wrong,
      stateHash: stateHash(wrong),
      claim: withLastEntry(claim, HEIGHTS.claim, haltHash(wrong)),
      unit: () => wrongSteps,
    };
    await dispute.prover.script([{ isStart: false, before: end, machine: "0x", afterwards: end }]);
  });

  it("a maximal claim disputed at the last step of its last unit is won for at most 5.5 million gas, a bisection for at most 80,000", async () => {
    const { game, chain, networkHelpers, parameters } = dispute;
    const [us, them] = dispute.signers as [DisputeFixture["signers"][number], DisputeFixture["signers"][number]];
    const gas = new Map<string, bigint[]>();
    const spend = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      const { gasUsed } = (await (await sent).wait())!;
      gas.set(name, [...(gas.get(name) ?? []), gasUsed]);
    };
    const submit = async (by: typeof us, move: Move): Promise<ContractTransactionResponse> => {
      const as = game.connect(by);
      switch (move.name) {
        case "bisectClaim":
          return as.bisectClaim(move);
        case "bisect":
          return as.bisect(move);
        case "open": {
          const [l1BlockNumber, l1BlockHash] = await dispute.latestBlock();
          return as.open({ ...move, l1BlockNumber, l1BlockHash }, { value: parameters.unitBond });
        }
        case "prove":
          return as.prove(move, EMPTY_WITNESS);
      }
    };
    const wayDown = (of: View): Move[] => {
      const moves: Move[] = [];
      for (let height = HEIGHTS.claim; height >= 0; height--)
        moves.push(moveInClaim(of, HEIGHTS, GENESIS_BODY, LAST_UNIT - (LAST_UNIT % 2 ** height), height));
      for (let height = HEIGHTS.unit; height >= 0; height--)
        moves.push(moveInUnit(of, HEIGHTS, GENESIS_BODY, LAST_UNIT, LAST_STEP - (LAST_STEP % 2 ** height), height));
      return moves;
    };

    await dispute.propose(us, honest);
    await dispute.propose(them, liar);
    const [ours, theirs] = [wayDown(honest), wayDown(liar)];
    for (const [index, move] of ours.entries()) {
      // The liar is first everywhere: the dearer place is the honest party's.
      if (move.name !== "prove") await submit(them, theirs[index]!);
      await spend(move.name, submit(us, move));
    }
    await networkHelpers.time.increase(WEEK);
    const oracle = await readOracle(dispute, () => honest.claim.before);
    const body = bodyOf(honest, HEIGHTS);
    const { tree } = oracle.totalOfClaim(claimIdOf(body), await dispute.now());
    const named = [GENESIS_BODY, body.stateHash, body.traceRoot] as const;
    await spend("decide", game.decide(...named, tree as never));
    expect(await game.winner(GENESIS)).to.equal(claimIdOf(body));
    await spend("confirm", chain.confirm(body));
    await spend("forfeitBond", chain.forfeitBond(bodyOf(liar, HEIGHTS)));
    const rewards = oracle.rewardsBelow(oracle.claimTrace(GENESIS), body.traceRoot).tree;
    await spend("collect", game.collect(...named, rewards));
    const unit = claimPosition(honest, LAST_UNIT, 0);
    const trace = unitPosition(honest, LAST_UNIT, 0, HEIGHTS.unit);
    const [unitRoot, before, root] = [
      honest.claim.stateHash(LAST_UNIT),
      honest.unit(0).before,
      honest.unit(0).root(0, HEIGHTS.unit),
    ];
    const total = oracle.totalOfSpan({ position: trace, root, unitRoot }, await dispute.now());
    await spend("decideUnit", game.decideUnit(unit, unitRoot, before, root, total.tree as never));
    await spend("collectUnit", game.collectUnit(unit, unitRoot, before, root, oracle.rewardsBelow(trace, root).tree));

    if (process.env["ONESTEP_TEST_GAS"] !== undefined) {
      for (const [name, used] of gas)
        console.log(`${name}: ${used.length} × ${used.reduce((sum, one) => sum + one, 0n) / BigInt(used.length)}`);
    }
    for (const used of gas.get("bisect")!) expect(used <= MOST_FOR_A_BISECTION, `took ${used}`).to.equal(true);
    const [first] = gas.get("bisectClaim")!;
    expect(first! <= MOST_FOR_A_BISECTION + OF_FIRST_MOVE, `took ${first}`).to.equal(true);
    const toWin = ["bisectClaim", "bisect", "open", "prove", "decide", "confirm", "forfeitBond"];
    const side = toWin.flatMap((name) => gas.get(name)!).reduce((sum, used) => sum + used, 0n);
    expect(side <= MOST_TO_WIN, `the honest side took ${side}`).to.equal(true);
  });
});
