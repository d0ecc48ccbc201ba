import type { Block } from "../rollup/index.ts";

/** Share of the gas limit from which a block counts as full: a usual transaction would no longer have fitted. */
const FULL = { numerator: 9n, denominator: 10n };

/**
 * Tip to suggest, in wei per gas: the minimum while blocks have room, since then any tip gets in; 110% of the median tip
 * of the latest block once it was full.
 */
export function suggestPriorityFee({ header, receipts, transactions }: Block, minimum: bigint): bigint {
  if (header.gasUsed * FULL.denominator < header.gasLimit * FULL.numerator) return minimum;
  const tips = receipts
    .filter((_, index) => transactions[index]?.kind === "signed")
    .map(({ effectiveGasPrice }) => effectiveGasPrice - header.baseFeePerGas)
    .sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  const median = tips[Math.floor(tips.length / 2)];
  if (median === undefined) return minimum;
  const raised = median + median / 10n;
  return raised > minimum ? raised : minimum;
}
