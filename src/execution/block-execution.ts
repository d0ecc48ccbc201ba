import type { SignedTransaction } from "../ethereum/index.ts";
import {
  Phase,
  beginBlock as beginChainBlock,
  beginContext,
  beginDeposit,
  chainOf,
  createChainMachine,
  creditFees,
  flushThen,
  newChain,
  newTransactionContext,
  rawSlice,
  readOutboxRoot,
  runTransaction,
  running,
  sealedHeader,
  start,
  step,
} from "../machine/index.ts";
import type { Machine } from "../machine/index.ts";
import type { Hash } from "../primitives/index.ts";
import { headerHash, listingCharge } from "../rollup/index.ts";
import type {
  Block,
  BlockEnvironment,
  BlockHeader,
  BlockTransaction,
  DepositMessage,
  InboxMessage,
  Receipt,
} from "../rollup/index.ts";
import { observedState } from "./block-state.ts";
import type { BlockState } from "./block-state.ts";
import type { BlockExecution, SimulatedCall, TransactionOutcome } from "./execution-engine.ts";
import { stateOf } from "./machine-state.ts";
import type { ExecutionObserver, ObservedState } from "./observer.ts";
import type { ProcessingContext, ProcessingResult, TransactionExecutor } from "./transaction-executor.ts";
import { messageOfDeposit, messageOfSigned } from "./transaction-message.ts";

export interface BlockExecutionOptions {
  readonly chainId: number;
  readonly executor: TransactionExecutor;
  readonly parent: { readonly hash: Hash; readonly header: BlockHeader; readonly nextMessage: number };
  /** Seconds, at least the parent's. */
  readonly timestamp: number;
  /** Who watches what runs next, if anybody. */
  readonly observer: () => ExecutionObserver | undefined;
  /** Writes the state's changes to the database and gives the new root. */
  readonly commit: (state: BlockState) => Promise<Hash>;
  /** What a simulated block has in place of what the chain would give it. */
  readonly simulated?: Pick<ProcessingContext, "blobBaseFee" | "precompiles" | "environment">;
}

/** A block that runs calls nobody has signed, too. Such a block is for nobody to keep. */
export interface SimulatingBlockExecution extends BlockExecution {
  executeCall(call: SimulatedCall): Promise<ProcessingResult>;
}

/**
 * Starts a block on an executor that was reset to the parent's state. What a block is besides its transactions, its begin and
 * end, messages, the gas bucket, receipts and header, are the units of the machine (docs/machine.md §16) in fast mode, on the
 * executor's state; the transactions themselves are run by the executor.
 */
