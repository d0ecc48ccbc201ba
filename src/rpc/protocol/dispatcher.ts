import { setImmediate as nextTurn } from "node:timers/promises";
import { responseTooLarge, RPC_ERROR, RpcError } from "./errors.ts";
import { JsonText } from "./method.ts";
import type { Connection, Method } from "./method.ts";
import { readRequestIds } from "./request-ids.ts";

/** Bounds on what one request may ask for. */
export interface DispatcherLimits {
  /** Requests in a batch. */
  readonly batchItems: number;
  /** Bytes of a whole answer, batches included. */
  readonly responseBytes: number;
  /** Heavy calls running at a time, over all callers. */
  readonly heavyConcurrency: number;
  /** Heavy calls waiting for their turn; more are refused. */
  readonly heavyQueue: number;
  /** Milliseconds a light or heavy call may take, its waiting included. */
  readonly callTimeout: number;
}

/** What the dispatcher tells of each call, for metrics and logs. */
export interface CallReport {
  /** As registered; undefined for a method that does not exist. */
  readonly method: string | undefined;
  readonly seconds: number;
  /** JSON-RPC error code; undefined on success. */
  readonly code: number | undefined;
  /** What went wrong inside the node; undefined unless `code` is −32603. */
  readonly failure: unknown;
}

export interface Dispatcher {
  /** Answers a message by the text to send back, or by undefined if nothing is to be sent. Never rejects. */
  dispatch(
    message: string,
    caller: { readonly client: string; readonly connection: Connection | undefined; readonly signal: AbortSignal },
  ): Promise<string | undefined>;
}

/** A request's id as it is written in the request, so that it goes back unchanged. */
type Id = string;
const NO_ID: Id = "null";

/** The JSON-RPC 2.0 text of an error that belongs to no particular request. */
export function errorText(code: number, message: string): string {
  return errorAnswer(NO_ID, new RpcError(code, message));
}

/**
 * JSON-RPC 2.0 over any transport: parses a message, runs its calls, and gives the answer's text. Batches run one call
 * after the other, in order, so that a caller's writes precede its reads.
 */
export function createDispatcher<Node>({
  methods,
  node,
  limits,
  onCall,
}: {
  readonly methods: readonly Method<Node>[];
  readonly node: Node;
  readonly limits: DispatcherLimits;
  readonly onCall: (report: CallReport) => void;
}): Dispatcher {
  const byName = new Map(methods.map((method) => [method.name, method]));
  if (byName.size !== methods.length) throw new RangeError("two methods have the same name");
  const heavy = createGate(limits.heavyConcurrency, limits.heavyQueue);

  async function dispatch(message: string, caller: Parameters<Dispatcher["dispatch"]>[1]): Promise<string | undefined> {
    let parsed: unknown;
    try {
      parsed = JSON.parse(message);
    } catch {
      onCall({ method: undefined, seconds: 0, code: RPC_ERROR.parse, failure: undefined });
      return errorText(RPC_ERROR.parse, "parse error: the message is not valid JSON");
    }
    if (!Array.isArray(parsed)) return answer(parsed, readRequestIds(message)[0], caller, limits.responseBytes);
    if (parsed.length === 0) return errorText(RPC_ERROR.invalidRequest, "invalid request: empty batch");
    if (parsed.length > limits.batchItems) {
      return errorText(
        RPC_ERROR.invalidRequest,
        `batch too large: at most ${limits.batchItems} requests, got ${parsed.length}`,
      );
    }
    const answers: string[] = [];
    let room = limits.responseBytes;
    const ids = readRequestIds(message);
    for (const [index, request] of (parsed as unknown[]).entries()) {
      const text = await answer(request, ids[index], caller, room);
      if (text === undefined) continue;
      answers.push(text);
      room = Math.max(0, room - text.length - 1);
    }
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
  }

  async function answer(
    request: unknown,
    id: Id | undefined,
    caller: Parameters<Dispatcher["dispatch"]>[1],
    room: number,
  ): Promise<string | undefined> {
    const started = performance.now();
    const call = parseRequest(request, id);
    const report = (method: string | undefined, code?: number, failure?: unknown): void =>
      onCall({ method, seconds: (performance.now() - started) / 1000, code, failure });
    if ("error" in call) {
      report(undefined, call.error.code);
      return errorAnswer(call.id, call.error);
    }
    const method = byName.get(call.method);
    try {
      if (room === 0) throw responseTooLarge(limits.responseBytes);
      if (method === undefined) {
        throw new RpcError(
          RPC_ERROR.methodNotFound,
          `the method ${call.method.slice(0, 80)} does not exist/is not available`,
        );
      }
      const result = await run(method, call.params, caller);
      // Serialized here so that a result that cannot be serialized is this call's internal error.
      const json = result instanceof JsonText ? result.text : JSON.stringify(result ?? null);
      const text = `{"jsonrpc":"2.0","id":${call.id},"result":${json}}`;
      if (text.length > room) throw responseTooLarge(limits.responseBytes);
      report(method.name);
      return call.notification ? undefined : text;
    } catch (error) {
      const known = error instanceof RpcError ? error : new RpcError(RPC_ERROR.internal, "internal error");
      report(method?.name, known.code, known === error ? undefined : error);
      return call.notification ? undefined : errorAnswer(call.id, known);
    }
  }

  async function run(
    method: Method<Node>,
    params: readonly unknown[],
    caller: Parameters<Dispatcher["dispatch"]>[1],
  ): Promise<unknown> {
    if (method.weight === "waiting") return method.run(params, node, caller);
    const timeout = AbortSignal.timeout(limits.callTimeout);
    const context = { ...caller, signal: AbortSignal.any([caller.signal, timeout]) };
    const task = async (): Promise<unknown> => method.run(params, node, context);
    const result = method.weight === "heavy" ? heavy.enter(task, context.signal) : task();
    return settleBefore(context.signal, result, () =>
      timeout.aborted
        ? new RpcError(RPC_ERROR.timeout, `the call took longer than ${limits.callTimeout} ms`)
        : new RpcError(RPC_ERROR.timeout, "the caller is gone"),
    );
  }

  return { dispatch };
}

