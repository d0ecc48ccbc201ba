import type { ReadingMethod } from "../node.ts";
import { getRawTransaction } from "./debug/raw.ts";
import { feeHistory } from "./eth/fee-history.ts";
import { getBlockReceipts } from "./eth/get-block-receipts.ts";
import { getBlockTransactionCountByHash, getBlockTransactionCountByNumber } from "./eth/get-block-transaction-count.ts";
import { getBlockByHash, getBlockByNumber } from "./eth/get-block.ts";
import { getLogs } from "./eth/get-logs.ts";
import { getProof } from "./eth/get-proof.ts";
import {
  getRawTransactionByBlockHashAndIndex,
  getRawTransactionByBlockNumberAndIndex,
  getRawTransactionByHash,
} from "./eth/get-raw-transaction.ts";
import { getStorageValues } from "./eth/get-storage-values.ts";
import { getTransactionReceipt } from "./eth/get-transaction-receipt.ts";
import {
  getTransactionByBlockHashAndIndex,
  getTransactionByBlockNumberAndIndex,
  getTransactionByHash,
} from "./eth/get-transaction.ts";
import { otsBlockMethods } from "./ots/blocks.ts";
import { otsSearchMethods } from "./ots/search.ts";
import { getMessageStatus } from "./rollup/get-message-status.ts";
import { getWithdrawals } from "./rollup/get-withdrawals.ts";

/** Methods that read whole blocks, but execute nothing. */
export const READING_METHODS: readonly ReadingMethod[] = [
  feeHistory,
  getBlockByHash,
  getBlockByNumber,
  getBlockReceipts,
  getBlockTransactionCountByHash,
  getBlockTransactionCountByNumber,
  getLogs,
  getMessageStatus,
  getProof,
  getStorageValues,
  getRawTransaction,
  getRawTransactionByBlockHashAndIndex,
  getRawTransactionByBlockNumberAndIndex,
  getRawTransactionByHash,
  getTransactionByBlockHashAndIndex,
  getTransactionByBlockNumberAndIndex,
  getTransactionByHash,
  getTransactionReceipt,
  getWithdrawals,
  ...otsBlockMethods,
  ...otsSearchMethods,
];
