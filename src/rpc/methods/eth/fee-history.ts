import { z } from "zod";
import type { Block, BlockHeader } from "../../../rollup/index.ts";
import { isPending, nextEnvironment, requireBlock } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { list, optional, position } from "../../parameters/scalars.ts";
import { invalidParams } from "../../protocol/errors.ts";

const MAXIMUM_BLOCKS = 1024;
const MAXIMUM_PERCENTILES = 100;

const percentile = z
  .number({ error: "expected a percentile from 0 to 100" })
  .min(0, { error: "expected a percentile from 0 to 100" })
  .max(100, { error: "expected a percentile from 0 to 100" });

/** A block count is a quantity; some wallets send it in decimal. */
const blockCount = z.union(
  [
    position,
    z
      .string()
      .regex(/^[0-9]{1,20}$/)
      .transform(Number),
  ],
  { error: "expected a block count" },
);

export const feeHistory = defineReadingMethod(
  "eth_feeHistory",
  [blockCount, blockNumberOrTag, optional(list(percentile, MAXIMUM_PERCENTILES))],
  async ([count, newest, percentiles = []], { chain }) => {
    for (const [index, value] of percentiles.entries()) {
      if (index > 0 && value < (percentiles[index - 1] as number)) {
        throw invalidParams(
          `invalid reward percentile: expected ascending percentiles, got ${percentiles[index - 1]} before ${value}`,
        );
      }
    }
    // The pending block has no receipts yet, so the history ends with the latest.
    const last = isPending(newest) ? chain.latest() : requireBlock(chain, newest);
    const length = Math.min(count, MAXIMUM_BLOCKS, last.header.number + 1);
    const oldest = last.header.number - length + 1;
    if (length === 0) return { oldestBlock: "0x0", gasUsedRatio: [] };
    const blocks = Array.from({ length }, (_, offset) =>
      requireBlock(chain, { kind: "number", number: oldest + offset }),
    );
    const child = chain.store.getBlock(last.header.number + 1);
    const next = child?.header ?? (await nextEnvironment(chain, last.header));
    return {
      oldestBlock: formatQuantity(oldest),
      baseFeePerGas: [...blocks.map(({ header }) => header.baseFeePerGas), next.baseFeePerGas].map(formatQuantity),
      gasUsedRatio: blocks.map(({ header }) => usedRatio(header)),
      baseFeePerBlobGas: Array.from({ length: length + 1 }, () => "0x1"),
      blobGasUsedRatio: Array.from({ length }, () => 0),
      ...(percentiles.length === 0
        ? {}
        : { reward: blocks.map((block) => rewards(block, percentiles).map(formatQuantity)) }),
    };
  },
);

/** Gas used by the gas limit, which in this chain is what time has left in the bucket (specification §4); 0 where that is empty. */
function usedRatio({ gasUsed, gasLimit }: BlockHeader): number {
  return gasLimit === 0n ? 0 : Number((gasUsed * 1_000_000n) / gasLimit) / 1_000_000;
}

/** Tips in wei per gas at percentiles of the block's gas, by ascending tip; zeros for a block without transactions. */
function rewards({ header, receipts, transactions }: Block, percentiles: readonly number[]): bigint[] {
  const tips = receipts
    // Deposits bid for nothing: they pay the floor of the base fee.
    .filter(({ gasUsed }, index) => gasUsed > 0n && transactions[index]?.kind === "signed")
    .map(({ gasUsed, effectiveGasPrice }) => ({ gasUsed, tip: effectiveGasPrice - header.baseFeePerGas }))
    .sort((left, right) => (left.tip < right.tip ? -1 : left.tip > right.tip ? 1 : 0));
  const last = tips.at(-1);
  if (last === undefined) return percentiles.map(() => 0n);
  const gasUsed = tips.reduce((sum, tip) => sum + tip.gasUsed, 0n);
  return percentiles.map((wanted) => {
    const threshold = (gasUsed * BigInt(Math.round(wanted * 1_000))) / 100_000n;
    let sum = 0n;
    return tips.find(({ gasUsed }) => (sum += gasUsed) >= threshold)?.tip ?? last.tip;
  });
}
