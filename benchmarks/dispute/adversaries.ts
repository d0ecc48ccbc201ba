import { readFileSync } from "node:fs";
import { prepareMachine } from "../../src/machine/index.ts";
import { createHistory } from "../../test/machine/chain/history.ts";
import { PRODUCTION, openScriptedBoard } from "./boards.ts";
import { playContest } from "./contest.ts";
import type { Adversary, Contest } from "./contest.ts";
import { count, ether, sum, table } from "./format.ts";
import { TYPICAL_KIND, measureTypicalProof } from "./moves.ts";
import { honestGas } from "./winning.ts";

const COUNTS = [1, 2, 4, 8, 100] as const;
const GWEI = 10n ** 9n;
const GAS_PRICES = [10n * GWEI, 50n * GWEI] as const;

type Arrangement = (count: number) => readonly Adversary[];

/** How adversaries play together. All their lies begin where answers are dearest: in the left half of every span they do not share. */
const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  "all at once": (count) => adversaries(count, (index) => ({ unit: spread(index, count), entersAt: 0 })),
  "one after the other": (count) =>
    adversaries(count, (index) => ({
      unit: spread(index, count),
      entersAt: Math.floor((index * PRODUCTION.challengePeriod) / count),
    })),
  "rivals of each other": (count) => adversaries(count, () => ({ unit: 0, entersAt: 0 })),
};

function adversaries(
  count: number,
  make: (index: number) => { readonly unit: number; readonly entersAt: number },
): Adversary[] {
  return Array.from({ length: count }, (_, index) => {
    const { unit, entersAt } = make(index);
    return { lie: { unit, step: 0, name: `adversary ${index}` }, entersAt };
  });
}

/** Units as far apart as so many can be, so that their paths part as early as they can. */
function spread(index: number, count: number): number {
  const parts = 2 ** Math.ceil(Math.log2(count));
  return Math.floor((index * parts) / count) * (2 ** PRODUCTION.claimTraceHeight / parts);
}

interface Measured {
  readonly count: number;
  readonly arrangement: string;
  readonly contest: Contest;
}

/** Delay, gas and bonds of one honest challenger against many liars. */
export async function measureAdversaries(save: (section: string) => Promise<void>): Promise<void> {
  await prepareMachine();
  const typicalProof = await measureTypicalProof();
  const dearestProof = dearestStep();
  const history = await createHistory({ batches: [{}] });
  const measured: Measured[] = [];
  for (const number of COUNTS) {
    for (const [arrangement, arrange] of Object.entries(ARRANGEMENTS)) {
      if (number === 1 && measured.length > 0) continue;
      const name = number === 1 ? "alone" : arrangement;
      const board = await openScriptedBoard(PRODUCTION);
      const contest = await playContest(board, {
        history,
        adversaries: arrange(number),
        responseTime: PRODUCTION.minimumResponseTime,
        onProgress: (text) => console.log(`adversaries: ${number}, ${name}: ${text}`),
      });
      await board.connection.close();
      measured.push({ count: number, arrangement: name, contest });
      console.log(`adversaries: ${number}, ${name}: decided after ${periods(contest)} T`);
      await save(text(measured, typicalProof, dearestProof));
    }
  }
}

/** Gas of the dearest step that is known, as benchmarks/steps.md has it. */
function dearestStep(): bigint {
  const steps = readFileSync(new URL("../steps.md", import.meta.url), "utf8");
  const found = /^\| most gas of a step .*?\| +([\d,]+) \|/m.exec(steps)?.[1];
  if (found === undefined) throw new Error("expected the most gas of a step in steps.md");
  return BigInt(found.replaceAll(",", ""));
}

const periods = ({ delay }: Contest): string => (delay / PRODUCTION.challengePeriod).toFixed(3);

