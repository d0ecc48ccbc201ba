import { formatEther, formatUnits, parseUnits } from "viem";
import type { Address } from "viem";
import { readContract } from "viem/actions";
import { bridgesOn, executionTime, readRepresentation, readTokenStandard, tokenAbi } from "../client/index.ts";
import type { BridgedTokens } from "../client/index.ts";
import { defineCommand } from "./command.ts";
import { waitOptions, withAccount, withLayers } from "./layers.ts";
import type { WritableLayers } from "./layers.ts";
import { describeExecutionTime, describeMessage, describeProgress } from "./message-text.ts";
import { narrate } from "./narration.ts";
import {
  addressText,
  amountText,
  choiceText,
  hexText,
  tokenAmountText,
  tokenIdText,
  transactionGasText,
} from "./setting-types.ts";
import { SettingsError, optionalSetting, setting } from "./settings.ts";
import { describeTransaction, reportTransaction } from "./transaction-report.ts";
import { jsonSetting, layerSettings, privateKeySetting, recipientSetting, waitSettings } from "./user-settings.ts";

export const bridgeCommand = defineCommand({
  name: "bridge",
  summary: "send ERC-20, ERC-721 or ERC-1155 tokens to the other layer",
  details:
    "Any token, from either layer: one that is native there is held by the bridge, and a token that stands for it is minted on the other layer; " +
    "one that stands for a token of the other layer is burned, and the token itself given out there. Asks the token for its standard, and allows the " +
    "bridge to take what is sent. From L1 some ETH goes along for the gas on L2; most of it comes back to the recipient there. From L2 it is a withdrawal: " +
    "`onestep status` follows it, `onestep finalize` ends it.",
  examples: [
    ["onestep bridge 0x… --amount 12.5", "an ERC-20 token from L1 to the same account on L2, on the devnet"],
    ["onestep bridge 0x… --amount 12.5 --from l2", "back, or a token of L2 to L1"],
    ["onestep bridge 0x… --id 7 --to 0x…", "an ERC-721 token"],
    ["onestep bridge 0x… --id 7 --amount 3", "an ERC-1155 token"],
    ["onestep bridge 0x… --amount 5 --to 0x… --ether 0.1ether --data 0x…", "tokens, ETH and a call of a contract"],
  ],
  argument: { name: "token", description: "its address on the layer it comes from", schema: addressText },
  settings: {
    ...layerSettings,
    ...privateKeySetting,
    from: setting(choiceText(["l1", "l2"]), {
      description: "layer that the tokens are on: l1 or l2",
      placeholder: "layer",
      fallback: "l1",
    }),
    amount: optionalSetting(tokenAmountText, {
      description: "of ERC-20 in whole tokens, as 12.5; of ERC-1155 a count, 1 by default",
      placeholder: "amount",
    }),
    id: optionalSetting(tokenIdText, { description: "of the token, for ERC-721 and ERC-1155", placeholder: "id" }),
    to: recipientSetting("account on the other layer; default: the sender's"),
    ether: optionalSetting(amountText, {
      description: "ETH for the recipient, as 0.1ether, 5gwei, or in wei",
      placeholder: "amount",
    }),
    data: optionalSetting(hexText, {
      description: "the recipient, a contract, is called with it after it has the tokens",
      placeholder: "hex",
    }),
    minimumGas: optionalSetting(transactionGasText, {
      description: "gas that call is given at least; default: 0",
      placeholder: "gas",
    }),
    ...waitSettings,
    ...jsonSetting,
  },
  run: (values, { argument: token }) =>
    withLayers(values, async (opened) => {
      const layers = withAccount(opened, values);
      const { address, rollup, l1, l2 } = layers;
      const { to: recipient = address, ether: value, data, minimumGas, noWait } = values;
      const waiting = waitOptions(values);
      const { say, finish } = narrate(values.json);
      const toL2 = values.from === "l1";
      const layer = toL2 ? "L1" : "L2";
      const { client } = toL2 ? l1 : l2;
      const { tokens, words } = await chooseTokens(client, token, values);
      const wallet = toL2 ? layers.l1Wallet : layers.l2Wallet;
      const sent = await wallet.bridge({ ...tokens, recipient, value, data, minimumGas, ...waiting });
      const { hash, fee, approval } = sent;
      say(`${words} from ${address} on ${layer} to ${recipient} on ${toL2 ? "L2" : "L1"}`);
      if (approval !== undefined) say(`allowed the bridge to take them: ${layer} transaction ${approval}`);
      if (fee > 0n) say(`up to ${formatEther(fee)} ETH for the gas on L2; what is left goes to ${recipient} there`);
      say(`${layer} transaction ${hash}`);
      const common = { from: address, to: recipient, tokens, fee, approval };
      if (noWait) {
        finish({ ...common, [layer.toLowerCase()]: { transactionHash: hash } }, [
          `see how far it is: onestep status ${hash}`,
        ]);
        return;
      }
      const report = await reportTransaction(client, layer, hash, waiting);
      say(`  ${describeTransaction(report)}`);
      if (toL2)
        finish(...(await arriveOnL2(layers, { token, hash, common, report, waiting, standard: tokens.standard })));
      else {
        const [withdrawal] = await l2.getWithdrawals({ hash });
        if (withdrawal === undefined) throw new Error(`transaction ${hash} on L2 has no withdrawal`);
        const status = await l2.getWithdrawalStatus({ index: withdrawal.index });
        const time = executionTime(status);
        const bridge = bridgesOn("L1", rollup)[`${tokens.standard}Bridge`];
        finish({ ...common, l2: report, index: withdrawal.index, status, time, bridge }, [
          `withdrawal ${withdrawal.index}: ${describeProgress(status)}`,
          describeExecutionTime(time),
          `end it, whoever does: onestep finalize ${withdrawal.index}`,
        ]);
      }
    }),
});

