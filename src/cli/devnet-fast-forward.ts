import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { OUTBOX_ADDRESS } from "../rollup/index.ts";
import { NodeRefusalError, askNode, askNodeOrNull } from "./ask-node.ts";
import { RPC_ERROR } from "../rpc/index.ts";
import { defineCommand } from "./command.ts";
import type { ArgumentDefinition } from "./command.ts";
import { askL1Url, quantitySchema, runningDevnetSettings } from "./devnet-settings.ts";
import { formatJson } from "./output.ts";
import { integerText, secondsText } from "./setting-types.ts";
import { setting } from "./settings.ts";

const claimSchema = z.object({ id: z.string(), status: z.string(), confirmableAt: z.number() });
type Claim = z.output<typeof claimSchema>;
const statusSchema = z.object({ status: z.string() });
const timestampSchema = z.object({ timestamp: quantitySchema });

/** Withdrawals that are looked at, the latest ones: each asks L1. */
const MAXIMUM_WITHDRAWALS = 200;
/** Each takes as long as the node gives a call. */
const ATTEMPTS = 5;
/** Milliseconds between looks. */
const LOOK_INTERVAL = 250;

const secondsArgument: ArgumentDefinition<number | undefined> = {
  name: "seconds",
  description: "to move on; until all claims can be confirmed if left out",
  schema: integerText(0, 10_000_000_000),
  optional: true,
};

export const fastForwardCommand = defineCommand({
  name: "fast-forward",
  summary: "move both clocks of a running devnet past the challenge period, and wait until claims are confirmed",
  details:
    "Without seconds it waits until the latest block is claimed on L1, and moves on until that claim can be confirmed, and all before it. " +
    "L1's clock and L2's move together; whatever counts time on either layer sees it pass. It ends when the claims whose time is over " +
    "are confirmed, and says which withdrawals can be executed on L1 since.",
  examples: [
    ["onestep devnet fast-forward", "everything that was withdrawn can be executed"],
    ["onestep devnet fast-forward 86400", "a day passes"],
  ],
  argument: secondsArgument,
  settings: {
    ...runningDevnetSettings,
    timeout: setting(secondsText(1), {
      description: "longest wait for claims, and for their confirmation",
      placeholder: "seconds",
      fallback: "60",
    }),
  },
  async run({ rpcUrl, json, timeout }, { argument: seconds }) {
    const report = (line: string): void => {
      if (!json) process.stderr.write(`${line}\n`);
    };
    const l1Url = await askL1Url(rpcUrl);
    const deadline = () => Date.now() + timeout * 1_000;
    const before = await readWithdrawals(rpcUrl);
    const start = await l1Time(l1Url);

    // 1. Move the clocks.
    const block = z.string().parse(await askNode(rpcUrl, "eth_blockNumber", []));
    if (seconds !== undefined) await moveClocks(rpcUrl, seconds, report);
    else if (block !== "0x0") {
      const claim = await untilClaimed(rpcUrl, block, deadline(), report);
      await moveClocks(
        rpcUrl,
        claim.status === "confirmed" ? 0 : claim.confirmableAt + 1 - (await l1Time(l1Url)),
        report,
      );
    }

    // 2. Wait until what can be confirmed is.
    const claim = await untilConfirmed(rpcUrl, block, seconds === undefined, deadline(), report);

    // 3. Say what that has changed.
    const now = await l1Time(l1Url);
    const after = await untilSettled(rpcUrl, deadline());
    const executable = [...after].flatMap(([index, status]) => (status === "executable" ? [index] : []));
    const became = executable.filter((index) => before.get(index) !== "executable");
    if (json)
      console.log(formatJson({ movedBy: now - start, l1Timestamp: now, claim: claim ?? null, executable, became }));
    else {
      console.log(`L1 is at ${new Date(now * 1_000).toISOString()}, ${now - start} s later.`);
      console.log(
        executable.length === 0
          ? "No withdrawal can be executed."
          : `Withdrawals that can be executed on L1 (Portal.execute): ${executable.join(", ")}; since now: ${became.join(", ") || "none"}.`,
      );
    }
  },
});