function text(measured: readonly Measured[], typicalProof: bigint, dearestProof: bigint): string {
  const rows = measured.map((each) => ({ ...each, gas: gasOf(each.contest, typicalProof, dearestProof) }));
  const { claimTraceHeight, unitTraceHeight, challengePeriod, minimumResponseTime, claimBond, unitBond } = PRODUCTION;
  const gasRows = rows.map(({ count: number, arrangement, contest, gas }) => [
    `${number}`,
    arrangement,
    periods(contest),
    count(transactionsOf(contest)),
    count(gas.winning),
    count(gas.winningDearest),
    count(gas.collecting),
    ether(contest.locked),
    count(contest.adversaryGas),
  ]);
  const moneyRows = rows.map(({ count: number, arrangement, contest, gas }) => {
    const { lost, returned, rewards, adversaryGas } = contest;
    return [
      `${number}`,
      arrangement,
      ether(lost),
      ether(rewards),
      ether(lost - rewards - returned),
      ...GAS_PRICES.flatMap((price) => {
        const honest = gas.winning * price;
        const adversarial = lost - returned + adversaryGas * price;
        const net = (gas.winning + gas.collecting) * price - rewards;
        return [ether(adversarial), ether(honest), ether(-net), ratio(adversarial, honest)];
      }),
    ];
  });
  const priced = (price: bigint): string[] => [
    `theirs, ${price / GWEI} gwei`,
    "honest",
    "honest, in the end",
    "theirs to honest",
  ];
  return `One honest challenger, which plays by its own decisions (src/challenger) on the contracts with the production preset: heights ${claimTraceHeight} + ${unitTraceHeight},
T = ${challengePeriod / 86_400} days, bonds of ${ether(claimBond)} ETH a claim and ${ether(unitBond)} ETH a unit. N adversaries each have a wrong claim, wrong from another unit on, and go on with
it down to a step. The clock of L1 is set: each answer of the honest side takes ${minimumResponseTime / 3600} hour, the least response time that T is made for; an adversary makes each
move at once, before the honest side does. (It gains nothing by waiting: meanwhile time runs for the right span.) All rows are played, none is computed from others. "All at once": the
lies are spread over all units, so that their paths part as early as they can. "One after the other": likewise, and they claim at equal distances over T. "Rivals of each other":
all are wrong from the same step on, with other states, so that each position has N + 1 spans. N disputes of their own, one for each claim on top of another, cost N times the first row, and their
delays run beside each other.

Delay: from the first wrong claim to the decision for the right one. The steps are listed ones; a proof is reckoned with ${count(typicalProof)} gas, what \`${TYPICAL_KIND}\` took on the
OneStepProver, and in the column "dearest proofs" with ${count(dearestProof)} more than a listed one, [the dearest step known](steps.md) (computed). "To win" is all from the first bisection to the confirmation.
Locked: bonds of the honest side, until the decisions.

${table(["N", "adversaries", "delay, T", "honest transactions", "honest gas to win", "with dearest proofs", "gas to collect", "locked, ETH", "adversaries' gas"], 2, gasRows)}

In ETH, at two gas prices. The adversaries lose all their bonds; what is not paid to the honest side (or, for halves that are right, to them) is burned. "Honest": gas to win. "Honest, in the end":
rewards less all gas, what it has more than before.

${table(["N", "adversaries", "bonds lost", "paid to the honest side", "burned", ...GAS_PRICES.flatMap(priced)], 2, moneyRows)}`;
}

/** With proofs by the OneStepProver in the place of listed ones. */
function gasOf({ honest }: Contest, typicalProof: bigint, dearestProof: bigint) {
  const { winning, collecting } = honestGas(honest);
  const { gas: listed, calls } = honest.get("prove") ?? { gas: 0n, calls: 0 };
  return {
    winning: winning - listed + BigInt(calls) * typicalProof,
    winningDearest: winning + BigInt(calls) * dearestProof,
    collecting,
  };
}

function transactionsOf({ honest }: Contest): bigint {
  return sum([...honest.values()].map(({ calls }) => BigInt(calls)));
}

function ratio(left: bigint, right: bigint): string {
  return `${(Number(left) / Number(right)).toFixed(0)} : 1`;
}
