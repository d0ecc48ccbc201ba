import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { network } from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import hardhatConfig from "../../hardhat.config.ts";
import oneStepProver from "../../deploy/modules/one-step-prover.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../src/primitives/index.ts";
import { deployScriptedInbox } from "./scripted-inbox.ts";
import type { InboxHashes } from "./scripted-inbox.ts";

/** What the OneStepProver says of a step. */
export type StepVerdict =
  | { readonly kind: "taken"; readonly after: Hash }
  /** It reverted; `reason` names the error. */
  | { readonly kind: "refused"; readonly reason: string };

/** The OneStepProver on an L1, for checking many steps. */
export interface StepChecker {
  /**
   * Calls of `start` and `step` (`encodeStepCall`), in any number; each may use `gas`, its calldata included: by default that of one L1
   * transaction, 2^24.
   */
  check(calls: readonly Uint8Array[], gas?: number): Promise<StepVerdict[]>;
  deployInbox(hashes: InboxHashes): Promise<Address>;
  close(): Promise<void>;
}

const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** EIP-7825. A step has to stay within it, its calldata included. */
const TRANSACTION_GAS = 2 ** 24;
/** Calls at a time: the simulated L1 takes one after the other, so this only has to keep it busy. */
const PARALLEL = 32;

/**
 * Deploys the prover: on a simulated L1, or on the L1 of a Hardhat node at `l1RpcUrl`, whose own accounts pay. Needs the compiled
 * contracts (`hardhat build`); takes a second or two.
 */
export async function createStepChecker({ l1RpcUrl }: { readonly l1RpcUrl?: string } = {}): Promise<StepChecker> {
  const journals = mkdtempSync(join(tmpdir(), "onestep-ignition-"));
  const connection = await (l1RpcUrl === undefined ? network.create() : connectTo(l1RpcUrl, journals));
  const { prover } = await connection.ignition.deploy(oneStepProver).finally(() => {
    rmSync(journals, { recursive: true, force: true });
  });
  const to = await prover.getAddress();

  const checkOne = async (call: Uint8Array, gas: Hex): Promise<StepVerdict> => {
    try {
      const result = await connection.provider.request({
        method: "eth_call",
        params: [{ to, data: bytesToHex(call), gas }, "latest"],
      });
      return { kind: "taken", after: result as Hash };
    } catch (error) {
      return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    check: async (calls, gas = TRANSACTION_GAS) => {
      const verdicts: StepVerdict[] = [];
      let next = 0;
      const take = async (): Promise<void> => {
        while (next < calls.length) {
          const index = next++;
          verdicts[index] = await checkOne(calls[index] as Uint8Array, `0x${gas.toString(16)}`);
        }
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, calls.length) }, take));
      return verdicts;
    },
    deployInbox: (hashes) => deployScriptedInbox(connection, hashes),
    close: () => connection.close(),
  };
}

/** Ignition goes on with a deployment whose journal it finds: of another L1 with the same chain id, if it keeps them in one place. */
async function connectTo(url: string, journals: string): ReturnType<typeof network.create> {
  const networks = { l1: { type: "http", chainType: "l1", url } } as const;
  const config = { plugins: hardhatConfig.plugins ?? [], paths: { ignition: journals }, networks };
  return (await createHardhatRuntimeEnvironment(config, {}, PROJECT_ROOT)).network.create("l1");
}
