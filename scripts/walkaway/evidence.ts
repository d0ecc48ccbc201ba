import type { VerifiedCode, VerifyReport } from "./code.ts";
import type { L1Transaction } from "./l1-transactions.ts";
import { REQUIREMENTS } from "./requirements.ts";
import type { Deed, Requirement } from "./requirements.ts";
import type { DoneStep } from "./timeline.ts";

/** What a walkaway has shown. */
export interface Evidence {
  readonly steps: readonly DoneStep[];
  /** Seconds of the wall clock. */
  readonly seconds: number;
  /** L1 transactions since the operator is gone. */
  readonly transactions: readonly L1Transaction[];
  readonly verified: VerifyReport;
  readonly code: readonly VerifiedCode[];
  /** Seconds of the rollup's delays. */
  readonly delays: {
    readonly forceInclusionDelay: number;
    readonly selfSequencingDelay: number;
    readonly challengePeriod: number;
  };
}

/** Requirements for which the run made no transaction, though they name one; in words. */
export function missingEvidence(transactions: readonly L1Transaction[]): readonly string[] {
  return REQUIREMENTS.flatMap(({ asks, done }) =>
    done
      .filter((deed) => doneBy(transactions, deed).length === 0)
      .map(({ by, calls }) => `“${asks}”: no ${calls.join(" or ")} by the ${by}`),
  );
}

function doneBy(transactions: readonly L1Transaction[], { by, calls }: Deed): readonly L1Transaction[] {
  return transactions.filter((made) => made.succeeded && made.by === by && calls.includes(made.call));
}

/** The evidence as a document. */
export function renderEvidence(evidence: Evidence): string {
  const { steps, seconds, transactions, verified, code, delays } = evidence;
  return [
    "# Walkaway",
    "",
    "Written by `npm run walkaway`, which starts a rollup, kills every process of its operator, and has somebody with a new key, an empty " +
      "folder, the rollup's configuration file and an L1 endpoint do everything else: derive the chain, force a transaction, post batches, " +
      "claim a state, win a dispute against a liar with money, and be paid. Only public functions are called. This is one run; keys and so " +
      "hashes differ from run to run, and all of them are of a local L1 that is gone.",
    "",
    `Delays are those of production: ${delays.forceInclusionDelay / 3600} h until a message is overdue, ` +
      `${delays.selfSequencingDelay / 3600} h until anybody posts batches, ${delays.challengePeriod / 86400} days to dispute a claim. The ` +
      `clock of the local L1 is moved past them. The run took ${seconds.toFixed(0)} s.`,
    "",
    "## Requirements",
    "",
    "Those of the Stages Framework of L2BEAT (https://l2beat.com/stages), in our words. Test files are under `test/`; `…` stands for any part of " +
      "a title.",
    ...([0, 1, 2] as const).flatMap((stage) => [
      "",
      `### Stage ${stage}`,
      ...REQUIREMENTS.filter((requirement) => requirement.stage === stage).flatMap((requirement) => [
        "",
        ...describeRequirement(requirement, evidence),
      ]),
    ]),
    "",
    "## The code",
    "",
    `\`onestep verify\` compared the rollup ${verified.rollup}, created by transaction ${verified.creation ?? ""}, with this build: nothing ` +
      "differs. Hashes are keccak256 of the code with zeros in the place of immutables, which are compared one by one, with the genesis. None " +
      "of the code on L1 has an instruction by which it could run, or become, other code (DELEGATECALL, CALLCODE, SELFDESTRUCT).",
    "",
    "| contract | on | bytes | code hash |",
    "| --- | --- | ---: | --- |",
    ...code.map(({ contract, layer, bytes, codeHash }) => `| ${contract} | ${layer} | ${bytes} | \`${codeHash}\` |`),
    "",
    "## The run",
    ...steps.flatMap(({ title, seconds: taken, lines }, index) => [
      "",
      `**${index + 1}. ${title}** (${taken.toFixed(1)} s)`,
      "",
      ...lines.map((line) => `- ${line}`),
    ]),
    "",
    "## L1 transactions since the operator is gone",
    "",
    `${transactions.length}, none of them the operator's. Gas of all that the outsider sent: ` +
      `${sum(transactions.filter(({ by }) => by === "outsider")).toLocaleString("en")}.`,
    "",
    "| L1 block | by | call | gas | transaction |",
    "| ---: | --- | --- | ---: | --- |",
    ...transactions.map(
      ({ block, by, call, gasUsed, hash, succeeded }) =>
        `| ${block} | ${by} | ${call}${succeeded ? "" : " (reverted)"} | ${gasUsed.toLocaleString("en")} | \`${hash}\` |`,
    ),
    "",
  ].join("\n");
}

function describeRequirement(requirement: Requirement, { transactions, steps }: Evidence): readonly string[] {
  const { asks, answer, heldBy, tests, done, steps: shown } = requirement;
  const made = done.map((deed) => {
    const found = doneBy(transactions, deed);
    const [first] = found;
    return `${[...new Set(found.map(({ call }) => call))].join(" and ")} by the ${deed.by} (${found.length}, ${sum(found).toLocaleString("en")} gas, first \`${first?.hash.slice(0, 10) ?? ""}…\`)`;
  });
  const inSteps = shown.map((title) => `${steps.findIndex((step) => step.title === title) + 1}`);
  return [
    `**${asks}** ${answer}`,
    "",
    ...(heldBy.length === 0
      ? []
      : [
          `- held by: ${heldBy
            .map(({ contract, functions }) => functions.map((name) => `\`${contract}.${name}\``).join(", "))
            .join(", ")}`,
        ]),
    ...(tests.length === 0
      ? []
      : [
          `- tested by: ${tests
            .map(({ file, titles }) => `\`${file}\` ${titles.map((title) => `“${title}”`).join(", ")}`)
            .join("; ")}`,
        ]),
    ...(made.length === 0 && inSteps.length === 0
      ? []
      : [`- in this run: ${[...(inSteps.length === 0 ? [] : [`step ${inSteps.join(", ")}`]), ...made].join("; ")}`]),
  ];
}

function sum(transactions: readonly L1Transaction[]): bigint {
  return transactions.reduce((total, { gasUsed }) => total + gasUsed, 0n);
}
