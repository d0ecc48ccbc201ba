import { minimalBytes, BLOCK_HASH_HISTORY_ADDRESS, BLOCK_HASH_HISTORY_LENGTH, logsBloom } from "../ethereum/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import { bigintToBytes32, bytesToBigint, bytesToHex, hexToBytes, merkleRoot } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import {
  L1_CONTEXT_KEYS,
  L1_CONTEXT_ADDRESS,
  FEE_VAULT_ADDRESS,
  OUTBOX_ADDRESS,
  OUTBOX_SLOTS,
  receiptHash,
  headerHash,
  atLeastListingCharge,
  listingCharge,
  minimumBaseFee,
  nextGasExcess,
} from "../rollup/index.ts";
import type {
  L1ContextValues,
  BlockEnvironment,
  Block,
  BlockHeader,
  BlockTransaction,
  ContextMessage,
  DepositMessage,
  InboxMessage,
  Receipt,
} from "../rollup/index.ts";
import { observedState } from "./block-state.ts";
import type { BlockState } from "./block-state.ts";
import type { BlockExecution, SimulatedCall, TransactionOutcome } from "./execution-engine.ts";
import type { ExecutionObserver, ObservedState } from "./observer.ts";
import type { ProcessingContext, ProcessingResult, TransactionExecutor } from "./transaction-executor.ts";
import { messageOfDeposit, messageOfSigned } from "./transaction-message.ts";

/** Slot number as a storage key. */
export function slotKey(slot: bigint): Hash {
  return bytesToHex(bigintToBytes32(slot));
}

const OUTBOX_ROOT_KEY = slotKey(OUTBOX_SLOTS.root);

/** What a block's begin reads from the parent state (specification §4). */
export function contextOf(slotOf: BlockState["slot"]): L1ContextValues {
  const read = (key: Hash) => bytesToBigint(slotOf(L1_CONTEXT_ADDRESS, key));
  return {
    number: read(L1_CONTEXT_KEYS.number),
    baseFee: read(L1_CONTEXT_KEYS.baseFee),
    blobBaseFee: read(L1_CONTEXT_KEYS.blobBaseFee),
    parentHash: read(L1_CONTEXT_KEYS.parentHash),
  };
}

/** Writes the parent's hash to EIP-2935 storage; nothing if the history contract does not exist. */
export function writeParentHash(state: BlockState, number: number, parentHash: Hash): void {
  if (state.account(BLOCK_HASH_HISTORY_ADDRESS) === undefined) return;
  const slot = slotKey(BigInt((number - 1) % BLOCK_HASH_HISTORY_LENGTH));
  state.setSlot(BLOCK_HASH_HISTORY_ADDRESS, slot, hexToBytes(parentHash));
  state.endTransaction();
}

export interface BlockExecutionOptions {
  readonly chainId: number;
  readonly executor: TransactionExecutor;
  readonly parent: { readonly hash: Hash; readonly header: BlockHeader; readonly nextMessage: number };
  readonly environment: BlockEnvironment;
  /** Who watches what runs next, if anybody. */
  readonly observer: () => ExecutionObserver | undefined;
  /** Writes the state's changes to the database and gives the new root. */
  readonly commit: (state: BlockState) => Promise<Hash>;
  /** What simulated calls see in place of what all others see. */
  readonly simulated?: Pick<ProcessingContext, "blobBaseFee" | "precompiles">;
}

/** A block that runs calls nobody has signed, too. Such a block is for nobody to keep. */
export interface SimulatingBlockExecution extends BlockExecution {
  executeCall(call: SimulatedCall): Promise<ProcessingResult>;
}