interface Arrival {
  readonly token: Address;
  readonly hash: Address;
  readonly common: object;
  readonly report: object;
  readonly waiting: ReturnType<typeof waitOptions>;
  readonly standard: BridgedTokens["standard"];
}

async function arriveOnL2(
  { l1, l2 }: WritableLayers,
  { token, hash, common, report, waiting, standard }: Arrival,
): Promise<[result: object, lines: readonly string[]]> {
  const [message] = await l1.getMessages({ hash });
  if (message === undefined) throw new Error(`transaction ${hash} on L1 has no message`);
  const status = await l2.waitForMessage({ ...waiting, index: message.index });
  const outcome = await l2.getRelayOutcome({ hash: message.hash });
  const bridge = bridgesOn("L2", await l2.getRollup())[`${standard}Bridge`];
  const representation = await readRepresentation(l2.client, bridge, token);
  return [
    { ...common, l1: report, message: status, outcome, representation },
    [
      describeMessage(status),
      outcome === "relayed"
        ? `arrived${representation === undefined ? "" : `; the token is ${representation} on L2`}`
        : outcome === "failed"
          ? "its call FAILED on L2: nothing is lost, and anybody can try it again (L2Messenger.replayMessage)"
          : "it did NOT run on L2: anybody can send it again (L1Messenger.resendMessage)",
    ],
  ];
}

/** What is to be sent, by what the token says it is. */
async function chooseTokens(
  client: WritableLayers["l1"]["client"],
  token: Address,
  { amount, id }: { readonly amount: string | undefined; readonly id: bigint | undefined },
): Promise<{ readonly tokens: BridgedTokens; readonly words: string }> {
  const standard = await readTokenStandard(client, token);
  if (standard === "erc20") {
    if (amount === undefined) throw new SettingsError(["--amount is required for an ERC-20 token"]);
    if (id !== undefined) throw new SettingsError([`--id: ${token} is an ERC-20 token, which has none`]);
    const decimals = await readDecimals(client, token);
    const units = parseUnits(amount, decimals);
    return { tokens: { standard, token, amount: units }, words: `${formatUnits(units, decimals)} of ${token}` };
  }
  if (id === undefined)
    throw new SettingsError([`--id is required: ${token} is an ${standard.replace("erc", "ERC-")} token`]);
  const count = BigInt(amount ?? "1");
  if (standard === "erc1155") {
    return { tokens: { standard, token, ids: [id], amounts: [count] }, words: `${count} of ${token} ${id}` };
  }
  if (count !== 1n) throw new SettingsError([`--amount: of an ERC-721 token there is one, got ${count}`]);
  return { tokens: { standard, token, id }, words: `${token} ${id}` };
}

async function readDecimals(client: WritableLayers["l1"]["client"], address: Address): Promise<number> {
  return readContract(client, { address, abi: tokenAbi, functionName: "decimals" }).catch(() => 18);
}
