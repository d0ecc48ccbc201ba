import { decodeErrorResult, isHex } from "viem";
import type { Abi } from "viem";
import type { Hex } from "../primitives/index.ts";
import { errorText } from "./error-text.ts";

/** Why a call on L1 reverted, decoded by the ABIs at hand. */
export interface L1Revert {
  /** Error name with its arguments, as `ClaimNotFound(0x…)`, or the revert's bytes when no ABI knows it. */
  readonly message: string;
  /** Name of the custom error, if known. */
  readonly errorName: string | undefined;
  readonly data: Hex;
}

/** The revert a failed `eth_call` or `eth_estimateGas` reports, or undefined if it failed otherwise. */
export function findRevert(error: unknown, abis: readonly Abi[]): L1Revert | undefined {
  for (let cause: unknown = error; isObject(cause); cause = cause["cause"]) {
    const data = revertData(cause["data"]);
    if (data !== undefined) return decodeRevert(data, abis);
  }
  const message = errorText(error);
  return /revert/i.test(message) ? { message, errorName: undefined, data: "0x" } : undefined;
}

/** Hardhat and others nest the bytes as `data.data`; geth gives them as `data`. */
function revertData(data: unknown): Hex | undefined {
  if (typeof data === "string" && isHex(data)) return data;
  return isObject(data) ? revertData(data["data"]) : undefined;
}

/** The custom error the bytes encode, by the first ABI that knows it. */
export function decodeRevert(data: Hex, abis: readonly Abi[]): L1Revert {
  for (const abi of abis) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data }) as { errorName: string; args?: readonly unknown[] };
      return { message: `${errorName}(${(args ?? []).map(formatArgument).join(", ")})`, errorName, data };
    } catch {
      // This ABI does not know the selector; the next may.
    }
  }
  return { message: data === "0x" ? "revert without data" : `revert with data ${data}`, errorName: undefined, data };
}

function formatArgument(value: unknown): string {
  return typeof value === "object" && value !== null
    ? JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item))
    : String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
