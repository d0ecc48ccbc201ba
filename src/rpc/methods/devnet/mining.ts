import { z } from "zod";
import { flag, integer, object, optional } from "../../parameters/scalars.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

/** Hardhat's parameter is a timestamp, anvil's may be an object. */
const mineParameter = optional(
  z.union(
    [
      integer.transform((timestamp) => ({ timestamp, blocks: undefined })),
      object({ timestamp: optional(integer), blocks: optional(integer) }),
    ],
    {
      error: "expected a timestamp in seconds, or {timestamp, blocks}",
    },
  ),
);

export const miningMethods = [
  ...defineDevnetMethod(["evm_mine"], [mineParameter], async ([parameter], devnet) => {
    const { timestamp, blocks = 1 } = parameter ?? {};
    await devnet.mine({ count: blocks, interval: 1, ...(timestamp === undefined ? {} : { timestamp }) });
    return "0x0";
  }),
  ...defineDevnetMethod(
    ["hardhat_mine", "anvil_mine"],
    [optional(integer), optional(integer)],
    async ([count = 1, interval = 1], devnet) => {
      await devnet.mine({ count, interval });
      return true;
    },
  ),
  ...defineDevnetMethod(
    ["hardhat_getAutomine", "anvil_getAutomine"],
    [],
    (_, devnet) => devnet.miningMode().kind === "automatic",
  ),
  ...defineDevnetMethod(["evm_setAutomine", "anvil_setAutomine"], [flag], async ([enabled], devnet) => {
    await devnet.setMiningMode({ kind: enabled ? "automatic" : "manual" });
    return true;
  }),
  ...defineDevnetMethod(["evm_setIntervalMining"], [integer], async ([milliseconds], devnet) => {
    await devnet.setMiningMode(
      milliseconds === 0 ? { kind: "manual" } : { kind: "interval", seconds: milliseconds / 1_000 },
    );
    return true;
  }),
  ...defineDevnetMethod(["anvil_setIntervalMining"], [integer], async ([seconds], devnet) => {
    await devnet.setMiningMode(seconds === 0 ? { kind: "manual" } : { kind: "interval", seconds });
    return true;
  }),
  ...defineDevnetMethod(["anvil_getIntervalMining"], [], (_, devnet) => {
    const mode = devnet.miningMode();
    return mode.kind === "interval" ? mode.seconds : null;
  }),
];
