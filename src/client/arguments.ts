import { isAddress, isHex, size } from "viem";
import type { Address, Hex } from "viem";
import { OnestepError } from "./errors.ts";

/** Checks of what callers give, who may not use TypeScript. All throw an `invalid-argument`. */

export function requireAddress(name: string, value: Address): Address {
  if (isAddress(value, { strict: false })) return value;
  throw new OnestepError({ kind: "invalid-argument", name, value: String(value), expected: "a 20-byte address" });
}

export function requireWei(name: string, value: bigint, maximum: bigint): void {
  if (typeof value === "bigint" && value >= 0n && value <= maximum) return;
  throw new OnestepError({
    kind: "invalid-argument",
    name,
    value: String(value),
    expected: `a bigint of wei from 0 to ${maximum}`,
  });
}

export function requireData(name: string, value: Hex, maximum: number): void {
  if (!isHex(value) || value.length % 2 !== 0) {
    throw new OnestepError({ kind: "invalid-argument", name, value: String(value), expected: "bytes as 0x-hex" });
  }
  if (size(value) <= maximum) return;
  throw new OnestepError({
    kind: "invalid-argument",
    name,
    value: `${size(value)} bytes`,
    expected: `at most ${maximum} bytes`,
  });
}

export function requireIndex(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new OnestepError({ kind: "invalid-argument", name, value: String(value), expected: "an index from 0 on" });
}
