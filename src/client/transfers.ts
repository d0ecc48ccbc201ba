import { encodeFunctionData, parseEventLogs, size } from "viem";
import type { Address, Client, Hash, Hex, Log } from "viem";
import { getBlock, readContract } from "viem/actions";
import {
  L2_BRIDGE_ADDRESSES,
  erc1155BridgeAbi,
  erc20BridgeAbi,
  erc721BridgeAbi,
  l1MessengerAbi,
  l2MessengerAbi,
  tokenAbi,
} from "./abi.ts";
import { requireAddress, requireData, requireWei } from "./arguments.ts";
import { OnestepError } from "./errors.ts";
import type { LayerName } from "./errors.ts";
import type { Call } from "./messages.ts";
import type { Rollup } from "./rollup.ts";
import { awaitTransaction, sendCall } from "./sending.ts";
import type { WritableLayer } from "./sending.ts";
import type { WaitOptions } from "./waiting.ts";

/** Which tokens go over; amounts are in the token's smallest unit. Ids of ERC-1155 rise. */
export type BridgedTokens =
  | { readonly standard: "erc20"; readonly token: Address; readonly amount: bigint }
  | { readonly standard: "erc721"; readonly token: Address; readonly id: bigint }
  | {
      readonly standard: "erc1155";
      readonly token: Address;
      readonly ids: readonly bigint[];
      readonly amounts: readonly bigint[];
    };

/** Tokens to send to the other layer, with ETH and a call of their recipient if asked for (specification §8). */
export type TransferRequest = BridgedTokens & {
  /** Default: the sender's account. */
  readonly recipient?: Address | undefined;
  /** Wei for the recipient; default 0. */
  readonly value?: bigint | undefined;
  /** The recipient is called with it (`IBridgeRecipient`); default: no call. */
  readonly data?: Hex | undefined;
  /** Gas that call has at least; default 0. */
  readonly minimumGas?: bigint | undefined;
  /** From L1: account on L2 that gets what is left of the fee; default: the recipient. */
  readonly refundTo?: Address | undefined;
};

/** What was sent: `approval` is the transaction that allowed the bridge to take the tokens, where one was needed. */
export interface Transfer {
  readonly approval: Hash | undefined;
  readonly hash: Hash;
  /** Wei that go along to pay for the gas on L2, most of which comes back there; 0 from L2. */
  readonly fee: bigint;
}

const MAXIMUM_VALUE = (1n << 128n) - 1n;
const MAXIMUM_DATA_LENGTH = 32_768;
const MAXIMUM_AMOUNT = (1n << 256n) - 1n;
const MAXIMUM_GAS = 1n << 24n;
const ZERO_ADDRESS = `0x${"00".repeat(20)}`;

/** More L2 gas than any transfer asks for: of a token, of an id with a URI of 1,024 bytes, and of the first transfer of a token. */
const TRANSFER_GAS = 400_000n;
const GAS_PER_ID = 900_000n;
const CREATION_GAS = 3_500_000n;
/** More bytes than a bridge adds to the data of a transfer, and to that of an id. */
const TRANSFER_LENGTH = 4_096;
const LENGTH_PER_ID = 1_200;

/** Tells the standard of a token by what it says itself (ERC-165); one that says nothing is an ERC-20. */
export async function readTokenStandard(client: Client, token: Address): Promise<BridgedTokens["standard"]> {
  const supports = (id: Hex): Promise<boolean> =>
    readContract(client, { address: token, abi: tokenAbi, functionName: "supportsInterface", args: [id] }).catch(
      () => false,
    );
  const [isErc721, isErc1155] = await Promise.all([supports("0x80ac58cd"), supports("0xd9b67a26")]);
  return isErc721 ? "erc721" : isErc1155 ? "erc1155" : "erc20";
}