export function beginBlock(options: BlockExecutionOptions): SimulatingBlockExecution {
  const { executor, parent, observer, commit, simulated } = options;
  const { state } = executor;
  const { chainId, timestamp } = options;
  const machine = openChildBlock(state, { chainId, parent, timestamp });
  const chain = chainOf(machine);
  const environment = simulated?.environment ?? environmentOf(machine);
  if (simulated !== undefined) {
    const { baseFeePerGas: baseFee, ...rest } = environment;
    machine.environment = { ...machine.environment, ...rest, baseFee };
    chain.gasLeft = environment.gasLimit;
  }
  const transactions: BlockTransaction[] = [];
  const receipts: Receipt[] = [];
  // Wei of base fees of a simulated block, whose calls may pay less.
  let simulatedFees = 0n;
  let hasTransactions = false;
  let phase: "idle" | "busy" | "failed" | "sealed" = "idle";

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

  /** The receipt of what the machine has just included. */
  const record = (
    transaction: BlockTransaction,
    dataGas: bigint,
    effectiveGasPrice: bigint,
    result: ProcessingResult | undefined,
  ): Receipt => {
    const { transaction: included, logs } = machine.included as NonNullable<Machine["included"]>;
    const receipt: Receipt = {
      transactionHash: transaction.hash,
      status: included.status,
      gasUsed: BigInt(included.gasUsed),
      cumulativeGasUsed: machine.block.gasUsed,
      dataGas,
      effectiveGasPrice,
      logs,
      contractAddress: result?.kind === "executed" ? result.contractAddress : undefined,
    };
    transactions.push(transaction);
    receipts.push(receipt);
    return receipt;
  };

  /** A listed transaction of so many bytes, which its executor has run: the machine ends it as one of its own. */
  const include = (hash: Hash, raw: Uint8Array, result: Executed): void => {
    chain.gasLeft -= listingCharge(raw.length);
    machine.transaction = { ...newTransactionContext(rawSlice(raw)), transactionHash: hash };
    adopt(machine, result);
    machine.phase = Phase.EndTransaction;
    runTransaction(machine);
  };

  const executeDeposit = async (message: DepositMessage): Promise<Receipt> => {
    const { sender, to, refundTo, gasLimit } = message;
    const watching = observer();
    const observed = watching && observeDeposit(watching, state);
    const { coinbase } = environment;
    observed?.begin({ from: sender, to, coinbase, authorities: [], refundTo });

    // 1. Mint, and if there is a transaction, leave it to the executor.
    beginDeposit(machine, message);
    runTo(machine, [Phase.Validate, Phase.Refund]);
    const { nonce, maxFeePerGas: gasPrice } = running(machine);
    let result: ProcessingResult | undefined;
    if (machine.phase === Phase.Validate) {
      flushThen(machine, Phase.Refund);
      step(machine);
      state.endTransaction();
      result = await executor.process(messageOfDeposit(message, gasPrice), {
        ...context(gasLimit, observed?.execution),
        minimumFeePerGas: gasPrice,
      });
      if (result.kind === "executed") adopt(machine, result);
    }

    // 2. What is left of the mint.
    runTransaction(machine);
    state.endTransaction();
    observed?.end();
    return record({ kind: "deposit", hash: message.hash, message, nonce }, 0n, gasPrice, result);
  };

  const executeMessage = (message: InboxMessage) =>
    exclusively(async () => {
      if (message.index !== chain.messageCount)
        throw new RangeError(`expected message ${chain.messageCount}, got ${message.index}`);
      if (hasTransactions)
        throw new Error(`message ${message.index} comes after a transaction of block ${environment.number}`);
      if (message.kind === "deposit") return executeDeposit(message);
      beginContext(machine, message);
      runTransaction(machine);
      state.endTransaction();
      return undefined;
    });

  const executeTransaction = (transaction: SignedTransaction): Promise<TransactionOutcome> =>
    exclusively(async () => {
      const message = messageOfSigned(transaction, environment);
      const result = await executor.process(message, context(chain.gasLeft));
      if (result.kind === "skipped") return result;
      hasTransactions = true;
      const { hash, raw, sender } = transaction;
      include(hash, raw, result);
      const receipt = record({ kind: "signed", hash, raw, sender }, message.dataGas, message.gasPrice, result);
      return { kind: "included", receipt };
    });

  const executeCall = ({ message, raw, hash, validatesFees, observer: watcher }: SimulatedCall) =>
    exclusively(async () => {
      const result = await executor.process(message, {
        ...context(environment.gasLimit - machine.block.gasUsed),
        ...simulated,
        isSimulation: true,
        validatesFees,
        observer: watcher,
      });
      if (result.kind === "skipped") return result;
      include(hash, raw, result);
      const { gasPrice } = message;
      const { baseFeePerGas } = environment;
      simulatedFees += result.gasUsed * (gasPrice < baseFeePerGas ? gasPrice : baseFeePerGas);
      record({ kind: "signed", hash, raw, sender: message.sender }, message.dataGas, gasPrice, result);
      return result;
    });

  const seal = () =>
    exclusively(async () => {
      machine.phase = Phase.EndBlock;
      if (simulated === undefined) start(machine);
      else {
        creditFees(machine, simulatedFees);
        chain.gasLeft = boundedLevel(chain.gasLeft, parent.header.gasCapacity);
      }
      runTo(machine, [Phase.SealBlock]);
      state.endTransaction();
      const outboxRoot = readOutboxRoot(machine);
      if (outboxRoot === undefined) throw new Error("expected a machine that loads what it reads");
      const header = sealedHeader(machine, await commit(state), outboxRoot);
      const sealed: Block = {
        hash: headerHash(header),
        header,
        transactions,
        receipts,
        firstMessage: parent.nextMessage,
        nextMessage: chain.messageCount,
      };
      return sealed;
    }, "sealed");

  return {
    environment,
    get gasUsed() {
      return machine.block.gasUsed;
    },
    get gasLeft() {
      return chain.gasLeft;
    },
    paysForListing: (length) => listingCharge(length) <= chain.gasLeft,
    chargeSkipped: (length) => void (chain.gasLeft -= listingCharge(length)),
    executeMessage,
    executeTransaction,
    executeCall,
    seal,
  };
}

/**
 * A machine at the begin of the child of `parent`, whose state this is: what a block's begin writes is in it then. The block is
 * of no batch yet, or nobody asks of which.
 */
export function openChildBlock(
  state: BlockState,
  { chainId, parent, timestamp }: Pick<BlockExecutionOptions, "chainId" | "parent" | "timestamp">,
): Machine {
  const { hash, header, nextMessage } = parent;
  const machine = createChainMachine({
    chain: newChain(
      { blockHash: hash, outboxRoot: header.outboxRoot, batchCount: 0, messageCount: nextMessage },
      { messagesUpTo: Number.MAX_SAFE_INTEGER, timestamp: 0 },
    ),
    isProving: false,
  });
  const extent = { messagesEnd: Number.MAX_SAFE_INTEGER, transactionsLeft: Number.MAX_SAFE_INTEGER };
  beginChainBlock(machine, header, { timestamp, chainId: BigInt(chainId), ...extent }, stateOf(state));
  runTransaction(machine);
  state.endTransaction();
  return machine;
}

function environmentOf({ environment }: Machine): BlockEnvironment {
  const { number, timestamp, coinbase, gasLimit, baseFee, prevRandao, dataPrice } = environment;
  return {
    number: Number(number),
    timestamp: Number(timestamp),
    coinbase,
    gasLimit,
    baseFeePerGas: baseFee,
    prevRandao,
    dataPrice,
  };
}

/** Takes steps until one of these phases comes next. */
function runTo(machine: Machine, phases: readonly Phase[]): void {
  while (!phases.includes(machine.phase)) step(machine);
}

type Executed = Extract<ProcessingResult, { readonly kind: "executed" }>;

/** The transaction under way becomes what an executor has made of it. */
function adopt(machine: Machine, { error, gasUsed, logs }: Executed): void {
  const transaction = running(machine);
  transaction.status = error === undefined ? 1 : 0;
  transaction.gasUsed = Number(gasUsed);
  if (error === undefined) machine.logs.push(...logs);
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
