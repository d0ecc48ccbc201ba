import { OnestepError, poll } from "../client/index.ts";
import type { MessageStatus } from "../client/index.ts";
import type { Hash } from "../primitives/index.ts";
import { defineCommand } from "./command.ts";
import type { ArgumentDefinition } from "./command.ts";
import { ExitError, NOT_YET } from "./exit-codes.ts";
import { waitOptions, withAccount, withLayers } from "./layers.ts";
import type { WritableLayers } from "./layers.ts";
import { describeMessage, seconds } from "./message-text.ts";
import { formatDuration, narrate } from "./narration.ts";
import type { Narration } from "./narration.ts";
import { addressText, amountText, hexText, indexOrHashText, transactionGasText } from "./setting-types.ts";
import { SettingsError, optionalSetting } from "./settings.ts";
import type { SettingValues } from "./settings.ts";
import { describeTransaction, reportTransaction } from "./transaction-report.ts";
import type { TransactionReport } from "./transaction-report.ts";
import { jsonSetting, layerSettings, privateKeySetting, recipientSetting, waitSettings } from "./user-settings.ts";

const settings = {
  ...layerSettings,
  ...privateKeySetting,
  to: optionalSetting(addressText, {
    description: "send a message to this account on L2, and force it",
    placeholder: "address",
  }),
  value: optionalSetting(amountText, { description: "what the message carries; default: 0", placeholder: "amount" }),
  mint: optionalSetting(amountText, {
    description: "what is minted for the sender on L2, gas included; default: the value",
    placeholder: "amount",
  }),
  gasLimit: optionalSetting(transactionGasText, {
    description: "L2 gas of the message; default: 100000 with --to",
    placeholder: "gas",
  }),
  data: optionalSetting(hexText, { description: "calldata of the message", placeholder: "hex" }),
  refundTo: recipientSetting("account on L2 for what is left of the mint; default: the sender's"),
  ...waitSettings,
  ...jsonSetting,
};

const messageArgument: ArgumentDefinition<number | Hash | undefined> = {
  name: "message",
  description: "its index, its hash, or the hash of its L1 transaction",
  schema: indexOrHashText,
  optional: true,
};

const DEFAULT_GAS_LIMIT = 100_000n;

export const forceCommand = defineCommand({
  name: "force",
  summary: "force a message into L2 that the operator leaves out, or send one and force it",
  details:
    "Waits until the message is overdue, and has the Inbox read it and all before it; if the operator includes it before, that is the end too. " +
    "With --rollup-config it needs no L2 endpoint. With --no-wait it ends with exit code 3 if it is too early.",
  examples: [
    ["onestep force 7", "message 7 of the Inbox"],
    ["onestep force 0x…", "what an L1 transaction sent, or the message of that hash"],
    ["onestep force --to 0x… --data 0x… --gas-limit 200000 --mint 0.01ether", "an L2 transaction, sent from L1"],
  ],
  argument: messageArgument,
  settings,
  async run(values, { argument: wanted }) {
    if ((wanted === undefined) === (values.to === undefined)) {
      throw new SettingsError(["expected either a message to force, or --to for one to send, and not both"]);
    }
    await withLayers(values, async (opened) => {
      const layers = withAccount(opened, values);
      const narration = narrate(values.json);
      const sent = wanted === undefined ? await send(layers, values, narration) : undefined;
      const index = sent === undefined ? await findIndex(layers, wanted) : sent.index;
      const forced = await force(layers, index, values, narration);
      const status = values.noWait ? undefined : await watch(layers, index, values, narration);
      const document = { index, sent: sent?.report ?? null, forced: forced ?? null, message: status ?? null };
      narration.finish(document, [
        forced === undefined ? "the operator has included it: nothing to force" : `  ${describeTransaction(forced)}`,
        ...(status === undefined ? [] : [describeMessage(status)]),
      ]);
    });
  },
});

async function send(
  { l1, l1Wallet }: WritableLayers,
  values: SettingValues<typeof settings>,
  { say }: Narration,
): Promise<{ readonly index: number; readonly report: TransactionReport }> {
  const { to, value, mint, gasLimit = DEFAULT_GAS_LIMIT, data, refundTo } = values;
  if (to === undefined) throw new SettingsError(["--to is required"]);
  const hash = await l1Wallet.sendMessage({ to, value, mint, gasLimit, data, refundTo });
  say(`L1 transaction ${hash} sends it`);
  const report = await reportTransaction(l1.client, "L1", hash, waitOptions(values));
  const [message] = await l1.getMessages({ hash });
  if (message === undefined) throw new Error(`transaction ${hash} on L1 has no message`);
  say(`message ${message.index} (${message.hash})`);
  return { index: message.index, report };
}

async function findIndex({ l1, l2 }: WritableLayers, wanted: number | Hash | undefined): Promise<number> {
  if (wanted === undefined) throw new SettingsError(["<message> is required"]);
  if (typeof wanted === "number") return wanted;
  try {
    const messages = await l1.getMessages({ hash: wanted });
    // The last: forcing it takes all before it along.
    return messages[messages.length - 1]?.index ?? 0;
  } catch (error) {
    if (!(error instanceof OnestepError) || error.problem.kind !== "unknown-transaction") throw error;
    return (await l2.getMessageStatus({ hash: wanted })).index;
  }
}

/** Undefined if the message was included without that. */
async function force(
  { l1, l1Wallet }: WritableLayers,
  index: number,
  values: SettingValues<typeof settings>,
  { say }: Narration,
): Promise<TransactionReport | undefined> {
  const waiting = waitOptions(values);
  let isSaid = false;
  const { report } = await poll<{ readonly report: TransactionReport | undefined }>(
    `message ${index} to be overdue`,
    waiting,
    async () => {
      const status = await l1.getForcingStatus({ index });
      if (status.status === "included") return { report: undefined };
      if (status.status === "overdue") {
        try {
          const hash = await l1Wallet.forceInclude({ index });
          say(`L1 transaction ${hash} forces message ${index}`);
          return { report: await reportTransaction(l1.client, "L1", hash, waiting) };
        } catch (error) {
          if (!isOvertaken(error)) throw error;
          return undefined;
        }
      }
      const { forceableAt, l1Timestamp } = status;
      const when = `in ${formatDuration(forceableAt - l1Timestamp)} by L1's clock, at ${seconds(forceableAt)}`;
      if (values.noWait) throw new ExitError(`message ${index} can be forced ${when}, not before`, NOT_YET);
      if (!isSaid) say(`message ${index} can be forced ${when}`);
      isSaid = true;
      return undefined;
    },
  );
  return report;
}

/** Included meanwhile, or the endpoint runs the call on a block that is not late enough: the next look tells. */
function isOvertaken(error: unknown): boolean {
  if (!(error instanceof OnestepError)) return false;
  const { problem } = error;
  if (problem.kind === "already-included" || problem.kind === "not-overdue" || problem.kind === "transaction-failed")
    return true;
  return problem.kind === "refused" && ["MessageNotUnread", "MessageNotOverdue"].includes(problem.errorName ?? "");
}

/** What the message did on L2, if an endpoint there answers. */
async function watch(
  { l2 }: WritableLayers,
  index: number,
  values: SettingValues<typeof settings>,
  { say }: Narration,
): Promise<MessageStatus | undefined> {
  try {
    await l2.getSyncStatus();
  } catch {
    say("no L2 endpoint answers: whoever runs a node sees the message there");
    return undefined;
  }
  return l2.waitForMessage({ ...waitOptions(values), index });
}
