import type { EventEmitter } from "node:events";
import type { Abi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import { createEvents, toAddress } from "../../primitives/index.ts";
import type { Address, Instruments, Logger } from "../../primitives/index.ts";
import type { L1Client } from "../l1-client.ts";
import type { AttemptIntervals } from "./attempts.ts";
import type { FeeCaps } from "./fees.ts";
import { createTransactionMetrics } from "./metrics.ts";
import type { TransactionMetrics } from "./metrics.ts";
import type { NonceGap } from "./nonce-gap.ts";
import { createProgressTable } from "./progress.ts";
import type { ProgressTable } from "./progress.ts";
import type { TransactionRecord } from "./record.ts";
import type { BlobWrapperVersion } from "./sidecar.ts";
import { statusOf } from "./status.ts";
import type { L1TransactionStatus } from "./status.ts";
import { openTransactionBook } from "./transaction-book.ts";
import type { TransactionBook } from "./transaction-book.ts";
import type { TransactionManagerOptions } from "./types.ts";

/** What a manager knows beside what is on disk; gone with the process. */
export interface ManagerState {
  readonly progress: ProgressTable;
  gap: NonceGap | undefined;
  /** Undefined until the L1 node was asked. */
  wrapperVersion: BlobWrapperVersion | undefined;
  /** Whether the L1 node is known to be of the right chain. */
  chainChecked: boolean;
  /** Milliseconds; when the balance of the account was last read, for its metric. */
  balanceReadAt: number | undefined;
}

export interface ManagerEvents {
  mined: [status: L1TransactionStatus];
  /** A step has ended. */
  changed: [];
}

/** What the parts of a manager work on. */
export interface ManagerContext {
  readonly client: L1Client;
  readonly chainId: number;
  readonly signer: PrivateKeyAccount;
  readonly account: Address;
  readonly abis: readonly Abi[];
  /** Blocks, counting its own, after which a mined transaction is confirmed. */
  readonly confirmations: number;
  readonly intervals: AttemptIntervals;
  readonly caps: FeeCaps;
  /** Whether the form of blobs was configured, so that another is not tried. */
  readonly wrapperVersionFixed: boolean;
  /** Wall clock in milliseconds. */
  readonly now: () => number;
  readonly book: TransactionBook;
  readonly state: ManagerState;
  readonly events: EventEmitter<ManagerEvents>;
  readonly metrics: TransactionMetrics;
  readonly log: Logger;
}

const GWEI = 10n ** 9n;

/** Opens the records, without touching the network. @throws L1TransactionError `foreign-records` */
export async function openContext(
  options: TransactionManagerOptions,
  { logger, metrics }: Instruments,
): Promise<ManagerContext> {
  const { client, chainId } = options;
  const signer = privateKeyToAccount(options.privateKey);
  const account = toAddress(signer.address);
  const log = logger.child({ component: "l1-transactions", account });
  return {
    client,
    chainId,
    signer,
    account,
    abis: options.abis ?? [],
    confirmations: options.confirmations ?? 1,
    intervals: {
      feeBumpInterval: (options.feeBumpInterval ?? 60) * 1000,
      rebroadcastInterval: (options.rebroadcastInterval ?? 15) * 1000,
    },
    caps: {
      maximumFeePerGas: options.maximumFeePerGas ?? 500n * GWEI,
      maximumFeePerBlobGas: options.maximumFeePerBlobGas ?? 1000n * GWEI,
    },
    wrapperVersionFixed: options.wrapperVersion !== undefined,
    now: options.now ?? Date.now,
    book: await openTransactionBook(options.records, { account, chainId }),
    state: {
      progress: createProgressTable(),
      gap: undefined,
      wrapperVersion: options.wrapperVersion,
      chainChecked: false,
      balanceReadAt: undefined,
    },
    events: createEvents<ManagerEvents>("L1 transactions", { logger: log }),
    metrics: createTransactionMetrics(metrics, account),
    log,
  };
}

/** Status of a transaction as of now. */
export function currentStatus({ state }: ManagerContext, record: TransactionRecord): L1TransactionStatus {
  return statusOf(record, state.progress.get(record.nonce).trouble);
}

/** Drops a transaction from disk and memory. */
export async function eraseTransaction({ book, state }: ManagerContext, record: TransactionRecord): Promise<void> {
  await book.erase(record);
  state.progress.delete(record.nonce);
}
