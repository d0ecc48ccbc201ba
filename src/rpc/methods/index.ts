import { onExecutingThread, onReadingThread } from "../node.ts";
import type { RpcMethod } from "../node.ts";
import { DEVNET_METHODS } from "./devnet/index.ts";
import { debugRawPooledTransaction, getRawHeader } from "./debug/raw.ts";
import { accounts } from "./eth/accounts.ts";
import { blobBaseFee } from "./eth/blob-base-fee.ts";
import { blockNumber } from "./eth/block-number.ts";
import { chainId } from "./eth/chain-id.ts";
import { coinbase } from "./eth/coinbase.ts";
import { ethConfig } from "./eth/config.ts";
import { filterMethods } from "./eth/filters.ts";
import { gasPrice } from "./eth/gas-price.ts";
import { getBalance } from "./eth/get-balance.ts";
import { getPendingTransactionCount } from "./eth/get-block-transaction-count.ts";
import { getPendingBlock } from "./eth/get-block.ts";
import { getCode } from "./eth/get-code.ts";
import { getHeaderByHash, getHeaderByNumber } from "./eth/get-header.ts";
import { getRawPooledTransaction } from "./eth/get-raw-transaction.ts";
import { getStorageAt } from "./eth/get-storage-at.ts";
import { getTransactionCount } from "./eth/get-transaction-count.ts";
import { getPendingTransactionByIndex, getPooledTransactionByHash } from "./eth/get-transaction.ts";
import { uncleMethods } from "./eth/get-uncle.ts";
import { maxPriorityFeePerGas } from "./eth/max-priority-fee-per-gas.ts";
import { sendRawTransactionSync } from "./eth/send-raw-transaction-sync.ts";
import { sendRawTransaction } from "./eth/send-raw-transaction.ts";
import { subscribe, unsubscribe } from "./eth/subscribe.ts";
import { syncing } from "./eth/syncing.ts";
import { EXECUTING_METHODS } from "./executing-methods.ts";
import { listening } from "./net/listening.ts";
import { peerCount } from "./net/peer-count.ts";
import { version } from "./net/version.ts";
import { getApiLevel } from "./ots/api-level.ts";
import { READING_METHODS } from "./reading-methods.ts";
import { config } from "./rollup/config.ts";
import { getBatchOfBlock } from "./rollup/get-batch-of-block.ts";
import { disputedStep } from "./rollup/disputed-step.ts";
import { disputes } from "./rollup/disputes.ts";
import { getClaimOfBlock } from "./rollup/get-claim-of-block.ts";
import { getRightClaims } from "./rollup/get-right-claims.ts";
import { getWithdrawalProof } from "./rollup/get-withdrawal-proof.ts";
import { getWithdrawalStatus } from "./rollup/get-withdrawal-status.ts";
import { syncStatus } from "./rollup/sync-status.ts";
import { modules } from "./rpc/modules.ts";
import { txpoolMethods } from "./txpool/content.ts";
import { clientVersion } from "./web3/client-version.ts";
import { sha3 } from "./web3/sha3.ts";

/** Reading methods that look into the pool first. */
const POOL_METHODS: readonly RpcMethod[] = [
  debugRawPooledTransaction,
  getPendingBlock,
  getPendingTransactionByIndex,
  getPendingTransactionCount,
  getPooledTransactionByHash,
  getRawPooledTransaction,
];
const lookIntoPool = new Set(POOL_METHODS.map(({ name }) => name));

/** Every method the node serves. */
export const METHODS: readonly RpcMethod[] = [
  ...EXECUTING_METHODS.map(onExecutingThread),
  ...READING_METHODS.filter(({ name }) => !lookIntoPool.has(name)).map(onReadingThread),
  ...POOL_METHODS,
  accounts,
  blobBaseFee,
  blockNumber,
  chainId,
  coinbase,
  ethConfig,
  ...filterMethods,
  gasPrice,
  getBalance,
  getCode,
  getHeaderByHash,
  getHeaderByNumber,
  getStorageAt,
  getTransactionCount,
  ...uncleMethods,
  maxPriorityFeePerGas,
  sendRawTransaction,
  sendRawTransactionSync,
  subscribe,
  unsubscribe,
  syncing,
  listening,
  peerCount,
  version,
  clientVersion,
  sha3,
  ...txpoolMethods,
  getRawHeader,
  config,
  getBatchOfBlock,
  disputedStep,
  disputes,
  getClaimOfBlock,
  getRightClaims,
  getWithdrawalProof,
  getWithdrawalStatus,
  syncStatus,
  modules,
  getApiLevel,
  ...DEVNET_METHODS,
];
