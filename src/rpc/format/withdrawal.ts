import { bytesToHex } from "../../primitives/index.ts";
import type { Withdrawal } from "../../rollup/index.ts";

/** A withdrawal in the shape of the contracts' `Withdrawal` struct, wei and gas as decimal strings. */
export function formatWithdrawal({ index, sender, target, value, minimumGas, data }: Withdrawal): object {
  return { index, sender, target, value: value.toString(), minimumGas: minimumGas.toString(), data: bytesToHex(data) };
}
