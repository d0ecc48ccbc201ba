import { toFunctionSelector, getAbiItem, pad } from "viem";
import { challengeGameAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { Address, Hex } from "../primitives/index.ts";
import type { DisputeCall } from "./calls.ts";

const OWED = toFunctionSelector(getAbiItem({ abi: challengeGameAbi, name: "owed" })).slice(2);

/**
 * Code for an `eth_call` that creates a contract, and so can look at what a call has changed: behind it stand a game, an account
 * and the data of a call. It makes the call to the game, and returns what the game owes to the account then.
 */
const CALL_THEN_OWED =
  "61003d3803" + // PUSH2 size, CODESIZE, SUB: length of what stands behind
  "8061003d5f39" + // CODECOPY it to memory: the game at 0, the account at 32, the data from 64 on
  "60409003" + // length of the data
  "5f5f91" + // PUSH0, PUSH0, SWAP2: no return data
  "60405f5f515af150" + // CALL the game with the data
  `63${OWED}60e01b604052` + // the selector of `owed` at 64
  "602051604452" + // the account at 68
  "60206080602460405f515afa50" + // STATICCALL the game, answer at 128
  "60206080f3"; // RETURN it

/** Wei that a call of the game credits to an account, as of the latest block; 0 if it would revert. */
export async function readReward(
  client: Pick<L1Client, "request" | "readContract">,
  { to, data }: Pick<DisputeCall, "to" | "data">,
  account: Address,
): Promise<bigint> {
  const before = await readOwed(client, to, account);
  const code: Hex = `0x${CALL_THEN_OWED}${pad(to).slice(2)}${pad(account).slice(2)}${data.slice(2)}`;
  const after = await client.request({ method: "eth_call", params: [{ data: code }, "latest"] });
  const owed = BigInt(after);
  return owed > before ? owed - before : 0n;
}

/** Wei that the game owes to an account. */
export function readOwed(
  client: Pick<L1Client, "readContract">,
  challengeGame: Address,
  account: Address,
): Promise<bigint> {
  return client.readContract({ address: challengeGame, abi: challengeGameAbi, functionName: "owed", args: [account] });
}
