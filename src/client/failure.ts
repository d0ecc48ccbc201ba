import { decodeErrorResult, isHex, parseAbi } from "viem";
import type { Abi, Address, Client, Hex } from "viem";
import { getBalance } from "viem/actions";
import {
  erc1155BridgeAbi,
  erc20BridgeAbi,
  erc721BridgeAbi,
  inboxAbi,
  l1MessengerAbi,
  outboxAbi,
  portalAbi,
  stateCommitmentChainAbi,
} from "./abi.ts";
import { OnestepError } from "./errors.ts";
import type { LayerName } from "./errors.ts";

/** Of any contract that a message may call. */
const solidityErrors = parseAbi(["error Error(string reason)", "error Panic(uint256 code)"]);
const ABIS: readonly Abi[] = [
  inboxAbi,
  outboxAbi,
  portalAbi,
  stateCommitmentChainAbi,
  erc20BridgeAbi,
  erc721BridgeAbi,
  erc1155BridgeAbi,
  l1MessengerAbi,
  solidityErrors,
];

/** Wordings of go-ethereum, Hardhat, Nethermind and others. */
const INSUFFICIENT = /insufficient funds|doesn't have enough funds|insufficient balance|insufficient_funds/i;
const REVERTED = /revert/i;

/** A contract's error, decoded. */
export interface Revert {
  readonly errorName: string | undefined;
  readonly args: readonly unknown[];
  /** For people: the name with its arguments. */
  readonly reason: string;
}

/** The revert that a failed estimate or call reports; undefined if it failed otherwise. viem's errors and ethers' will do. */
export function findRevert(error: unknown): Revert | undefined {
  for (const link of linksOf(error)) {
    const data = dataOf(link["data"]);
    if (data !== undefined) return decodeRevert(data);
  }
  return REVERTED.test(textOf(error)) ? { errorName: undefined, args: [], reason: "it reverts" } : undefined;
}

function decodeRevert(data: Hex): Revert {
  for (const abi of ABIS) {
    try {
      const { errorName, args = [] } = decodeErrorResult({ abi, data }) as {
        errorName: string;
        args?: readonly unknown[];
      };
      const reason = errorName === "Error" ? String(args[0]) : `${errorName}(${args.map(String).join(", ")})`;
      return { errorName, args, reason };
    } catch {
      // Another contract's error.
    }
  }
  return { errorName: undefined, args: [], reason: data === "0x" ? "it reverts" : `it reverts with ${data}` };
}

/**
 * What a failed transaction of `sender` means: `insufficient-funds`, or what the contract refuses it for. Anything else comes back as
 * it is.
 */
export async function explainFailure(
  error: unknown,
  { client, layer, sender }: { readonly client: Client; readonly layer: LayerName; readonly sender: Address },
): Promise<unknown> {
  if (error instanceof OnestepError) return error;
  if (INSUFFICIENT.test(textOf(error))) {
    const balance = await getBalance(client, { address: sender }).catch(() => undefined);
    if (balance === undefined) return error;
    return new OnestepError({ kind: "insufficient-funds", layer, address: sender, balance }, { cause: error });
  }
  const revert = findRevert(error);
  return revert === undefined ? error : new OnestepError(problemOf(revert, layer), { cause: error });
}

function problemOf({ errorName, args, reason }: Revert, layer: LayerName): OnestepError["problem"] {
  if (errorName === "CallFailed") {
    return { kind: "recipient-refuses", target: args[0] as Address, returnData: args[1] as Hex };
  }
  if (errorName === "AlreadyExecuted") return { kind: "already-executed", index: Number(args[0]) };
  if (errorName === "ForbiddenTarget") return { kind: "forbidden-target", target: args[0] as Address };
  return { kind: "refused", layer, errorName, reason };
}

function textOf(error: unknown): string {
  return [...linksOf(error)]
    .flatMap((link) => [link["details"], link["shortMessage"], link["message"], link["code"]])
    .filter((text) => typeof text === "string")
    .join("\n");
}

/** An error and what caused it, which viem keeps as `cause` and ethers as `error` or `info.error`. */
function* linksOf(error: unknown): Generator<Readonly<Record<string, unknown>>> {
  const seen = new Set<object>();
  const waiting = [error];
  while (waiting.length > 0) {
    const next = waiting.shift();
    if (!isObject(next) || seen.has(next)) continue;
    seen.add(next);
    yield next;
    waiting.push(next["cause"], next["error"], isObject(next["info"]) ? next["info"]["error"] : undefined);
  }
}

/** Hardhat and others nest the bytes as `data.data`; go-ethereum gives them as `data`. */
function dataOf(data: unknown): Hex | undefined {
  if (typeof data === "string" && isHex(data)) return data;
  return isObject(data) ? dataOf(data["data"]) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
