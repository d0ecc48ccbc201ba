import type { Address } from "../primitives/index.ts";
import { COLD_ACCOUNT_GAS, WARM_GAS } from "./gas.ts";
import type { AccountEntry } from "./overlay.ts";

/** 37 zeros: what the address of a precompile begins with. */
const PRECOMPILE_PREFIX = `0x${"0".repeat(37)}`;

/** Whether there is a precompile here: 0x01 to 0x11 and 0x100. */
export function isPrecompile(address: Address): boolean {
  if (!address.startsWith(PRECOMPILE_PREFIX)) return false;
  const number = Number.parseInt(address.slice(PRECOMPILE_PREFIX.length), 16);
  return (number >= 0x01 && number <= 0x11) || number === 0x100;
}

/** Whether an address is warm whose entry this is (EIP-2929, docs/machine.md §4). */
export function isWarm(address: Address, entry: AccountEntry): boolean {
  return entry.isWarm || isPrecompile(address);
}

/** Gas of an access to an address whose entry this is. */
export function accessGas(address: Address, entry: AccountEntry): number {
  return isWarm(address, entry) ? WARM_GAS : COLD_ACCOUNT_GAS;
}