/** Starts a block on an executor that was reset to the parent's state. */
export function beginBlock(options: BlockExecutionOptions): SimulatingBlockExecution {
  const { chainId, executor, parent, environment, observer, commit, simulated } = options;
  const { state } = executor;
  const transactions: BlockTransaction[] = [];
  const receipts: Receipt[] = [];
  let nextMessage = parent.nextMessage;
  let gasUsed = 0n;
  let gasLeft = environment.gasLimit;
  // Wei of base fees; only a deposit or a simulated call pays less than the base fee.
  let collected = 0n;
  let hasTransactions = false;
  let phase: "idle" | "busy" | "failed" | "sealed" = "idle";

  writeParentHash(state, environment.number, parent.hash);

  const exclusively = async <T>(task: () => Promise<T>, next: "idle" | "sealed" = "idle"): Promise<T> => {
    if (phase !== "idle")
      throw new Error(
        `block ${environment.number} is ${phase}: calls on a block must not overlap, nor follow its seal or a failure`,
      );
    phase = "busy";
    try {
      const result = await task();
      phase = next;
      return result;
    } catch (error) {
      // Part of what failed may have been done: a block on top of that would be another one than everybody else's.
      phase = "failed";
      throw error;
    }
  };

  const context = (availableGas: bigint, watching = observer()): ProcessingContext => ({
    environment,
    chainId,
    availableGas,
    isSimulation: false,
    observer: watching,
  });

  const record = (
    transaction: BlockTransaction,
    dataGas: bigint,
    effectiveGasPrice: bigint,
    result: ProcessingResult | undefined,
  ): Receipt => {
    const executed = result?.kind === "executed" ? result : undefined;
    const used = executed?.gasUsed ?? 0n;
    gasUsed += used;
    collected += used * (effectiveGasPrice < environment.baseFeePerGas ? effectiveGasPrice : environment.baseFeePerGas);
    const receipt: Receipt = {
      transactionHash: transaction.hash,
      status: executed === undefined ? (result === undefined ? 1 : 0) : executed.error === undefined ? 1 : 0,
      gasUsed: used,
      cumulativeGasUsed: gasUsed,
      dataGas,
      effectiveGasPrice,
      logs: executed?.error === undefined ? (executed?.logs ?? []) : [],
      contractAddress: executed?.contractAddress,
    };
    transactions.push(transaction);
    receipts.push(receipt);
    return receipt;
  };

  /** Deposits take nothing out of the bucket: L1 meters them (specification §2). */
  const takeFromBucket = (length: number, used: bigint): void => {
    gasLeft -= atLeastListingCharge(used, length);
  };

  const executeDeposit = async (message: DepositMessage): Promise<Receipt> => {
    const { sender, to, mint, refundTo, gasLimit } = message;
    const watching = observer();
    const observed = watching && observeDeposit(watching, state);
    const { coinbase } = environment;
    observed?.begin({ from: sender, to, coinbase, authorities: [], refundTo });
    const balanceBefore = state.balance(sender);
    state.addBalance(sender, mint);
    state.endTransaction();

    const nonce = state.account(sender)?.nonce ?? 0n;
    const gasPrice = minimumBaseFee(environment.dataPrice);
    const result =
      gasLimit > 0n
        ? await executor.process(messageOfDeposit(message, gasPrice), {
            ...context(gasLimit, observed?.execution),
            minimumFeePerGas: gasPrice,
          })
        : undefined;

    const gained = state.balance(sender) - balanceBefore;
    const leftover = gained < mint ? gained : mint;
    if (leftover > 0n && refundTo !== sender) {
      state.addBalance(sender, -leftover);
      state.addBalance(refundTo, leftover);
    }
    state.endTransaction();
    observed?.end();
    return record({ kind: "deposit", hash: message.hash, message, nonce }, 0n, gasPrice, result);
  };

  const executeContext = (message: ContextMessage): void => {
    const write = (key: Hash, value: Uint8Array) => state.setSlot(L1_CONTEXT_ADDRESS, key, value);
    write(L1_CONTEXT_KEYS.number, minimalBytes(BigInt(message.number)));
    write(L1_CONTEXT_KEYS.timestamp, minimalBytes(BigInt(message.timestamp)));
    write(L1_CONTEXT_KEYS.baseFee, minimalBytes(message.baseFee));
    write(L1_CONTEXT_KEYS.blobBaseFee, minimalBytes(message.blobBaseFee));
    write(L1_CONTEXT_KEYS.parentHash, hexToBytes(message.parentHash));
    state.endTransaction();
  };

  const executeMessage = (message: InboxMessage) =>
    exclusively(async () => {
      if (message.index !== nextMessage) throw new RangeError(`expected message ${nextMessage}, got ${message.index}`);
      if (hasTransactions)
        throw new Error(`message ${message.index} comes after a transaction of block ${environment.number}`);
      const receipt = message.kind === "deposit" ? await executeDeposit(message) : undefined;
      if (message.kind === "context") executeContext(message);
      nextMessage++;
      return receipt;
    });

  const executeTransaction = (transaction: SignedTransaction): Promise<TransactionOutcome> =>
    exclusively(async () => {
      const message = messageOfSigned(transaction, environment);
      const result = await executor.process(message, context(gasLeft));
      if (result.kind === "skipped") return result;
      hasTransactions = true;
      const { hash, raw, sender } = transaction;
      takeFromBucket(raw.length, result.gasUsed);
      const receipt = record({ kind: "signed", hash, raw, sender }, message.dataGas, message.gasPrice, result);
      return { kind: "included", receipt };
    });

  const executeCall = ({ message, raw, hash, validatesFees, observer: watcher }: SimulatedCall) =>
    exclusively(async () => {
      const result = await executor.process(message, {
        ...context(environment.gasLimit - gasUsed),
        ...simulated,
        isSimulation: true,
        validatesFees,
        observer: watcher,
      });
      if (result.kind === "skipped") return result;
      takeFromBucket(raw.length, result.gasUsed);
      record({ kind: "signed", hash, raw, sender: message.sender }, message.dataGas, message.gasPrice, result);
      return result;
    });

  const seal = () =>
    exclusively(async () => {
      state.addBalance(FEE_VAULT_ADDRESS, collected);
      state.endTransaction();
      const outboxRoot = slotKey(bytesToBigint(state.slot(OUTBOX_ADDRESS, OUTBOX_ROOT_KEY)));
      const stateRoot = await commit(state);
      const header: BlockHeader = {
        parentHash: parent.hash,
        coinbase: environment.coinbase,
        stateRoot,
        transactionsRoot: merkleRoot(transactions.map(({ hash }) => hash)),
        receiptsRoot: merkleRoot(receipts.map(receiptHash)),
        logsBloom: bytesToHex(logsBloom(receipts.flatMap(({ logs }) => logs))),
        number: environment.number,
        // Deposits are not bound by it: they are taken in the order of the Inbox, whatever blocks before have used.
        gasLimit: gasUsed > environment.gasLimit ? gasUsed : environment.gasLimit,
        gasUsed,
        gasCapacity: parent.header.gasCapacity,
        gasPerSecond: parent.header.gasPerSecond,
        gasLevel: simulated === undefined ? gasLeft : boundedLevel(gasLeft, parent.header.gasCapacity),
        gasExcess: nextGasExcess(parent.header, environment.timestamp),
        timestamp: environment.timestamp,
        prevRandao: environment.prevRandao,
        baseFeePerGas: environment.baseFeePerGas,
        outboxRoot,
      };
      const sealed: Block = {
        hash: headerHash(header),
        header,
        transactions,
        receipts,
        firstMessage: parent.nextMessage,
        nextMessage,
      };
      return sealed;
    }, "sealed");

  return {
    environment,
    get gasUsed() {
      return gasUsed;
    },
    get gasLeft() {
      return gasLeft;
    },
    paysForListing: (length) => listingCharge(length) <= gasLeft,
    chargeSkipped: (length) => takeFromBucket(length, 0n),
    executeMessage,
    executeTransaction,
    executeCall,
    seal,
  };
}

/** A simulated block may have any gas limit, and its calls are not listed anywhere. */
function boundedLevel(level: bigint, capacity: bigint): bigint {
  return level < 0n ? 0n : level > capacity ? capacity : level;
}

type TransactionStart = Parameters<NonNullable<ExecutionObserver["onTransactionStart"]>>[0];

/**
 * Shows an observer a deposit as one transaction: the mint, what is executed (if anything is) and what is paid out at the
 * end. `execution` is who watches the executor meanwhile.
 */
function observeDeposit(observer: ExecutionObserver, state: BlockState) {
  const own = observedState(state);
  // An executor has a state of its own while it runs.
  let current = own;
  const live: ObservedState = {
    getAccount: (address) => current.getAccount(address),
    getStorageAt: (address, slot) => current.getStorageAt(address, slot),
  };
  const execution: ExecutionObserver = {
    ...observer,
    onTransactionStart: ({ state: executing }) => void (current = executing),
    onTransactionEnd: () => void (current = own),
  };
  return {
    execution,
    begin: (transaction: Omit<TransactionStart, "state">) =>
      observer.onTransactionStart?.({ ...transaction, state: live }),
    end: () => observer.onTransactionEnd?.({ state: live }),
  };
}
