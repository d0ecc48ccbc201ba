import { Worker } from "node:worker_threads";
import type { Instruments } from "../primitives/index.ts";
import { TraceUnavailableError } from "./errors.ts";
import type { NumberedRequest, TraceAnswer, TraceRequest, TraceThreadData } from "./trace-protocol.ts";

/** A thread that traces, for the main thread. */
export interface TraceThread {
  /**
   * The answer to a request; the thread takes them in order. Starts the thread if it does not run.
   * @throws TraceUnavailableError, what went wrong on the thread, or that it has ended
   */
  ask(request: TraceRequest): Promise<unknown>;
  /** Ends the thread, whatever it does; requests not answered yet reject. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Resolves when it has started, or never will. */
  readonly started: Promise<void>;
}

/** The thread starts when it is first asked, and again after it has failed. */
export function createTraceThread(data: TraceThreadData, { logger }: Pick<Instruments, "logger">): TraceThread {
  let running: Running | undefined;
  let isClosed = false;
  let nextId = 0;

  function start(): Running {
    const worker = new Worker(new URL("./trace-thread.ts", import.meta.url), { workerData: data });
    worker.unref();
    const started = new Promise<void>((resolve) => {
      for (const event of ["message", "error", "exit"]) worker.once(event, () => resolve());
    });
    const thread: Running = { worker, pending: new Map(), started };
    worker.on("message", (answer: TraceAnswer) => settle(thread, answer));
    worker.on("error", (error: Error) => {
      logger.error(
        { err: error, thread: data.kind },
        "a thread that traces has failed; the next request starts another",
      );
      end(thread, error);
    });
    worker.on("exit", () => end(thread, new Error("a thread that traces has ended")));
    running = thread;
    return thread;
  }

  function settle({ worker, pending }: Running, answer: TraceAnswer): void {
    if (answer.kind === "ready") return;
    const request = pending.get(answer.id);
    pending.delete(answer.id);
    if (pending.size === 0) worker.unref();
    switch (answer.kind) {
      case "result":
        return request?.resolve(answer.value);
      case "unavailable":
        return request?.reject(new TraceUnavailableError(answer.problem));
      case "failure":
        return request?.reject(answer.error);
    }
  }

  function end(thread: Running, reason: Error): void {
    if (running === thread) running = undefined;
    for (const { reject } of thread.pending.values()) reject(reason);
    thread.pending.clear();
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error("the traces are closed"));
        const thread = running ?? start();
        const numbered: NumberedRequest = { id: nextId++, request };
        thread.pending.set(numbered.id, { resolve, reject });
        thread.worker.ref();
        thread.worker.postMessage(numbered);
      }),
    async close() {
      isClosed = true;
      const thread = running;
      if (thread === undefined) return;
      end(thread, new Error("the traces are closed"));
      // Ended while it opens the database, the native part of that would end the process.
      thread.worker.ref();
      await thread.started;
      await thread.worker.terminate();
    },
  };
}
