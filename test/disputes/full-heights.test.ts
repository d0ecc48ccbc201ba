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
import { NODE_KIND } from "./oracle.ts";
import type { TreeNode } from "./oracle.ts";
import { readOracle } from "./read-oracle.ts";
import { stateOf, treeOver, withLastEntry } from "./views.ts";
import type { View } from "./views.ts";

const HEIGHTS = { claim: 32, unit: 25 };
const WEEK = 7 * 86_400;

/** More than a bisection: who knows the claim is asked, and an account is numbered with its first move, once for ever. */
const OF_FIRST_MOVE = 56_000n;

describe("a dispute with the heights of production", function () {
  this.timeout(300_000);
  let dispute: DisputeFixture;

  beforeEach(async () => {
    dispute = await deployDispute({
      claimTraceHeight: HEIGHTS.claim,
      unitTraceHeight: HEIGHTS.unit,
      challengePeriod: WEEK,
      minimumResponseTime: 3600,
    });
  });

  /** Who is wrong from the first step of a claim on differs in both halves of every span: an answer records both. */
  async function wrongFromTheFirstStepOn(): Promise<Disputed> {
    const [state, wrong] = [stateOf(1, 1), stateOf(1, 2)];
    const before = loadHash(GENESIS_STATE);
    const states = [1, 2, 3].map((index) => hashWords(index));
    const wrongStates = [4, 5, 6].map((index) => hashWords(index));
    const claim = treeOver(before, [...states, haltHash(state)]);
    const steps = treeOver(before, [hashWords(7), states[0]!]);
    const wrongSteps = treeOver(before, [hashWords(8), wrongStates[0]!]);
    await dispute.prover.script([{ isStart: true, before, machine: "0x", afterwards: hashWords(7) }]);
    return {
      honest: { state, stateHash: stateHash(state), claim, unit: () => steps },
      liar: {
        state: wrong,
        stateHash: stateHash(wrong),
        claim: treeOver(before, [...wrongStates, haltHash(wrong)]),
        unit: () => wrongSteps,
      },
      unit: 0,
      step: 0,
    };
  }

  /** Who is wrong in the last step only agrees in the left half of every span. */
  async function wrongInTheLastStep(): Promise<Disputed> {
    const state = stateOf(1, 1);
    const wrong = stateOf(1, 2);
    const end: Hash = haltHash(state);
    const claim = treeOver(loadHash(GENESIS_STATE), [hashWords(1), hashWords(2), hashWords(3), end]);
    const steps = treeOver(end, [end]);
    const wrongSteps = withLastEntry(steps, HEIGHTS.unit, haltHash(wrong));
    await dispute.prover.script([{ isStart: false, before: end, machine: "0x", afterwards: end }]);
    return {
      honest: { state, stateHash: stateHash(state), claim, unit: () => steps },
      liar: {
        state: wrong,
        stateHash: stateHash(wrong),
        claim: withLastEntry(claim, HEIGHTS.claim, haltHash(wrong)),
        unit: () => wrongSteps,
      },
      unit: 2 ** HEIGHTS.claim - 1,
      step: 2 ** HEIGHTS.unit - 1,
    };
  }

  it("a claim that is wrong from its first step on is beaten for at most 5.7 million gas, a bisection for at most 82,000", async () => {
    await play(await wrongFromTheFirstStepOn(), { bisection: 82_000n, toWin: 5_700_000n });
  });

  it("a maximal claim disputed at the last step of its last unit is won for at most 4.6 million gas, a bisection for at most 62,000", async () => {
    await play(await wrongInTheLastStep(), { bisection: 62_000n, toWin: 4_600_000n });
  });

  /** @param most gas; what winning takes is without what it costs to be paid for it */
  async function play(
    { honest, liar, unit, step }: Disputed,
    most: { readonly bisection: bigint; readonly toWin: bigint },
  ): Promise<void> {
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
        moves.push(moveInClaim(of, HEIGHTS, GENESIS_BODY, unit - (unit % 2 ** height), height));
      for (let height = HEIGHTS.unit; height >= 0; height--)
        moves.push(moveInUnit(of, HEIGHTS, GENESIS_BODY, unit, step - (step % 2 ** height), height));
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
    // As the challenger shows it: what proof and other halves have gathered is enough without the time of what is above them.
    const withoutTimed = (tree: readonly TreeNode[]) => tree.filter(({ kind }) => kind !== NODE_KIND.timed);
    const tree = withoutTimed(oracle.totalOfClaim(claimIdOf(body), await dispute.now()).tree);
    const named = [GENESIS_BODY, body.stateHash, body.traceRoot] as const;
    await spend("decide", game.decide(...named, tree));
    expect(await game.winner(GENESIS)).to.equal(claimIdOf(body));
    await spend("confirm", chain.confirm(body));
    await spend("forfeitBond", chain.forfeitBond(bodyOf(liar, HEIGHTS)));
    const rewards = oracle.rewardsBelow(oracle.claimTrace(GENESIS), body.traceRoot).tree;
    await spend("collect", game.collect(...named, rewards));
    const place = claimPosition(honest, unit, 0);
    const trace = unitPosition(honest, unit, 0, HEIGHTS.unit);
    const [unitRoot, before, root] = [
      honest.claim.stateHash(unit),
      honest.unit(unit).before,
      honest.unit(unit).root(0, HEIGHTS.unit),
    ];
    const total = withoutTimed(oracle.totalOfSpan({ position: trace, root, unitRoot }, await dispute.now()).tree);
    await spend("decideUnit", game.decideUnit(place, unitRoot, before, root, total));
    const rewardsOfUnit = oracle.rewardsBelow(trace, root).tree;
    await spend("collectUnit", game.collectUnit(place, unitRoot, before, root, rewardsOfUnit));

    if (process.env["ONESTEP_TEST_GAS"] !== undefined) {
      for (const [name, used] of gas)
        console.log(`${name}: ${used.length} × ${used.reduce((sum, one) => sum + one, 0n) / BigInt(used.length)}`);
    }
    for (const used of gas.get("bisect")!) expect(used <= most.bisection, `took ${used}`).to.equal(true);
    const [first] = gas.get("bisectClaim")!;
    expect(first! <= most.bisection + OF_FIRST_MOVE, `took ${first}`).to.equal(true);
    const toWin = ["bisectClaim", "bisect", "open", "prove", "decide", "confirm", "forfeitBond"];
    const side = toWin.flatMap((name) => gas.get(name)!).reduce((sum, used) => sum + used, 0n);
    expect(side <= most.toWin, `the honest side took ${side}`).to.equal(true);
  }
});

interface Disputed {
  readonly honest: View;
  readonly liar: View;
  /** Where they part. */
  readonly unit: number;
  readonly step: number;
}
