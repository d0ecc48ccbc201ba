import { integer } from "../../parameters/scalars.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

export const timeMethods = [
  ...defineDevnetMethod(["evm_increaseTime", "anvil_increaseTime"], [integer], async ([seconds], devnet) =>
    String(await devnet.increaseTime(seconds)),
  ),
  ...defineDevnetMethod(
    ["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"],
    [integer],
    async ([timestamp], devnet) => {
      await devnet.setNextTimestamp(timestamp);
      return String(timestamp);
    },
  ),
];
