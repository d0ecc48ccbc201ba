import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { createExclusiveRunner } from "../concurrency/index.ts";
import { openNodeDatabaseReader } from "../storage/index.ts";
import { TraceUnavailableError } from "./errors.ts";
import { createTraceAnswering } from "./trace-answering.ts";
import type { NumberedRequest, TraceAnswer, TraceRequest, TraceThreadData } from "./trace-protocol.ts";

/** Threads that trace give way to the one that builds blocks: they get about a quarter of a core that both want. */
const NICENESS = 5;

const { folder, config } = workerData as TraceThreadData;
const port = parentPort;
if (port === null) throw new Error("a thread that traces is started by another");

const database = openNodeDatabaseReader({ folder, genesisHash: config.genesisHash });
const answering = await createTraceAnswering({ config, database });
// Only on Linux is a thread meant by this; elsewhere it would be the whole process.
if (process.platform === "linux") setPriority(NICENESS);
const exclusively = createExclusiveRunner();
port.on("message", ({ id, request }: NumberedRequest) => {
  void exclusively(() => answer(id, request)).then((answered) => port.postMessage(answered));
});
port.postMessage({ kind: "ready" } satisfies TraceAnswer);

async function answer(id: number, request: TraceRequest): Promise<TraceAnswer> {
  try {
    database.refresh();
    return { kind: "result", id, value: await answering.answer(request) };
  } catch (error) {
    if (error instanceof TraceUnavailableError) return { kind: "unavailable", id, problem: error.problem };
    return { kind: "failure", id, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
