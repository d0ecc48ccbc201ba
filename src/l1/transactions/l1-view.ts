import type { Address } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import { estimateBlobBaseFee } from "../blob-base-fee.ts";
import type { L1Client } from "../l1-client.ts";
import type { FeeMarket } from "./fees.ts";

/** What L1 looked like at the begin of a step. */
export interface L1View {
  readonly head: L1BlockReference;
  /** Wei per gas. */
  readonly baseFeePerGas: bigint;
  readonly excessBlobGas: bigint | undefined;
  /** Nonce of the account in the head block. */
  readonly nonce: number;
}

export async function viewL1(client: L1Client, account: Address): Promise<L1View> {
  const block = await client.getBlock({ blockTag: "latest" });
  const nonce = await client.getTransactionCount({ address: account, blockTag: "latest" });
  return {
    head: { number: Number(block.number), hash: block.hash },
    baseFeePerGas: block.baseFeePerGas ?? 0n,
    excessBlobGas: block.excessBlobGas,
    nonce,
  };
}

/** A fee market of which the price of blobs may not be known. */
export type L1Market = Omit<FeeMarket, "blobBaseFee"> & { readonly blobBaseFee: bigint | undefined };

/** Wei per gas of a tip where the endpoint suggests none. */
const USUAL_TIP = 10n ** 9n;

export async function readMarket(client: L1Client, view: L1View, withBlobs: boolean): Promise<L1Market> {
  const priorityFeePerGas = await client
    .request({ method: "eth_maxPriorityFeePerGas" })
    .then(BigInt)
    .catch(() => USUAL_TIP);
  // Asked for only when needed: not every L1 has blobs.
  const blobBaseFee = withBlobs ? await estimateBlobBaseFee(client, view) : 0n;
  return { baseFeePerGas: view.baseFeePerGas, priorityFeePerGas, blobBaseFee: blobBaseFee === 0n ? 1n : blobBaseFee };
}
