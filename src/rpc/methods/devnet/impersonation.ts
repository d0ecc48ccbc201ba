import { address, flag } from "../../parameters/scalars.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

export const impersonationMethods = [
  ...defineDevnetMethod(
    ["hardhat_impersonateAccount", "anvil_impersonateAccount"],
    [address],
    async ([account], devnet) => {
      await devnet.impersonate(account);
      return true;
    },
  ),
  ...defineDevnetMethod(
    ["hardhat_stopImpersonatingAccount", "anvil_stopImpersonatingAccount"],
    [address],
    ([account], devnet) => devnet.stopImpersonating(account),
  ),
  ...defineDevnetMethod(["anvil_autoImpersonateAccount"], [flag], ([enabled], devnet) => {
    devnet.impersonateAll(enabled);
    return true;
  }),
];
