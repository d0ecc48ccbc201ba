import { z } from "zod";
import { bytesToHex } from "../../../primitives/index.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { quantity } from "../../parameters/scalars.ts";
import { invalidParams } from "../../protocol/errors.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

const noForking = z.unknown().refine((value) => value === undefined || isEmptyObject(value), {
  error: "expected nothing: what a devnet's L1 forks is chosen when it starts (onestep devnet --fork)",
});

export const snapshotMethods = [
  ...defineDevnetMethod(["evm_snapshot", "anvil_snapshot"], [], async (_, devnet) =>
    formatQuantity(await devnet.snapshot()),
  ),
  ...defineDevnetMethod(["evm_revert", "anvil_revert"], [quantity], ([id], devnet) => devnet.revert(id)),
  ...defineDevnetMethod(["hardhat_reset", "anvil_reset"], [noForking], async (_, devnet) => {
    await devnet.reset();
    return true;
  }),
  ...defineDevnetMethod(["anvil_dumpState", "hardhat_dumpState"], [z.unknown()], async ([preserve], devnet) => {
    if (preserve !== undefined && typeof preserve !== "boolean") throw invalidParams("expected true, false or nothing");
    return bytesToHex(await devnet.dump());
  }),
];

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((entry) => entry === undefined);
}
