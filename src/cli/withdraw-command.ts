import { formatEther } from "viem";
import { executionTime } from "../client/index.ts";
import { defineCommand } from "./command.ts";
import { waitOptions, withAccount, withLayers } from "./layers.ts";
import { describeExecutionTime, describeProgress } from "./message-text.ts";
import { narrate } from "./narration.ts";
import { amountText, hexText, transactionGasText } from "./setting-types.ts";
import { optionalSetting, switchSetting } from "./settings.ts";
import { describeTransaction, reportTransaction } from "./transaction-report.ts";
import { jsonSetting, layerSettings, privateKeySetting, recipientSetting, waitSettings } from "./user-settings.ts";

export const withdrawCommand = defineCommand({
  name: "withdraw",
  summary: "send ETH, or a message, from L2 to L1: the first half of a withdrawal",
  details:
    "Sends through the Outbox on L2 and says when it can be paid on L1, which `onestep finalize` does. A contract on L1 is asked first whether it " +
    "takes ETH.",
  examples: [
    ["onestep withdraw 0.1ether", "to the same account on L1, on the devnet"],
    ["onestep withdraw 0 --to 0x… --data 0x… --minimum-gas 100000", "a call on L1"],
  ],
  argument: { name: "amount", description: "as 0.1ether, 5gwei, or in wei", schema: amountText },
  settings: {
    ...layerSettings,
    ...privateKeySetting,
    to: recipientSetting("account on L1; default: the sender's"),
    data: optionalSetting(hexText, { description: "calldata of the call on L1", placeholder: "hex" }),
    minimumGas: optionalSetting(transactionGasText, {
      description: "L1 gas that the call is given at least; default: 0",
      placeholder: "gas",
    }),
    unchecked: switchSetting("do not ask L1 whether the recipient takes ETH"),
    ...waitSettings,
    ...jsonSetting,
  },
  run: (values, { argument: value }) =>
    withLayers(values, async (opened) => {
      const { l1, l2, l2Wallet, address } = withAccount(opened, values);
      const { to: target = address, data, minimumGas, noWait } = values;
      const { say, finish } = narrate(values.json);
      // A call with data may ask the Portal who sent it, which it only knows while it executes.
      if (!values.unchecked && data === undefined) await l1.requireRecipient({ target, value });
      const hash = await l2Wallet.initiateWithdrawal({ target, value, data, minimumGas });
      say(`${formatEther(value)} ETH from ${address} on L2 to ${target} on L1`);
      say(`L2 transaction ${hash}`);
      const common = { from: address, to: target, value };
      if (noWait) {
        finish({ ...common, l2: { transactionHash: hash } }, [`see how far it is: onestep status ${hash}`]);
        return;
      }
      const report = await reportTransaction(l2.client, "L2", hash, waitOptions(values));
      say(`  ${describeTransaction(report)}`);
      const [withdrawal] = await l2.getWithdrawals({ hash });
      if (withdrawal === undefined) throw new Error(`transaction ${hash} on L2 has no withdrawal`);
      const status = await l2.getWithdrawalStatus({ index: withdrawal.index });
      const time = executionTime(status);
      finish({ ...common, l2: report, index: withdrawal.index, status, time }, [
        `withdrawal ${withdrawal.index}: ${describeProgress(status)}`,
        describeExecutionTime(time),
        `pay it, whoever does: onestep finalize ${withdrawal.index}`,
      ]);
    }),
});
