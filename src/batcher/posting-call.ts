import { encodeFunctionData } from "viem";
import { BLOB_PAYLOAD_SIZE, payloadToBlobs } from "../batch/index.ts";
import { inboxAbi } from "../l1/index.ts";
import { bytesToHex, hexToBytes } from "../primitives/index.ts";
import { blobPostingCost, blobPostingGas, calldataPostingCost, calldataPostingGas } from "./posting-cost.ts";
import type { PostingPrices } from "./posting-cost.ts";
import { MAXIMUM_CALLDATA_PAYLOAD } from "./settings.ts";
import type { DataKind } from "./types.ts";
import type { MessageOpening } from "./unread-messages.ts";

/** A call of the Inbox that posts a batch. */
export interface PostingCall {
  readonly kind: "calldata" | "blobs";
  readonly input: Uint8Array;
  readonly gasLimit: bigint;
  /** 131,072 bytes each; none for calldata. */
  readonly blobs: readonly Uint8Array[];
  /** Wei of either, where prices decided. */
  readonly costs: { readonly asCalldata: bigint; readonly asBlobs: bigint } | undefined;
}

/** What a call posts. */
export interface PostedContent {
  readonly payload: Uint8Array;
  readonly messagesUpTo: number;
  readonly opening: MessageOpening | undefined;
}

/** The call for a kind of data; `auto` takes what costs less, and calldata if the price of blobs is not known. */
export function choosePostingCall(
  { payload, messagesUpTo, opening }: PostedContent,
  dataKind: DataKind,
  prices: PostingPrices | undefined,
): PostingCall {
  const upTo = BigInt(messagesUpTo);
  const data = bytesToHex(payload);
  const calldataInput = hexToBytes(
    encodeFunctionData({
      abi: inboxAbi,
      functionName: "postBatch",
      args: opening === undefined ? [upTo, data] : [upTo, data, opening],
    }),
  );
  const blobInput = hexToBytes(
    encodeFunctionData({
      abi: inboxAbi,
      functionName: "postBlobBatch",
      args: opening === undefined ? [upTo] : [upTo, opening],
    }),
  );
  const blobCount = Math.max(1, Math.ceil(payload.length / BLOB_PAYLOAD_SIZE));
  const decidedByPrice = dataKind === "auto" && prices !== undefined && payload.length <= MAXIMUM_CALLDATA_PAYLOAD;
  const costs = decidedByPrice
    ? {
        asCalldata: calldataPostingCost(calldataInput, prices),
        asBlobs: blobPostingCost(blobInput, blobCount, prices),
      }
    : undefined;
  // Without costs either blobs have no price, or the payload is too large for calldata.
  const cheaperAsBlobs = costs === undefined ? prices !== undefined : costs.asBlobs < costs.asCalldata;
  return dataKind === "blobs" || (dataKind === "auto" && cheaperAsBlobs)
    ? {
        kind: "blobs",
        input: blobInput,
        gasLimit: blobPostingGas(blobInput, blobCount),
        blobs: payloadToBlobs(payload),
        costs,
      }
    : { kind: "calldata", input: calldataInput, gasLimit: calldataPostingGas(calldataInput), blobs: [], costs };
}
