import { inspect } from "node:util";
import { decodeErrorResult, isHex } from "viem";
import type { Abi } from "viem";
import type { Hex } from "../primitives/index.ts";
import type { L1Revert } from "./transaction-manager-types.ts";

/** What an L1 node's refusal of a broadcast means. Nodes have no common codes, so this goes by their wording. */
export type BroadcastRefusal =
  | { readonly kind: "already-known" }
  | { readonly kind: "nonce-too-low" }
  /** The pool holds another transaction of this nonce whose fees are not far enough below. */
  | { readonly kind: "replacement-underpriced" }
  /** The fees are below what the node takes at all. */
  | { readonly kind: "fee-too-low" }
  | { readonly kind: "insufficient-funds" }
  /** The blobs came in a form the node does not read. */
  | { readonly kind: "sidecar-form" }
  /** It was executed and reverted: a node that mines at once says so instead of answering the hash. */
  | { readonly kind: "reverted" }
  | { readonly kind: "other"; readonly message: string };

/** Wordings of geth, Nethermind, Besu, Erigon, Reth, Hardhat and Anvil. */
const REFUSALS: readonly (readonly [pattern: RegExp, kind: Exclude<BroadcastRefusal["kind"], "other">])[] = [
  [/already known|known transaction|already imported|alreadyknown|already in (?:the )?pool/i, "already-known"],
  [/nonce (?:is )?too low|oldnonce|nonce_too_low/i, "nonce-too-low"],
  [/replacement|underpriced to replace|replacenotallowed/i, "replacement-underpriced"],
  [/insufficient funds|enough funds|insufficientfunds|insufficient_funds|upfront cost exceeds/i, "insufficient-funds"],
  [
    /underpriced|too low for the next block|less than block base fee|fee ?too ?low|below the (?:minimum|base fee)|fee per (?:blob )?gas (?:is )?(?:too low|less)/i,
    "fee-too-low",
  ],
  [/sidecar|cell proof|blob.*version|unexpected (?:string|list)|rlp:|decod/i, "sidecar-form"],
  [/revert/i, "reverted"],
];

export function classifyRefusal(error: unknown): BroadcastRefusal {
  const message = errorText(error);
  for (const [pattern, kind] of REFUSALS) if (pattern.test(message)) return { kind };
  return { kind: "other", message };
}

/** Characters of one message. */
const LONGEST_TEXT = 1_000;

/** The innermost messages of an error and its causes, which is where viem keeps the node's own words. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let cause: unknown = error; isObject(cause); cause = cause["cause"]) {
    const text = cause["details"] ?? cause["message"];
    // An error page can be long.
    const shortened = typeof text === "string" ? text.slice(0, LONGEST_TEXT) : undefined;
    if (shortened !== undefined && !texts.includes(shortened)) texts.push(shortened);
  }
  if (texts.length > 0) return texts.join(": ");
  // Not String(): what a node answers may have a toString that is none.
  return typeof error === "string" ? error : inspect(error);
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
