import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/** Runs tasks in worker processes, one at a time in each. A worker is a module that calls `serveTasks`. */
export interface WorkerPool<Task, Result> {
  /** Settles when the task is done; rejects if its worker failed or died, in which case another worker takes the next task. */
  run(task: Task): Promise<Result>;
  close(): void;
}

type Answer<Result> =
  { readonly kind: "result"; readonly result: Result } | { readonly kind: "error"; readonly message: string };

/** `size` processes of the module at `worker`, each started when there is a task for it. */
export function createWorkerPool<Task, Result>(worker: URL, size: number): WorkerPool<Task, Result> {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const waiting: (() => void)[] = [];

  const start = (): ChildProcess => {
    const child = fork(worker, { serialization: "advanced", execArgv: ["--max-old-space-size=6144"] });
    all.add(child);
    child.once("exit", () => {
      all.delete(child);
      const position = idle.indexOf(child);
      if (position >= 0) idle.splice(position, 1);
    });
    return child;
  };

  const acquire = async (): Promise<ChildProcess> => {
    let child = idle.pop();
    while (child === undefined) {
      if (all.size < size) return start();
      await new Promise<void>((resolve) => waiting.push(resolve));
      child = idle.pop();
    }
    return child;
  };

  const run = async (task: Task): Promise<Result> => {
    const child = await acquire();
    try {
      const answer = await new Promise<Answer<Result>>((resolve, reject) => {
        const onExit = (code: number | null, signal: string | null): void => {
          reject(new Error(`the worker process ended with ${signal ?? `code ${code}`}`));
        };
        child.once("exit", onExit);
        child.once("message", (message) => {
          child.off("exit", onExit);
          resolve(message as Answer<Result>);
        });
        child.send(task as object);
      });
      if (answer.kind === "error") throw new Error(answer.message);
      return answer.result;
    } finally {
      if (child.connected) idle.push(child);
      waiting.shift()?.();
    }
  };

  const close = (): void => {
    for (const child of all) child.disconnect();
  };
  return { run, close };
}

/** Answers the tasks a pool sends to this process, until the pool closes. */
export function serveTasks<Task, Result>(perform: (task: Task) => Promise<Result>): void {
  process.on("message", (task) => {
    void perform(task as Task).then(
      (result) => process.send?.({ kind: "result", result }),
      (error: unknown) =>
        process.send?.({
          kind: "error",
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
  process.on("disconnect", () => process.exit(0));
}
