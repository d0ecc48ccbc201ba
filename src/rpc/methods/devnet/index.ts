import type { RpcMethod } from "../../node.ts";
import { balanceMethods } from "./balances.ts";
import { impersonationMethods } from "./impersonation.ts";
import { informationMethods } from "./information.ts";
import { miningMethods } from "./mining.ts";
import { refusedMethods } from "./refused.ts";
import { sendTransactionMethods } from "./send-transaction.ts";
import { snapshotMethods } from "./snapshots.ts";
import { timeMethods } from "./time.ts";

/** The helper methods of Hardhat and anvil: what they can mean on a rollup, and why the others cannot. */
export const DEVNET_METHODS: readonly RpcMethod[] = [
  ...balanceMethods,
  ...impersonationMethods,
  ...informationMethods,
  ...miningMethods,
  ...refusedMethods,
  ...sendTransactionMethods,
  ...snapshotMethods,
  ...timeMethods,
];