/** Sends tokens to the other layer, and first allows the bridge to take them. Rejects as `sendCall` does. */
export async function sendTransfer(
  layer: WritableLayer,
  rollup: Rollup,
  request: TransferRequest,
  options: WaitOptions,
): Promise<Transfer> {
  const { client } = layer;
  const sender = await layer.sender.address();
  checkRequest(request);
  const bridge = bridgesOn(layer.layer, rollup)[`${request.standard}Bridge`];
  const args = [request.token] as const;
  const remoteToken = await readContract(client, {
    address: bridge,
    abi: erc20BridgeAbi,
    functionName: "remoteTokenOf",
    args,
  });
  const isNative = remoteToken === ZERO_ADDRESS;
  const approval = isNative ? await findApproval(client, { bridge, sender, tokens: request }) : undefined;
  const approved = approval === undefined ? undefined : await sendCall(layer, approval);
  if (approved !== undefined) await awaitTransaction(client, layer.layer, approved, options);
  const isFirst =
    isNative &&
    !(await readContract(client, { address: bridge, abi: erc20BridgeAbi, functionName: "isAnnounced", args }));
  const fee = layer.layer === "L1" ? await feeOfTransfer(client, rollup, request, isFirst) : 0n;
  return { approval: approved, hash: await sendCall(layer, transferCall(bridge, sender, request, fee)), fee };
}

/** The call of a bridge that sends tokens. `fee` is in wei. */
export function transferCall(bridge: Address, sender: Address, request: TransferRequest, fee: bigint): Call {
  const { token, recipient = sender, value = 0n, data = "0x", minimumGas = 0n, refundTo = recipient } = request;
  const delivery = { recipient, value, data, minimumGas, refundTo };
  const call = (encoded: Hex): Call => ({ to: bridge, value: value + fee, data: encoded });
  switch (request.standard) {
    case "erc20":
      return call(
        encodeFunctionData({ abi: erc20BridgeAbi, functionName: "send", args: [token, request.amount, delivery] }),
      );
    case "erc721":
      return call(
        encodeFunctionData({ abi: erc721BridgeAbi, functionName: "send", args: [token, request.id, delivery] }),
      );
    case "erc1155": {
      const args = [token, request.ids, request.amounts, delivery] as const;
      return call(encodeFunctionData({ abi: erc1155BridgeAbi, functionName: "send", args }));
    }
  }
}

/** What became of the call of a message from L1. */
export type RelayOutcome = "relayed" | "failed" | "none";

/** By the logs of the L2 transaction that relays it. */
export function relayOutcomeOf(logs: readonly Log[]): RelayOutcome {
  const { messenger } = L2_BRIDGE_ADDRESSES;
  const own = logs.filter(({ address }) => address.toLowerCase() === messenger);
  const [outcome] = parseEventLogs({ abi: l2MessengerAbi, logs: own });
  return outcome === undefined ? "none" : outcome.eventName === "MessageRelayed" ? "relayed" : "failed";
}

/** Addresses of messenger and token bridges on a layer. */
export function bridgesOn(layer: LayerName, { l1Bridges }: Rollup): Rollup["l1Bridges"] {
  return layer === "L1" ? l1Bridges : L2_BRIDGE_ADDRESSES;
}

/** The token on the layer of `client` that stands for one of the other; undefined if there is none. */
export async function readRepresentation(
  client: Client,
  bridge: Address,
  remoteToken: Address,
): Promise<Address | undefined> {
  const args = [remoteToken] as const;
  const token = await readContract(client, {
    address: bridge,
    abi: erc20BridgeAbi,
    functionName: "representationOf",
    args,
  });
  return token === ZERO_ADDRESS ? undefined : token;
}

/**
 * Wei that pay for a transfer's gas on L2: twice what it takes at the most at L1's prices of now. The contracts know how much it is and
 * ask for no more than that; prices may rise until it arrives, and what is left is the refund account's on L2.
 */
