import type { ReadingMethod } from "../node.ts";
import { traceMethods } from "./debug/trace.ts";
import { call } from "./eth/call.ts";
import { createAccessList } from "./eth/create-access-list.ts";
import { estimateGas } from "./eth/estimate-gas.ts";
import { feeHistory } from "./eth/fee-history.ts";
import { getBlockReceipts } from "./eth/get-block-receipts.ts";
import { getLogs } from "./eth/get-logs.ts";
import { getProof } from "./eth/get-proof.ts";

/** Methods that run on reader threads. A file of its own, so that these load no more than they need. */
export const READING_METHODS: readonly ReadingMethod[] = [
  call,
  createAccessList,
  estimateGas,
  feeHistory,
  getBlockReceipts,
  getLogs,
  getProof,
  ...traceMethods,
];
