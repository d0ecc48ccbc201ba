import type { TransactionSerializable } from "viem";
import { bytesToHex, hexToBytes } from "../../../primitives/index.ts";
import type { Address, Hash } from "../../../primitives/index.ts";
import type { DevnetControl } from "../../devnet-control.ts";
import { nextEnvironment } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import type { RpcNode } from "../../node.ts";
import { callParameter } from "../../parameters/call-parameter.ts";
import type { CallParameter } from "../../parameters/call-parameter.ts";
import { quantity64 } from "../../parameters/scalars.ts";
import { suggestPriorityFee } from "../../priority-fee.ts";
import { invalidParams, rejected } from "../../protocol/errors.ts";
import { JsonText } from "../../protocol/method.ts";
import type { RequestContext } from "../../protocol/method.ts";
import { submitTransaction } from "../../submission.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

/** Signs for the accounts whose keys everybody knows; for impersonated ones L1 sends a message in their name. */
export const sendTransactionMethods = defineDevnetMethod(
  ["eth_sendTransaction"],
  [callParameter],
  async ([request], devnet, node, context): Promise<Hash> => {
    const { from, chainId, authorizationList } = request;
    if (from === undefined) throw invalidParams("invalid argument 0: at from: expected a 20-byte address, got nothing");
    const ownChain = node.chain.config.genesis.chainId;
    if (chainId !== undefined && chainId !== BigInt(ownChain)) {
      throw rejected(`invalid chain id: expected ${ownChain}, got ${chainId}`);
    }
    if (authorizationList !== undefined) {
      throw rejected("a transaction with authorizations is to be signed by its sender: use eth_sendRawTransaction");
    }
    if (devnet.accounts.includes(from)) {
      const hash = await devnet.inTurn(() => sendSigned(devnet, from, request, node, context));
      await node.untilMined(hash, context.signal);
      return hash;
    }
    if (devnet.isImpersonated(from)) return devnet.inTurn(() => sendMessage(devnet, from, request, node, context));
    throw rejected(
      `unknown account ${from}: this node signs for those of eth_accounts, and sends for impersonated ones ` +
        "(hardhat_impersonateAccount)",
    );
  },
);

async function sendSigned(
  devnet: DevnetControl,
  from: Address,
  request: CallParameter,
  node: RpcNode,
  context: RequestContext,
): Promise<Hash> {
  const { pool } = node;
  const transaction = {
    ...(await feesOf(request, node)),
    chainId: node.chain.config.genesis.chainId,
    nonce: Number(request.nonce ?? (await nextNonce(from, node))),
    gas: request.gas ?? (await estimate(request, node, context)),
    to: request.to ?? null,
    value: request.value ?? 0n,
    data: bytesToHex(dataOf(request)),
    ...(request.accessList === undefined
      ? {}
      : { accessList: request.accessList.map(({ address, storageKeys = [] }) => ({ address, storageKeys })) }),
  } as TransactionSerializable;
  return submitTransaction(pool, hexToBytes(await devnet.signTransaction(from, transaction)));
}

async function sendMessage(
  devnet: DevnetControl,
  from: Address,
  request: CallParameter,
  node: RpcNode,
  context: RequestContext,
): Promise<Hash> {
  const { to, value = 0n, nonce, accessList } = request;
  if (to === undefined) {
    throw rejected(
      "an impersonated account cannot create a contract: its transactions are messages from L1, which have a recipient; " +
        "call the CREATE2 deployer at 0x4e59b44847b379578588920cA78FbF26c0B4956C instead",
    );
  }
  if (accessList !== undefined && accessList.length > 0) {
    throw rejected("an impersonated account cannot send an access list: its transactions are messages from L1");
  }
  const next = await nextNonce(from, node);
  if (nonce !== undefined && nonce !== next) {
    throw rejected(`nonce too ${nonce < next ? "low" : "high"}: next nonce ${next}, tx nonce ${nonce}`);
  }
  const gasLimit = request.gas ?? (await estimate(request, node, context));
  return devnet.sendAs({ from, to, value, gasLimit, data: dataOf(request) });
}

function dataOf({ data, input }: CallParameter): Uint8Array {
  return input ?? data ?? new Uint8Array();
}

async function nextNonce(sender: Address, { chain, pool }: RpcNode): Promise<bigint> {
  const { stateRoot } = chain.latest().header;
  const nonce = (await chain.engine.getAccount(stateRoot, sender))?.nonce ?? 0n;
  const pooled = pool.pendingNonce(sender) ?? 0n;
  return pooled > nonce ? pooled : nonce;
}

async function estimate(request: CallParameter, { readers }: RpcNode, context: RequestContext): Promise<bigint> {
  const { from, to, value = 0n } = request;
  const call = { from, to, value: formatQuantity(value), data: bytesToHex(dataOf(request)) };
  const answer = await readers.executing.run("eth_estimateGas", [call], context);
  return quantity64.parse(answer instanceof JsonText ? JSON.parse(answer.text) : answer);
}

/** What the caller says, or twice the next base fee and the tip that gets a transaction in. */
async function feesOf(
  { gasPrice, maxFeePerGas, maxPriorityFeePerGas, accessList, type }: CallParameter,
  { chain, minimumPriorityFee }: RpcNode,
): Promise<{ readonly type: "legacy" | "eip2930" | "eip1559" } & Readonly<Record<string, bigint | string>>> {
  const latest = chain.latest();
  const { baseFeePerGas } = await nextEnvironment(chain, latest.header);
  const tip = maxPriorityFeePerGas ?? suggestPriorityFee(latest, minimumPriorityFee);
  if (gasPrice !== undefined || type === 0n || type === 1n) {
    const price = gasPrice ?? 2n * baseFeePerGas + tip;
    return { type: accessList === undefined && type !== 1n ? "legacy" : "eip2930", gasPrice: price };
  }
  return { type: "eip1559", maxFeePerGas: maxFeePerGas ?? 2n * baseFeePerGas + tip, maxPriorityFeePerGas: tip };
}