async function moveClocks(rpcUrl: string, seconds: number, report: (line: string) => void): Promise<void> {
  if (seconds <= 0) return;
  report(`moving both clocks on by ${seconds} s`);
  await askNode(rpcUrl, "evm_increaseTime", [seconds]);
}

async function l1Time(l1Url: string): Promise<number> {
  const { timestamp } = timestampSchema.parse(await askNode(l1Url, "eth_getBlockByNumber", ["latest", false]));
  return Number(timestamp);
}

async function claimOf(rpcUrl: string, block: string): Promise<Claim | undefined> {
  return claimSchema.nullable().parse(await askPatiently(rpcUrl, "rollup_getClaimOfBlock", [block])) ?? undefined;
}

/** As `askNodeOrNull`, again and again where a busy node did not come to it in time. */
async function askPatiently(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askNodeOrNull(rpcUrl, method, params);
    } catch (error) {
      const isBusy = error instanceof NodeRefusalError && error.code === RPC_ERROR.timeout;
      if (!isBusy || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function untilClaimed(
  rpcUrl: string,
  block: string,
  deadline: number,
  report: (line: string) => void,
): Promise<Claim> {
  for (let isFirst = true; ; isFirst = false) {
    const claim = await claimOf(rpcUrl, block);
    if (claim !== undefined) return claim;
    if (isFirst) report(`waiting until block ${Number(block)} is claimed on L1`);
    if (Date.now() > deadline) {
      throw new Error(`block ${Number(block)} was not claimed in time: does the devnet's proposer run? See its log`);
    }
    await delay(LOOK_INTERVAL);
  }
}

/** Waits until the claim of a block is confirmed, if its time is over, or it `must` be; gives the claim. */
async function untilConfirmed(
  rpcUrl: string,
  block: string,
  must: boolean,
  deadline: number,
  report: (line: string) => void,
): Promise<Claim | undefined> {
  for (let isFirst = true; ; isFirst = false) {
    const claim = block === "0x0" ? undefined : await claimOf(rpcUrl, block);
    if (claim === undefined || claim.status === "confirmed" || (claim.status !== "confirmable" && !must)) return claim;
    if (isFirst) report(`waiting until claim ${claim.id} is confirmed`);
    if (Date.now() > deadline) {
      throw new Error(`claim ${claim.id} is ${claim.status} and was not confirmed in time: see the devnet's log`);
    }
    await delay(LOOK_INTERVAL);
  }
}

/** What became of withdrawals, once none waits for the confirmation of a claim whose time is over. */
async function untilSettled(rpcUrl: string, deadline: number): Promise<ReadonlyMap<number, string>> {
  for (;;) {
    const withdrawals = await readWithdrawals(rpcUrl);
    if (![...withdrawals.values()].includes("confirmable") || Date.now() > deadline) return withdrawals;
    await delay(LOOK_INTERVAL);
  }
}

/** The status of each of the latest withdrawals, by index. */
async function readWithdrawals(rpcUrl: string): Promise<ReadonlyMap<number, string>> {
  // Slot 0 of the Outbox counts them (specification §5).
  const count = Number(
    quantitySchema.parse(await askNode(rpcUrl, "eth_getStorageAt", [OUTBOX_ADDRESS, "0x0", "latest"])),
  );
  const withdrawals = new Map<number, string>();
  for (let index = Math.max(0, count - MAXIMUM_WITHDRAWALS); index < count; index++) {
    const answer = await askPatiently(rpcUrl, "rollup_getWithdrawalStatus", [index]);
    if (answer !== null) withdrawals.set(index, statusSchema.parse(answer).status);
  }
  return withdrawals;
}
