import { getAddress } from "viem";
import type { Address, Hash, Hex } from "../../primitives/index.ts";

/** A quantity as JSON-RPC writes it: 0x-hex without leading zeros. */
export function formatQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

/** 32 bytes of a quantity. */
export function formatWord(value: bigint): Hash {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

/** An address in the mixed case of EIP-55, as go-ethereum writes it where it is no value but a name. */
export function formatChecksumAddress(address: Address): string {
  return getAddress(address);
}
