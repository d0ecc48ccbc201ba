import { formatEther } from "viem";
import type { Client, Hash } from "viem";
import { awaitTransaction } from "../client/index.ts";
import type { WaitOptions } from "../client/index.ts";

/** What a transaction that was waited for came to: `fee` is in wei. */
export interface TransactionReport {
  readonly transactionHash: Hash;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  readonly fee: bigint;
}

/** Rejects as `awaitTransaction` does. */
export async function reportTransaction(
  client: Client,
  layer: "L1" | "L2",
  hash: Hash,
  options: WaitOptions,
): Promise<TransactionReport> {
  const { blockNumber, gasUsed, effectiveGasPrice } = await awaitTransaction(client, layer, hash, options);
  return { transactionHash: hash, blockNumber: Number(blockNumber), gasUsed, fee: gasUsed * effectiveGasPrice };
}

export function describeTransaction({ blockNumber, gasUsed, fee }: TransactionReport): string {
  return `in block ${blockNumber}, ${gasUsed} gas, ${formatEther(fee)} ETH`;
}
