import type { Address, Client, Hex } from "viem";
import { estimateGas, getGasPrice } from "viem/actions";
import type { LayerName } from "./errors.ts";
import { explainFailure } from "./failure.ts";
import { calldataGas } from "./messages.ts";
import type { Call } from "./messages.ts";

/** What something costs on one layer now: `fee` = `gas` × `gasPrice`, in wei. */
export interface LayerCost {
  readonly gas: bigint;
  readonly gasPrice: bigint;
  readonly fee: bigint;
}

/** What something costs on each layer besides the ETH that it moves. */
export interface Cost {
  readonly l1: LayerCost;
  readonly l2: LayerCost;
}

/** L1 gas measured for confirming a claim, and for paying a withdrawal at its dearest, without what its data and its call take (benchmarks/gas.md). */
export const FINALIZATION_GAS = { confirm: 42_000n, execute: 112_000n } as const;

export const FREE: LayerCost = { gas: 0n, gasPrice: 0n, fee: 0n };

export async function costOfGas(client: Client, gas: bigint): Promise<LayerCost> {
  const gasPrice = await getGasPrice(client);
  return { gas, gasPrice, fee: gas * gasPrice };
}

/** What a call would cost its sender now, who must have the ETH for it. */
export async function costOfCall(client: Client, layer: LayerName, account: Address, call: Call): Promise<LayerCost> {
  try {
    return await costOfGas(client, await estimateGas(client, { account, ...call }));
  } catch (error) {
    throw await explainFailure(error, { client, layer, sender: account });
  }
}

/** L1 gas that a withdrawal will take at most to pay, apart from what its target takes beyond `minimumGas`. */
export function finalizationGas({
  confirmations,
  minimumGas = 0n,
  data = "0x",
}: {
  readonly confirmations: number;
  readonly minimumGas?: bigint | undefined;
  readonly data?: Hex | undefined;
}): bigint {
  return BigInt(confirmations) * FINALIZATION_GAS.confirm + FINALIZATION_GAS.execute + minimumGas + calldataGas(data);
}
