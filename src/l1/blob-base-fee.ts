import { fakeExponential } from "../ethereum/index.ts";
import { isConnectionClosed } from "./l1-connection-closed.ts";
import type { L1Client } from "./l1-client.ts";

/**
 * Wei per blob gas in the next L1 block, by `eth_blobBaseFee`. Undefined if the endpoint does not tell, as one of an L1
 * without blobs.
 */
export async function readBlobBaseFee(client: L1Client): Promise<bigint | undefined> {
  return orNone(client.getBlobBaseFee());
}

/**
 * As `readBlobBaseFee`, or else from what other methods tell: the fee history, or the excess blob gas of the head's header.
 * The latter is exact under the newest parameters of Ethereum and a first offer, to be raised, under others.
 */
export async function estimateBlobBaseFee(
  client: L1Client,
  head: { readonly excessBlobGas?: bigint | null | undefined },
): Promise<bigint | undefined> {
  const answer = await readBlobBaseFee(client);
  if (answer !== undefined) return answer;
  const history = await orNone(
    client.request<{
      Method: "eth_feeHistory";
      Parameters: readonly [count: "0x1", newest: "latest", percentiles: readonly []];
      ReturnType: { readonly baseFeePerBlobGas?: readonly string[] } | null;
    }>({ method: "eth_feeHistory", params: ["0x1", "latest", []] }),
  );
  const next = history?.baseFeePerBlobGas?.at(-1);
  if (next !== undefined && /^0x[0-9a-f]{1,64}$/.test(next)) return BigInt(next);
  return typeof head.excessBlobGas === "bigint" ? blobBaseFeeOf(head.excessBlobGas) : undefined;
}

/** `BLOB_BASE_FEE_UPDATE_FRACTION` of mainnet since its second blob parameter fork (EIP-7892), 7 January 2026. */
const UPDATE_FRACTION = 11_684_671n;

/** Wei per blob gas at so much excess blob gas. */
export function blobBaseFeeOf(excessBlobGas: bigint): bigint {
  return fakeExponential(1n, excessBlobGas, UPDATE_FRACTION);
}

async function orNone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isConnectionClosed(error)) throw error;
    return undefined;
  }
}
