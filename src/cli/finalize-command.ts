import { formatEther } from "viem";
import { OnestepError, executionTime } from "../client/index.ts";
import type { WithdrawalStatus } from "../client/index.ts";
import type { Hash } from "../primitives/index.ts";
import { defineCommand } from "./command.ts";
import { ExitError, NOT_YET } from "./exit-codes.ts";
import { waitOptions, withAccount, withLayers } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeExecutionTime, describeProgress, describeWithdrawal } from "./message-text.ts";
import { narrate } from "./narration.ts";
import type { Narration } from "./narration.ts";
import { indexOrHashText } from "./setting-types.ts";
import { describeTransaction, reportTransaction } from "./transaction-report.ts";
import { jsonSetting, layerSettings, privateKeySetting, waitSettings } from "./user-settings.ts";

/** Milliseconds that a proposer is left to confirm a claim whose time has come while it was waited for. */
const PROPOSERS_TURN = 15_000;
/** Reverts of a call made a moment too early: an endpoint may run it on the block before. */
const TOO_EARLY: readonly (string | undefined)[] = ["ChallengePeriodRuns", "ClaimNotConfirmed"];

export const finalizeCommand = defineCommand({
  name: "finalize",
  summary: "pay a withdrawal on L1, as soon as that can be done",
  details:
    "Waits until the withdrawal can be executed, confirms its claim if nobody has, and has the Portal pay. Anybody may, for whomever. Ends with " +
    "exit code 0 if it was paid before, and with --no-wait with exit code 3 if it is too early.",
  examples: [
    ["onestep finalize 0", "the first message that was sent through the Outbox"],
    ["onestep finalize 0x…", "what an L2 transaction sent"],
    ["onestep finalize 0 --no-wait --json", "for scripts that try now and then"],
  ],
  argument: {
    name: "withdrawal",
    description: "its index, or the hash of its L2 transaction",
    schema: indexOrHashText,
  },
  settings: { ...layerSettings, ...privateKeySetting, ...waitSettings, ...jsonSetting },
  run: (values, { argument }) =>
    withLayers(values, async (opened) => {
      const { l1, l2, l1Wallet, address } = withAccount(opened, values);
      const waiting = waitOptions(values);
      const narration = narrate(values.json);
      const index = await indexOf(l2, argument);
      const first = await l2.getWithdrawalStatus({ index });
      narration.say(describeWithdrawal(first));
      const status = values.noWait ? first : await waitUntilExecutable(l2, first, waiting, narration);
      const common = { index, withdrawal: status.withdrawal, from: address };
      const alreadyPaid = { ...common, alreadyExecuted: true, confirmations: [], execution: null };
      if (status.status === "executed") {
        narration.finish(alreadyPaid, ["it was paid before"]);
        return;
      }
      if (status.status !== "executable" && status.status !== "confirmable") throw tooEarly(status);
      const sent: { what: "confirm" | "execute"; hash: Hash }[] = [];
      for (;;) {
        try {
          await l1Wallet.finalizeWithdrawal({
            ...waiting,
            index,
            l2: l2.client,
            onSent: (what, hash) => {
              sent.push({ what, hash });
              narration.say(`L1 transaction ${hash} ${what === "confirm" ? "confirms a claim" : "pays"}`);
            },
          });
          break;
        } catch (error) {
          if (!(error instanceof OnestepError)) throw error;
          const { problem } = error;
          // Somebody else paid it meanwhile, for whom it is no less paid.
          if (problem.kind === "already-executed") {
            narration.finish(alreadyPaid, ["it was paid meanwhile"]);
            return;
          }
          if (problem.kind !== "refused" || !TOO_EARLY.includes(problem.errorName)) throw error;
          if (values.noWait) throw tooEarly(status);
          await new Promise((resolve) => setTimeout(resolve, waiting.pollingInterval));
        }
      }
      const reports = await Promise.all(
        sent.map(async ({ what, hash }) => ({ what, report: await reportTransaction(l1.client, "L1", hash, waiting) })),
      );
      const of = (wanted: string) => reports.filter(({ what }) => what === wanted).map(({ report }) => report);
      const { target, value } = status.withdrawal;
      const [execution] = of("execute");
      narration.finish({ ...common, alreadyExecuted: false, confirmations: of("confirm"), execution }, [
        ...(execution === undefined ? [] : [`  ${describeTransaction(execution)}`]),
        `${formatEther(value)} ETH paid to ${target} on L1`,
      ]);
    }),
});

/** Index of the one withdrawal of an L2 transaction. */
async function indexOf(l2: Layers["l2"], wanted: number | Hash): Promise<number> {
  if (typeof wanted === "number") return wanted;
  const withdrawals = await l2.getWithdrawals({ hash: wanted });
  const [only, ...others] = withdrawals;
  if (only !== undefined && others.length === 0) return only.index;
  throw new Error(
    `transaction ${wanted} sent ${withdrawals.length} messages to L1; name one by its index: ${withdrawals.map(({ index }) => index).join(", ")}`,
  );
}

/** Tells the time that is left in every new status. A claim that has become confirmable is its proposer's for a moment. */
async function waitUntilExecutable(
  l2: Layers["l2"],
  first: WithdrawalStatus,
  waiting: ReturnType<typeof waitOptions>,
  { say }: Narration,
): Promise<WithdrawalStatus> {
  const { index } = first.withdrawal;
  const onStatus = (status: WithdrawalStatus): void => {
    say(describeProgress(status));
    const time = executionTime(status);
    if (time.kind === "at" || time.kind === "not-before") say(`  ${describeExecutionTime(time)}`);
  };
  const status = await l2.waitForWithdrawal({ ...waiting, index, untilConfirmable: true, onStatus });
  if (status.status !== "confirmable" || first.status === "confirmable") return status;
  try {
    return await l2.waitForWithdrawal({ ...waiting, index, timeout: PROPOSERS_TURN });
  } catch (error) {
    if (!(error instanceof OnestepError) || error.problem.kind !== "timeout") throw error;
    return status;
  }
}

function tooEarly(status: WithdrawalStatus): ExitError {
  const { index } = status.withdrawal;
  return new ExitError(
    `withdrawal ${index}: ${describeProgress(status)}; ${describeExecutionTime(executionTime(status))}`,
    NOT_YET,
  );
}
