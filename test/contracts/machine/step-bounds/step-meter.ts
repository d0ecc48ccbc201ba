/// <reference path="../../../../types/ethers-contracts/hardhat.d.ts" />
import { network } from "hardhat";
import oneStepProver from "../../../../deploy/modules/one-step-prover.ts";
import { deployScriptedInbox } from "../../../../scripts/conformance/scripted-inbox.ts";
import type { InboxHashes } from "../../../../scripts/conformance/scripted-inbox.ts";
import { bytesToHex } from "../../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../../src/primitives/index.ts";

/** What proving a step on L1 takes: a transaction that calls the OneStepProver and does nothing else. */
export interface StepCost {
  /** State hash that the contract returns. */
  readonly after: Hash;
  /** Bytes of calldata. */
  readonly calldata: number;
  /** Gas used by the transaction, as its receipt says: its 21,000, calldata (EIP-7623) and execution. */
  readonly gas: number;
}

/** A contract on L1. */
export interface DeployedContract {
  readonly name: string;
  /** Bytes of its code. */
  readonly codeSize: number;
  /** Gas of the transaction that deployed it. */
  readonly deploymentGas: number;
}

/** The OneStepProver on a simulated L1 with Osaka's rules, for measuring what steps take. */
export interface StepMeter {
  /** Takes a step (`encodeStepCall`) in a transaction with `MOST_GAS` as its gas limit. Throws if it reverts, as it does with too little. */
  measure(call: Uint8Array): Promise<StepCost>;
  /** The gas limit such a transaction needs, which is above what it uses where a call must be left one 64th. */
  gasLimitOf(call: Uint8Array): Promise<number>;
  deployInbox(hashes: InboxHashes): Promise<Address>;
  readonly contracts: readonly DeployedContract[];
  close(): Promise<void>;
}

/** Bytes of calldata that the proof of a step may need. */
export const MOST_CALLDATA = 100_000;
/** Gas that the transaction with the proof of a step may need, which is more than it uses in the end. */
export const MOST_GAS = 10_000_000;

/** Needs the compiled contracts (`hardhat build`). */
export async function createStepMeter(): Promise<StepMeter> {
  const connection = await network.create();
  const { ethers, provider } = connection;
  const deployed = await connection.ignition.deploy(oneStepProver);
  const deploymentGas = new Map<string, number>();
  for (let number = await ethers.provider.getBlockNumber(); number > 0; number--) {
    const block = await ethers.provider.getBlock(number);
    for (const hash of block?.transactions ?? []) {
      const receipt = await ethers.provider.getTransactionReceipt(hash);
      if (typeof receipt?.contractAddress === "string") {
        deploymentGas.set(receipt.contractAddress.toLowerCase(), Number(receipt.gasUsed));
      }
    }
  }
  const contracts: DeployedContract[] = [];
  for (const [name, contract] of Object.entries(deployed)) {
    const address = await contract.getAddress();
    contracts.push({
      name: nameOf(name),
      codeSize: (await ethers.provider.getCode(address)).length / 2 - 1,
      deploymentGas: deploymentGas.get(address.toLowerCase()) ?? NaN,
    });
  }

  const to = (await deployed.prover.getAddress()) as Hex;
  const [caller] = await ethers.getSigners();
  if (caller === undefined) throw new Error("expected the simulated L1 to have accounts");
  const gas: Hex = `0x${MOST_GAS.toString(16)}`;
  const request = (method: string, params: unknown[]) => provider.request({ method, params });
  return {
    measure: async (call) => {
      const transaction = { from: caller.address, to, data: bytesToHex(call), gas };
      const after = (await request("eth_call", [transaction, "latest"])) as Hash;
      const hash = await request("eth_sendTransaction", [transaction]);
      const receipt = (await request("eth_getTransactionReceipt", [hash])) as { status: Hex; gasUsed: Hex };
      if (receipt.status !== "0x1")
        throw new Error("expected the step to succeed in a transaction as it did in a call");
      return { after, calldata: call.length, gas: Number(receipt.gasUsed) };
    },
    gasLimitOf: async (call) =>
      Number((await request("eth_estimateGas", [{ from: caller.address, to, data: bytesToHex(call), gas }])) as Hex),
    deployInbox: (hashes) => deployScriptedInbox(connection, hashes),
    contracts,
    close: () => connection.close(),
  };
}

/** Of the contract behind a name in the deployment module. */
function nameOf(key: string): string {
  if (key === "prover") return "OneStepProver";
  if (key === "memoryAccess") return "MemoryVerifier";
  if (key === "storageAccess") return "StorageVerifier";
  return `${key.charAt(0).toUpperCase()}${key.slice(1)}Verifier`;
}