function parseRequest(
  request: unknown,
  writtenId: Id | undefined,
):
  | { readonly id: Id; readonly error: RpcError }
  | { readonly id: Id; readonly method: string; readonly params: readonly unknown[]; readonly notification: boolean } {
  const invalid = (id: Id, message: string): { id: Id; error: RpcError } => ({
    id,
    error: new RpcError(RPC_ERROR.invalidRequest, `invalid request: ${message}`),
  });
  if (typeof request !== "object" || request === null || Array.isArray(request))
    return invalid(NO_ID, "expected an object");
  const { jsonrpc, id, method, params } = request as Record<string, unknown>;
  const notification = id === undefined;
  if (!(notification || id === null || typeof id === "string" || typeof id === "number")) {
    return invalid(NO_ID, "expected id to be a string, a number or null");
  }
  const answerId = writtenId ?? NO_ID;
  if (jsonrpc !== "2.0") return invalid(answerId, 'expected jsonrpc to be "2.0"');
  if (typeof method !== "string") return invalid(answerId, "expected method to be a string");
  if (params === undefined || params === null) return { id: answerId, method, params: [], notification };
  if (Array.isArray(params)) return { id: answerId, method, params, notification };
  if (typeof params !== "object") return invalid(answerId, "expected params to be an array");
  if (notification) return { id: NO_ID, method, params: [params], notification };
  return {
    id: answerId,
    error: new RpcError(RPC_ERROR.invalidParams, "expected params by position (an array), got an object"),
  };
}

function errorAnswer(id: Id, { code, message, data }: RpcError): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message, data })}}`;
}

/** Rejects with `reason()` once `signal` aborts before `work` is done. */
function settleBefore<T>(signal: AbortSignal, work: Promise<T>, reason: () => RpcError): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(reason());
    if (signal.aborted) {
      work.catch(() => undefined);
      return abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Lets `width` tasks run at a time and `queue` wait; a waiting task whose signal aborts never starts. */
function createGate(
  width: number,
  queue: number,
): { enter<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> } {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function enter<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (running >= width) {
      if (waiting.length >= queue)
        throw new RpcError(RPC_ERROR.limitExceeded, "the node is busy: too many calls are waiting");
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    // A finished task hands its place to the next one waiting, so `running` counts it throughout.
    try {
      // EVM execution never waits for anything, so without this one heavy call after another would keep all else waiting.
      await nextTurn();
      if (signal.aborted) throw new RpcError(RPC_ERROR.timeout, "the call was given up before its turn came");
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  return { enter };
}
