import { formatEther } from "viem";
import { askNode } from "./ask-node.ts";
import { defineCommand } from "./command.ts";
import type { ArgumentDefinition } from "./command.ts";
import { askL1Url, quantitySchema, runningDevnetSettings } from "./devnet-settings.ts";
import { formatJson } from "./output.ts";
import { addressText, etherText } from "./setting-types.ts";
import { switchSetting } from "./settings.ts";

const DEFAULT_AMOUNT = 10n ** 19n;

const amountArgument: ArgumentDefinition<bigint | undefined> = {
  name: "amount",
  description: "ether; 10 if left out",
  schema: etherText,
  optional: true,
};

export const faucetCommand = defineCommand({
  name: "faucet",
  summary: "give an account ETH on a running devnet",
  details: "On L2 it is a deposit, which L1 backs; with --l1 the L1 of the devnet makes the balance higher.",
  examples: [
    ["onestep devnet faucet 0x…", "10 ETH on L2"],
    ["onestep devnet faucet 0x… 2.5 --l1", "2.5 ETH on L1"],
  ],
  argument: { name: "address", description: "who gets it", schema: addressText },
  secondArgument: amountArgument,
  settings: { ...runningDevnetSettings, l1: switchSetting("give it on L1") },
  async run({ rpcUrl, json, l1 }, { argument: address, secondArgument: amount = DEFAULT_AMOUNT }) {
    const url = l1 ? await askL1Url(rpcUrl) : rpcUrl;
    const readBalance = async () => quantitySchema.parse(await askNode(url, "eth_getBalance", [address, "latest"]));
    if (l1) await askNode(url, "hardhat_setBalance", [address, `0x${((await readBalance()) + amount).toString(16)}`]);
    else await askNode(url, "anvil_addBalance", [address, `0x${amount.toString(16)}`]);
    const balance = await readBalance();
    const layer = l1 ? "L1" : "L2";
    if (json) console.log(formatJson({ layer, address, amount, balance }));
    else console.log(`${address} got ${formatEther(amount)} ETH on ${layer} and has ${formatEther(balance)} ETH there`);
  },
});
