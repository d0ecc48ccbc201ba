import type { RpcMethod } from "../node.ts";
import { rawMethods } from "./debug/raw.ts";
import { traceMethods } from "./debug/trace.ts";
import { accounts } from "./eth/accounts.ts";
import { blobBaseFee } from "./eth/blob-base-fee.ts";
import { blockNumber } from "./eth/block-number.ts";
import { call } from "./eth/call.ts";
import { chainId } from "./eth/chain-id.ts";
import { coinbase } from "./eth/coinbase.ts";
import { ethConfig } from "./eth/config.ts";
import { createAccessList } from "./eth/create-access-list.ts";
import { estimateGas } from "./eth/estimate-gas.ts";
import { feeHistory } from "./eth/fee-history.ts";
import { filterMethods } from "./eth/filters.ts";
import { gasPrice } from "./eth/gas-price.ts";
import { getBalance } from "./eth/get-balance.ts";
import { getBlockByHash, getBlockByNumber } from "./eth/get-block.ts";
import { getBlockReceipts } from "./eth/get-block-receipts.ts";
import { getBlockTransactionCountByHash, getBlockTransactionCountByNumber } from "./eth/get-block-transaction-count.ts";
import { getCode } from "./eth/get-code.ts";
import { getHeaderByHash, getHeaderByNumber } from "./eth/get-header.ts";
import { getLogs } from "./eth/get-logs.ts";
import { getProof } from "./eth/get-proof.ts";
import { rawTransactionMethods } from "./eth/get-raw-transaction.ts";
import { getStorageAt } from "./eth/get-storage-at.ts";
import { getStorageValues } from "./eth/get-storage-values.ts";
import {
  getTransactionByBlockHashAndIndex,
  getTransactionByBlockNumberAndIndex,
  getTransactionByHash,
} from "./eth/get-transaction.ts";
import { getTransactionCount } from "./eth/get-transaction-count.ts";
import { getTransactionReceipt } from "./eth/get-transaction-receipt.ts";
import { uncleMethods } from "./eth/get-uncle.ts";
import { maxPriorityFeePerGas } from "./eth/max-priority-fee-per-gas.ts";
import { sendRawTransaction } from "./eth/send-raw-transaction.ts";
import { sendRawTransactionSync } from "./eth/send-raw-transaction-sync.ts";
import { simulateV1 } from "./eth/simulate-v1.ts";
import { subscribe, unsubscribe } from "./eth/subscribe.ts";
import { syncing } from "./eth/syncing.ts";
import { listening } from "./net/listening.ts";
import { peerCount } from "./net/peer-count.ts";
import { version } from "./net/version.ts";
import { config } from "./rollup/config.ts";
import { getBatchOfBlock } from "./rollup/get-batch-of-block.ts";
import { getClaimOfBlock } from "./rollup/get-claim-of-block.ts";
import { getMessageStatus } from "./rollup/get-message-status.ts";
import { getWithdrawalProof } from "./rollup/get-withdrawal-proof.ts";
import { getWithdrawalStatus } from "./rollup/get-withdrawal-status.ts";
import { getWithdrawals } from "./rollup/get-withdrawals.ts";
import { syncStatus } from "./rollup/sync-status.ts";
import { modules } from "./rpc/modules.ts";
import { txpoolMethods } from "./txpool/content.ts";
import { clientVersion } from "./web3/client-version.ts";
import { sha3 } from "./web3/sha3.ts";

/** Every method the node serves. */
export const METHODS: readonly RpcMethod[] = [
  accounts,
  blobBaseFee,
  blockNumber,
  call,
  chainId,
  coinbase,
  createAccessList,
  ethConfig,
  estimateGas,
  feeHistory,
  ...filterMethods,
  gasPrice,
  getBalance,
  getBlockByHash,
  getBlockByNumber,
  getBlockReceipts,
  getBlockTransactionCountByHash,
  getBlockTransactionCountByNumber,
  getCode,
  getHeaderByHash,
  getHeaderByNumber,
  getLogs,
  getProof,
  ...rawTransactionMethods,
  getStorageAt,
  getStorageValues,
  getTransactionByBlockHashAndIndex,
  getTransactionByBlockNumberAndIndex,
  getTransactionByHash,
  getTransactionCount,
  getTransactionReceipt,
  ...uncleMethods,
  maxPriorityFeePerGas,
  sendRawTransaction,
  sendRawTransactionSync,
  simulateV1,
  subscribe,
  unsubscribe,
  syncing,
  listening,
  peerCount,
  version,
  clientVersion,
  sha3,
  ...txpoolMethods,
  ...traceMethods,
  ...rawMethods,
  config,
  getBatchOfBlock,
  getClaimOfBlock,
  getMessageStatus,
  getWithdrawalProof,
  getWithdrawalStatus,
  getWithdrawals,
  syncStatus,
  modules,
];
