import type { StateDatabase } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import { beginBlock } from "./block-execution.ts";
import { runCall } from "./call.ts";
import type { BlockExecution, ExecutionEngine } from "./execution-engine.ts";
import type { ExecutionObserver } from "./observer.ts";
import { replayBlock } from "./replay.ts";
import { openSimulation } from "./simulation.ts";
import { createStateReads } from "./state-reads.ts";
import { commitState, createStateViews, viewStayingAt } from "./state-views.ts";
import type { TransactionExecutor } from "./transaction-executor.ts";

/** What every engine needs. */
export interface EngineOptions {
  readonly chainId: number;
  readonly state: StateDatabase;
}

/** Executors kept for the next call. */
const IDLE_EXECUTORS = 8;

/**
 * An execution engine around an executor of transactions. Reads of any stored state root may run at any time beside an open block; any
 * number of engines may share one state database.
 */
export function createEngine(
  options: EngineOptions & {
    readonly name: ExecutionEngine["name"];
    readonly createExecutor: () => Promise<TransactionExecutor>;
  },
  { logger, metrics }: Instruments,
): ExecutionEngine {
  const { name, chainId, state: database, createExecutor } = options;
  const views = createStateViews(database);
  const idle: TransactionExecutor[] = [];
  const { sealSeconds, gasUsed } = registerMetrics(metrics, "execution");

  const acquire = async (root: Hash) => {
    const executor = idle.pop() ?? (await createExecutor());
    const view = viewStayingAt(views, root);
    executor.reset(view);
    return { executor, view };
  };

  const release = (executor: TransactionExecutor): void => {
    if (idle.length < IDLE_EXECUTORS) idle.push(executor);
  };

  const openBlock: ExecutionEngine["openBlock"] = async (parent, attributes) => {
    if (!Number.isSafeInteger(attributes.timestamp) || attributes.timestamp < parent.header.timestamp) {
      throw new RangeError(
        `expected a timestamp of at least the parent's ${parent.header.timestamp}, got ${attributes.timestamp}`,
      );
    }
    const { executor, view } = await acquire(parent.header.stateRoot);
    const execution = beginBlock({
      chainId,
      executor,
      parent,
      timestamp: attributes.timestamp,
      observer: () => undefined,
      commit: (state) => commitState(views, state, view()),
    });
    return withMetrics(execution, executor);
  };

  const withMetrics = (execution: BlockExecution, executor: TransactionExecutor): BlockExecution => ({
    environment: execution.environment,
    get gasUsed() {
      return execution.gasUsed;
    },
    get gasLeft() {
      return execution.gasLeft;
    },
    paysForListing: execution.paysForListing,
    chargeSkipped: execution.chargeSkipped,
    executeMessage: execution.executeMessage,
    executeTransaction: execution.executeTransaction,
    seal: async () => {
      const stop = sealSeconds.startTimer();
      const block = await execution.seal();
      stop();
      release(executor);
      gasUsed.inc(Number(block.header.gasUsed));
      logger.debug(
        {
          block: block.header.number,
          hash: block.hash,
          transactions: block.transactions.length,
          gasUsed: block.header.gasUsed.toString(),
        },
        "block sealed",
      );
      return block;
    },
  });

  const call: ExecutionEngine["call"] = async (request, callOptions) => {
    const { before, at } = callOptions;
    const { executor } = await acquire((before?.parent.header ?? at).stateRoot);
    try {
      if (before !== undefined)
        await replayBlock(
          executor,
          chainId,
          before,
          async (hash, run) => {
            if (hash === before.transactionHash) return true;
            await run();
            return false;
          },
          () => undefined,
        );
      return await runCall(executor, chainId, request, callOptions);
    } finally {
      release(executor);
    }
  };

  const simulate: ExecutionEngine["simulate"] = async (base) => {
    const executor = idle.pop() ?? (await createExecutor());
    return { openBlock: await openSimulation(executor, database, chainId, base), close: () => release(executor) };
  };

  const replay: ExecutionEngine["replay"] = async ({ parent, block, through, messages, observe }) => {
    if (!block.transactions.some(({ hash }) => hash === through))
      throw new RangeError(`transaction ${through} is not in block ${block.hash}`);
    const { executor } = await acquire(parent.header.stateRoot);
    let observer: ExecutionObserver | undefined;
    await replayBlock(
      executor,
      chainId,
      { parent, block, messages },
      async (hash, run) => {
        observer = await observe(hash);
        await run();
        return hash === through;
      },
      () => observer,
    );
    release(executor);
  };

  return { name, openBlock, call, simulate, replay, ...createStateReads(views) };
}