async function feeOfTransfer(
  client: Client,
  { l1Bridges: { messenger } }: Rollup,
  { minimumGas = 0n, data = "0x", ...tokens }: TransferRequest,
  isFirst: boolean,
): Promise<bigint> {
  const ids = tokens.standard === "erc1155" ? tokens.ids.length : tokens.standard === "erc721" ? 1 : 0;
  const gas = TRANSFER_GAS + GAS_PER_ID * BigInt(ids) + (isFirst ? CREATION_GAS : 0n) + (minimumGas * 64n) / 63n;
  const length = BigInt(size(data) + TRANSFER_LENGTH + LENGTH_PER_ID * ids);
  const contract = { address: messenger, abi: l1MessengerAbi } as const;
  const [gasLimit, { baseFeePerGas }, blobBaseFee] = await Promise.all([
    readContract(client, {
      ...contract,
      functionName: "gasLimitOf",
      args: [gas < MAXIMUM_GAS ? gas : MAXIMUM_GAS, length],
    }),
    getBlock(client),
    // An L1 without blobs has none; the price of calldata then is what counts.
    client.request({ method: "eth_blobBaseFee" }).then(BigInt, () => MAXIMUM_VALUE),
  ]);
  const args = [gasLimit, baseFeePerGas ?? 0n, blobBaseFee] as const;
  return 2n * (await readContract(client, { ...contract, functionName: "feeOf", args }));
}

/** The call that allows a bridge to take tokens; undefined if it may. */
async function findApproval(
  client: Client,
  { bridge, sender, tokens }: { readonly bridge: Address; readonly sender: Address; readonly tokens: BridgedTokens },
): Promise<Call | undefined> {
  const address = tokens.token;
  const call = (functionName: "approve" | "setApprovalForAll", args: readonly [Address, bigint | boolean]): Call => ({
    to: address,
    value: 0n,
    data: encodeFunctionData({ abi: tokenAbi, functionName, args }),
  });
  const isForAll = (): Promise<boolean> =>
    readContract(client, { address, abi: tokenAbi, functionName: "isApprovedForAll", args: [sender, bridge] });
  switch (tokens.standard) {
    case "erc20": {
      const args = [sender, bridge] as const;
      const allowed = await readContract(client, { address, abi: tokenAbi, functionName: "allowance", args });
      return allowed >= tokens.amount ? undefined : call("approve", [bridge, tokens.amount]);
    }
    case "erc721": {
      const args = [tokens.id] as const;
      const approved = await readContract(client, { address, abi: tokenAbi, functionName: "getApproved", args });
      const may = approved.toLowerCase() === bridge.toLowerCase() || (await isForAll());
      return may ? undefined : call("approve", [bridge, tokens.id]);
    }
    case "erc1155":
      return (await isForAll()) ? undefined : call("setApprovalForAll", [bridge, true]);
  }
}

function checkRequest(request: TransferRequest): void {
  const { token, recipient, value = 0n, data = "0x", refundTo, minimumGas = 0n } = request;
  requireAddress("token", token);
  if (recipient !== undefined) requireAddress("recipient", recipient);
  if (refundTo !== undefined) requireAddress("refundTo", refundTo);
  requireWei("value", value, MAXIMUM_VALUE);
  requireWei("minimumGas", minimumGas, MAXIMUM_GAS);
  requireData("data", data, MAXIMUM_DATA_LENGTH);
  if (request.standard === "erc20") requireWei("amount", request.amount, MAXIMUM_AMOUNT);
  if (request.standard === "erc721") requireWei("id", request.id, MAXIMUM_AMOUNT);
  if (request.standard !== "erc1155") return;
  if (request.ids.length > 0 && request.ids.length === request.amounts.length) return;
  throw new OnestepError({
    kind: "invalid-argument",
    name: "amounts",
    value: `${request.amounts.length} for ${request.ids.length} ids`,
    expected: "one for each id, and at least one id",
  });
}
