import { defineMethod } from "../../node.ts";

/** Ethereum's minimum: blocks carry no blobs (specification §4), and BLOBBASEFEE gives 1. */
export const blobBaseFee = defineMethod("eth_blobBaseFee", [], () => "0x1");
