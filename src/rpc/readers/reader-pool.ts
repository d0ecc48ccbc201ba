import { Worker } from "node:worker_threads";
import { registerMetrics } from "../../metrics/index.ts";
import type { Instruments } from "../../primitives/index.ts";
import type { RpcLimits } from "../limits.ts";
import { invalidParams, limitExceeded, RPC_ERROR, RpcError } from "../protocol/errors.ts";
import { JsonText } from "../protocol/method.ts";
import { createFairQueue } from "./fair-queue.ts";
import type { ReaderKind, ReaderRequest, ReaderResponse, ReaderSettings, ReaderThreadData } from "./reader-protocol.ts";

export interface ReaderPoolOptions extends ReaderSettings {
  readonly kind: ReaderKind;
  /** How many there are at most. */
  readonly threads: number;
  readonly limits: RpcLimits;
  /** Told when the two engines of a shadowing node disagree in a call. */
  readonly onDifference: (error: Error) => void;
}

/**
 * Threads that answer what executes EVM code or reads much, over the same database, so that the thread that builds blocks
 * waits for no reader. A call that takes too long, or too much memory, is ended with its thread; the others go on.
 */
export interface ReaderPool {
  /** Whether some thread has started. */
  readonly isUp: boolean;
  /** Starts a thread before one is needed. */
  start(): void;
  /**
   * JSON of the method's result. Callers take turns, by `client`. Throws {@link RpcError} as the method does; if too many
   * calls wait, if the caller is gone, or if the call was ended.
   */
  run(
    method: string,
    params: readonly unknown[],
    caller: { readonly client: string; readonly signal: AbortSignal },
  ): Promise<JsonText>;
  /** Ends the threads; calls not answered yet reject. */
  close(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly params: string;
  readonly settle: (outcome: JsonText | Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Resolves when it has started, or never will. */
  readonly started: Promise<void>;
  isReady: boolean;
  call: Call | undefined;
  deadline: NodeJS.Timeout | undefined;
}

/** Threads start when they are first needed. */
export function createReaderPool(options: ReaderPoolOptions, { logger, metrics }: Instruments): ReaderPool {
  const { kind, limits, folder, config, engine, shadow, onDifference } = options;
  const workerData: ReaderThreadData = { kind, limits, folder, config, engine, shadow };
  const waiting = createFairQueue<Call>(limits.readerQueue);
  const threads = new Set<Thread>();
  let isClosed = false;

  const counters = registerMetrics(metrics, "rpcReaders");
  counters[`${kind}Calls`].collectWith((gauge) => {
    gauge.set({ state: "waiting" }, waiting.size);
    gauge.set({ state: "running" }, [...threads].filter(({ call }) => call !== undefined).length);
  });
  const countEnded = (reason: "time" | "memory" | "failure"): void => counters.threadsEnded.inc({ kind, reason });

  function startThread(): void {
    const worker = new Worker(new URL("./reader-thread.ts", import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: limits.readerMemory },
    });
    worker.unref();
    const started = new Promise<void>((resolve) => {
      for (const event of ["message", "error", "exit"]) worker.once(event, () => resolve());
    });
    const thread: Thread = { worker, started, isReady: false, call: undefined, deadline: undefined };
    threads.add(thread);
    worker.on("message", (response: ReaderResponse) => onResponse(thread, response));
    worker.on("error", (error: Error) => onFailure(thread, error));
    worker.on("exit", () => onFailure(thread, new Error("a reader thread has exited")));
  }

  function onResponse(thread: Thread, response: ReaderResponse): void {
    switch (response.kind) {
      case "ready":
        thread.isReady = true;
        break;
      case "difference":
        return onDifference(new Error(response.report));
      case "result":
        finish(thread, new JsonText(response.text));
        break;
      case "error":
        finish(thread, new RpcError(response.code, response.message, response.data));
        break;
      case "failure":
        finish(thread, response.error);
        break;
    }
    assign();
  }

  function finish(thread: Thread, outcome: JsonText | Error): void {
    clearTimeout(thread.deadline);
    thread.worker.unref();
    const { call } = thread;
    thread.call = undefined;
    call?.settle(outcome);
  }

  /** A thread is no more, of itself or because it was ended. */
  function onFailure(thread: Thread, error: Error): void {
    if (!threads.delete(thread)) return;
    if (thread.isReady) {
      const isMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
      countEnded(isMemory ? "memory" : "failure");
      logger.warn({ err: error, method: thread.call?.method }, "a reader thread has ended; another takes its place");
      finish(thread, isMemory ? limitExceeded(`the call needs more than ${limits.readerMemory} MiB of memory`) : error);
      return assign();
    }
    // Another would hardly fare better; the next call tries again.
    logger.error({ err: error }, "a reader thread cannot start");
    if (threads.size > 0) return;
    for (let call = waiting.take(); call !== undefined; call = waiting.take()) call.settle(error);
  }

  function end(thread: Thread): void {
    threads.delete(thread);
    countEnded("time");
    logger.info({ method: thread.call?.method, milliseconds: limits.executionTimeout }, "a call was ended by force");
    void thread.worker.terminate();
    const message = `execution aborted (timeout = ${limits.executionTimeout} ms)`;
    finish(thread, new RpcError(RPC_ERROR.timeout, message));
    // At once, since starting takes a while and whoever sends such calls has more of them.
    if (!isClosed) startThread();
  }

  function assign(): void {
    if (isClosed) return;
    for (const thread of threads) {
      if (!thread.isReady || thread.call !== undefined) continue;
      const call = waiting.take();
      if (call === undefined) return;
      thread.call = call;
      thread.deadline = setTimeout(() => end(thread), limits.executionTimeout);
      thread.worker.ref();
      send(thread, { kind: "call", method: call.method, params: call.params });
    }
    const starting = [...threads].filter(({ isReady }) => !isReady).length;
    if (waiting.size > starting && threads.size < options.threads) startThread();
  }

  const send = (thread: Thread, request: ReaderRequest): void => thread.worker.postMessage(request);

  return {
    get isUp() {
      return [...threads].some(({ isReady }) => isReady);
    },
    start() {
      if (threads.size === 0) startThread();
    },
    run: (method, params, { client, signal }) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error("the reader pool is closed"));
        const giveUp = (): void => {
          if (waiting.remove(client, call)) call.settle(new RpcError(RPC_ERROR.timeout, "the call was given up"));
          for (const thread of threads) if (thread.call === call) send(thread, { kind: "cancel" });
        };
        const call: Call = {
          method,
          params: textOf(params),
          settle(outcome) {
            signal.removeEventListener("abort", giveUp);
            if (outcome instanceof JsonText) resolve(outcome);
            else reject(outcome);
          },
        };
        signal.addEventListener("abort", giveUp, { once: true });
        waiting.add(client, call)?.settle(limitExceeded("the node is busy: too many calls are waiting"));
        if (signal.aborted) giveUp();
        assign();
      }),
    async close() {
      isClosed = true;
      const open = [...threads];
      threads.clear();
      const closed = new Error("the reader pool is closed");
      for (let call = waiting.take(); call !== undefined; call = waiting.take()) call.settle(closed);
      for (const thread of open) finish(thread, closed);
      await Promise.all(
        open.map(async ({ worker, started }) => {
          // Ended while it opens the database, the native part of that would end the process.
          worker.ref();
          await started;
          await worker.terminate();
        }),
      );
    },
  };
}

/** JSON of parameters. Throws {@link RpcError} if they are nested too deeply for it. */
function textOf(params: readonly unknown[]): string {
  try {
    return JSON.stringify(params);
  } catch (error) {
    if (error instanceof RangeError) throw invalidParams("invalid arguments: expected them to be nested less deeply");
    throw error;
  }
}
