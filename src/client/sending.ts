import type { Address, Client, Hash, TransactionReceipt } from "viem";
import { estimateGas, getTransactionReceipt } from "viem/actions";
import { OnestepError } from "./errors.ts";
import type { LayerName } from "./errors.ts";
import { explainFailure } from "./failure.ts";
import type { Call } from "./messages.ts";
import { requireChain } from "./rollup.ts";
import { poll } from "./waiting.ts";
import type { WaitOptions } from "./waiting.ts";

/** An account that sends transactions on one layer: a viem wallet client or an ethers signer, made by `walletSender` or `signerSender`. */
export interface Sender {
  address(): Promise<Address>;
  /** Signs and sends; resolves with the hash when the endpoint has taken it. */
  send(call: Call & { readonly gas: bigint }): Promise<Hash>;
}

/** A layer that can be written to. */
export interface WritableLayer {
  readonly client: Client;
  readonly sender: Sender;
  readonly layer: LayerName;
  readonly chainId: number;
}

/**
 * Sends a call with the gas that it takes now, or what `gasFor` makes of that. Rejects with a `wrong-chain`, `insufficient-funds`, or
 * what the contract would refuse it for, and sends nothing then.
 */
export async function sendCall(
  { client, sender, layer, chainId }: WritableLayer,
  call: Call,
  gasFor: (estimated: bigint) => bigint = (estimated) => estimated,
): Promise<Hash> {
  await requireChain(client, layer, chainId);
  const address = await sender.address();
  try {
    const estimated = await estimateGas(client, { account: address, ...call });
    return await sender.send({ ...call, gas: gasFor(estimated) });
  } catch (error) {
    throw await explainFailure(error, { client, layer, sender: address });
  }
}

/** The receipt of a transaction once it is in a block. Rejects with a `transaction-failed` if it reverted there, or a `timeout`. */
export async function awaitTransaction(
  client: Client,
  layer: LayerName,
  hash: Hash,
  options: WaitOptions,
): Promise<TransactionReceipt> {
  const receipt = await poll(`transaction ${hash} on ${layer}`, options, () => findReceipt(client, hash));
  if (receipt.status === "success") return receipt;
  throw new OnestepError({ kind: "transaction-failed", layer, hash });
}

/** Undefined while the transaction is in no block. */
export async function findReceipt(client: Client, hash: Hash): Promise<TransactionReceipt | undefined> {
  try {
    return await getTransactionReceipt(client, { hash });
  } catch (error) {
    if (error instanceof Error && error.name === "TransactionReceiptNotFoundError") return undefined;
    throw error;
  }
}
