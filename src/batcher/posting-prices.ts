import { readBlobBaseFee } from "../l1/index.ts";
import type { BatcherContext } from "./context.ts";
import type { PostingPrices } from "./posting-cost.ts";

/** Wei per gas of a tip where the endpoint suggests none. */
const USUAL_TIP = 10n ** 9n;

/** What posting costs now; undefined if L1 tells no price of blobs, which is remembered for the next draft. */
export async function readPrices(
  { client, state, priceTrouble, log }: BatcherContext,
  baseFeePerGas: bigint,
): Promise<PostingPrices | undefined> {
  const blobGasPrice = await readBlobBaseFee(client);
  state.blobsUnpriced = blobGasPrice === undefined;
  if (blobGasPrice === undefined) {
    priceTrouble.report("no price", (again) => {
      log.warn({ ...again }, "L1 tells no price of blobs (eth_blobBaseFee); batches are posted as calldata meanwhile");
    });
    return undefined;
  }
  priceTrouble.over();
  const tip = await client
    .request({ method: "eth_maxPriorityFeePerGas" })
    .then(BigInt)
    .catch(() => USUAL_TIP);
  return { gasPrice: baseFeePerGas + tip, blobGasPrice };
}
