import { address, quantity } from "../../parameters/scalars.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

export const balanceMethods = [
  ...defineDevnetMethod(
    ["hardhat_setBalance", "anvil_setBalance"],
    [address, quantity],
    async ([account, balance], devnet) => {
      await devnet.setBalance(account, balance);
      return true;
    },
  ),
  ...defineDevnetMethod(["anvil_addBalance"], [address, quantity], async ([account, amount], devnet) => {
    await devnet.addBalance(account, amount);
    return true;
  }),
];
