import type { Client } from "viem";
import { parseAccount } from "viem/accounts";
import { sendTransaction } from "viem/actions";
import { createPublicActionsL1, createWalletActionsL1 } from "./actions-l1.ts";
import type { PublicActionsL1, WalletActionsL1 } from "./actions-l1.ts";
import { createPublicActionsL2, createWalletActionsL2 } from "./actions-l2.ts";
import type { PublicActionsL2, WalletActionsL2 } from "./actions-l2.ts";
import { OnestepError } from "./errors.ts";
import type { Rollup } from "./rollup.ts";
import type { Sender } from "./sending.ts";

/** For a viem client of L2: `createPublicClient(…).extend(onestepPublicActionsL2())`. */
export function onestepPublicActionsL2(): (client: Client) => PublicActionsL2 {
  return createPublicActionsL2;
}

/** For a viem client of the rollup's L1: `createPublicClient(…).extend(onestepPublicActionsL1(rollup))`. */
export function onestepPublicActionsL1(rollup: Rollup): (client: Client) => PublicActionsL1 {
  return (client) => createPublicActionsL1(client, rollup);
}

/** For a viem wallet client of L2, with an account. */
export function onestepWalletActionsL2(): (client: Client) => WalletActionsL2 {
  return (client) => createWalletActionsL2(client, walletSender(client));
}

/** For a viem wallet client of the rollup's L1, with an account. */
export function onestepWalletActionsL1(rollup: Rollup): (client: Client) => WalletActionsL1 {
  return (client) => createWalletActionsL1(client, walletSender(client), rollup);
}

/** The account of a viem client, its wallet's or a local one. */
export function walletSender(client: Client): Sender {
  const accountOf = () => {
    if (client.account !== undefined) return parseAccount(client.account);
    throw new OnestepError({ kind: "unsupported-provider", reason: "expected a viem client with an account" });
  };
  return {
    address: async () => accountOf().address,
    send: (call) => sendTransaction(client, { account: accountOf(), chain: client.chain ?? null, ...call }),
  };
}
