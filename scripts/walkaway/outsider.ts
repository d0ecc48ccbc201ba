import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createWalletClient, encodeFunctionData, http } from "viem";
import type { Abi, Address, Hex, TransactionReceipt } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { startOnestep } from "../../test/end-to-end/onestep-process.ts";
import type { OnestepProcess } from "../../test/end-to-end/onestep-process.ts";
import type { OperatedRollup } from "./operated-rollup.ts";

/** Somebody whom the rollup does not know: a new key, an empty folder, its configuration file, and an L1 endpoint. */
export interface Outsider {
  readonly account: ReturnType<typeof privateKeyToAccount>;
  readonly privateKey: Hex;
  /** Calls a contract on L1 and waits for it. Throws if it reverts. */
  call(
    to: Address,
    call: { readonly abi: Abi; readonly functionName: string; readonly args: readonly unknown[] },
    options?: { readonly value?: bigint; readonly gas?: bigint },
  ): Promise<TransactionReceipt>;
  /** Runs a role on the outsider's folder for as long as `action` takes, and stops it in order. */
  run<T>(
    role: "node" | "self-sequence" | "proposer" | "challenger",
    flags: readonly string[],
    action: (role: { readonly url: string; readonly log: () => string }) => Promise<T>,
  ): Promise<T>;
  /** Kills what still runs. */
  close(): Promise<void>;
}

export function createOutsider(rollup: OperatedRollup, folder: string): Outsider {
  const { l1, l1Url, configPath } = rollup;
  const privateKey = generatePrivateKey();
  const account = privateKeyToAccount(privateKey);
  const wallet = createWalletClient({ chain: hardhat, transport: http(l1Url), account });
  mkdirSync(folder, { recursive: true });
  let running: OnestepProcess<{ readonly url: string }> | undefined;
  return {
    account,
    privateKey,
    async call(to, call, options = {}) {
      const hash = await wallet.sendTransaction({ to, data: encodeFunctionData(call), ...options });
      const receipt = await l1.waitForTransactionReceipt({ hash });
      if (receipt.status !== "success") throw new Error(`${call.functionName} reverted: transaction ${hash}`);
      return receipt;
    },
    async run(role, flags, action) {
      running = await startOnestep<{ readonly url: string }>({
        arguments: [
          ...[role, "--rollup-config", configPath, "--l1-rpc-url", l1Url, "--data-dir", join(folder, "data")],
          ...["--l1-poll-interval", "0.1", "--rpc-port", "0", ...flags],
        ],
        environment: {
          ONESTEP_POSTER_KEY: privateKey,
          ONESTEP_PROPOSER_KEY: privateKey,
          ONESTEP_CHALLENGER_KEY: privateKey,
        },
        infoFile: join(folder, `${role}.json`),
      });
      const { info, log } = running;
      try {
        const result = await action({ url: info.url, log });
        const code = await running.stop();
        if (code !== 0) throw new Error(`onestep ${role} ended with ${code ?? "a signal"}`);
        return result;
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${tail(log())}`, { cause: error });
      } finally {
        await running.kill();
        running = undefined;
      }
    },
    async close() {
      await running?.kill();
    },
  };
}

/** The end of a log, which says what went wrong. */
function tail(log: string): string {
  return log.split("\n").slice(-30).join("\n");
}
