import { network } from "hardhat";
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

/** The OneStepProver on a simulated L1 of this process, for checking many steps. */
export interface StepChecker {
  /**
   * Calls of `start` and `step` (`encodeStepCall`), in any number; each may use `gas`, its calldata included: by default that of one L1
   * transaction, 2^24.
   */
  check(calls: readonly Uint8Array[], gas?: number): Promise<StepVerdict[]>;
  deployInbox(hashes: InboxHashes): Promise<Address>;
  close(): Promise<void>;
}

/** EIP-7825. A step has to stay within it, its calldata included. */
const TRANSACTION_GAS = 2 ** 24;
/** Calls at a time: the simulated L1 takes one after the other, so this only has to keep it busy. */
const PARALLEL = 32;

/** Deploys the prover. Needs the compiled contracts (`hardhat build`); takes a second or two. */
export async function createStepChecker(): Promise<StepChecker> {
  const connection = await network.create();
  const { prover } = await connection.ignition.deploy(oneStepProver);
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
