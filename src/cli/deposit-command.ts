import { formatEther } from "viem";
import { getBalance } from "viem/actions";
import { defineCommand } from "./command.ts";
import { waitOptions, withAccount, withLayers } from "./layers.ts";
import { describeMessage } from "./message-text.ts";
import { narrate } from "./narration.ts";
import { amountText } from "./setting-types.ts";
import { describeTransaction, reportTransaction } from "./transaction-report.ts";
import { jsonSetting, layerSettings, privateKeySetting, recipientSetting, waitSettings } from "./user-settings.ts";

export const depositCommand = defineCommand({
  name: "deposit",
  summary: "send ETH from L1 to L2",
  details:
    "Deposits through the Inbox and waits until the ETH is on L2. Interrupted, nothing is lost: `onestep status` with the hash of the L1 " +
    "transaction says how far it is.",
  examples: [
    ["onestep deposit 0.1ether", "to the same account on L2, on the devnet"],
    ["onestep deposit 5gwei --to 0x… --json", "to another account, for scripts"],
    ["onestep deposit 1ether --private-key-file key --l1-rpc-url https://l1 --rpc-url https://l2", "on another rollup"],
  ],
  argument: { name: "amount", description: "as 0.1ether, 5gwei, or in wei", schema: amountText },
  settings: {
    ...layerSettings,
    ...privateKeySetting,
    to: recipientSetting("account on L2; default: the sender's"),
    ...waitSettings,
    ...jsonSetting,
  },
  run: (values, { argument: value }) =>
    withLayers(values, async (opened) => {
      const layers = withAccount(opened, values);
      const { l1, l2, address } = layers;
      const { to = address, noWait } = values;
      const waiting = waitOptions(values);
      const { say, finish } = narrate(values.json);
      const hash = await layers.l1Wallet.depositEther({ value, to });
      say(`${formatEther(value)} ETH from ${address} on L1 to ${to} on L2`);
      say(`L1 transaction ${hash}`);
      const common = { from: address, to, value };
      if (noWait) {
        finish({ ...common, l1: { transactionHash: hash } }, [`see how far it is: onestep status ${hash}`]);
        return;
      }
      const report = await reportTransaction(l1.client, "L1", hash, waiting);
      say(`  ${describeTransaction(report)}`);
      const [message] = await l1.getMessages({ hash });
      if (message === undefined) throw new Error(`transaction ${hash} on L1 has no deposit`);
      const status = await l2.waitForMessage({ ...waiting, index: message.index });
      const balance = await getBalance(l2.client, { address: to });
      finish({ ...common, l1: report, message: status, balance }, [
        describeMessage(status),
        `${to} has ${formatEther(balance)} ETH on L2`,
      ]);
    }),
});
