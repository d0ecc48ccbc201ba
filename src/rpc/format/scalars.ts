import type { Hash, Hex } from "../../primitives/index.ts";

/** A quantity as JSON-RPC writes it: 0x-hex without leading zeros. */
export function formatQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

/** 32 bytes of a quantity. */
export function formatWord(value: bigint): Hash {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
