import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Instruments } from "../primitives/index.ts";
import { publicKeyToAddress } from "./secp256k1.ts";
import { REQUEST_RECORD_SIZE, RESPONSE_RECORD_SIZE } from "./sender-recovery-protocol.ts";
import type { RecoveryRequest, RecoveryResponse } from "./sender-recovery-protocol.ts";
import { InvalidTransactionError, decodeUnrecovered } from "./signed-transaction.ts";
import type { SignedTransaction, UnrecoveredTransaction } from "./signed-transaction.ts";

/** Decodes raw transactions with the signatures recovered on worker threads by native code. */
export interface SenderRecovery {
  /**
   * For each raw transaction, in order, what `decodeTransaction` gives or the error it throws. Calls may overlap; each is
   * split evenly over the workers. Rejects only if a worker dies or the recovery is closed meanwhile.
   */
  recover(raws: readonly Uint8Array[]): Promise<readonly (SignedTransaction | InvalidTransactionError)[]>;
  /** Ends the workers; pending calls reject. */
  close(): Promise<void>;
}

export interface SenderRecoveryOptions {
  readonly chainId: number;
  /** Threads; by default one less than the machine's cores, at least 1 and at most 4. */
  readonly workers?: number;
}

// Below this many signatures for each worker, splitting costs more than it saves (a recovery takes some 50 µs).
const SMALLEST_SHARE = 8;

interface Pending {
  readonly resolve: (publicKeys: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

interface RecoveryThread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** Starts the worker threads. They do not keep the process alive while idle. */
export function createSenderRecovery(
  options: SenderRecoveryOptions,
  { logger }: Pick<Instruments, "logger">,
): SenderRecovery {
  const { chainId } = options;
  const size = options.workers ?? Math.min(4, Math.max(1, availableParallelism() - 1));
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`expected at least 1 worker, got ${size}`);
  let nextId = 0;
  let closed = false;
  let threads: (RecoveryThread | undefined)[] = Array.from({ length: size });

  const startThread = (slot: number): RecoveryThread => {
    const worker = new Worker(new URL("./sender-recovery-worker.ts", import.meta.url));
    const thread: RecoveryThread = { worker, pending: new Map() };
    worker.unref();
    worker.on("message", ({ id, publicKeys }: RecoveryResponse) => {
      const request = thread.pending.get(id);
      thread.pending.delete(id);
      if (thread.pending.size === 0) worker.unref();
      request?.resolve(publicKeys);
    });
    const fail = (error: Error) => {
      if (threads[slot] === thread) threads[slot] = undefined;
      for (const request of thread.pending.values()) request.reject(error);
      thread.pending.clear();
    };
    worker.on("error", (error: Error) => {
      logger.error({ error }, "sender recovery thread failed; the next call starts another");
      fail(error);
    });
    worker.on("exit", () => fail(new Error("sender recovery is closed")));
    threads[slot] = thread;
    return thread;
  };

  const recoverKeys = (slot: number, records: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
    const thread = threads[slot] ?? startThread(slot);
    return new Promise((resolve, reject) => {
      const request: RecoveryRequest = { id: nextId++, records };
      thread.pending.set(request.id, { resolve, reject });
      thread.worker.ref();
      thread.worker.postMessage(request, [records.buffer]);
    });
  };

  const recover = async (raws: readonly Uint8Array[]) => {
    if (closed) throw new Error("sender recovery is closed");
    const results = raws.map((raw) => decodeOrError(raw, chainId));
    const unrecovered = results.filter(
      (result): result is UnrecoveredTransaction => !(result instanceof InvalidTransactionError),
    );
    const share = Math.max(SMALLEST_SHARE, Math.ceil(unrecovered.length / size));
    const keys: Promise<Uint8Array>[] = [];
    for (let start = 0; start < unrecovered.length; start += share) {
      keys.push(recoverKeys(start / share, encodeRequest(unrecovered.slice(start, start + share))));
    }
    const publicKeys = Buffer.concat(await Promise.all(keys));
    let position = 0;
    return results.map((result) => {
      if (result instanceof InvalidTransactionError) return result;
      const key = publicKeys.subarray(position * RESPONSE_RECORD_SIZE, ++position * RESPONSE_RECORD_SIZE);
      if (key.every((byte) => byte === 0)) return new InvalidTransactionError("no public key gives this signature");
      return { ...result.transaction, sender: publicKeyToAddress(key) };
    });
  };

  const close = async () => {
    closed = true;
    const open = threads.filter((thread) => thread !== undefined);
    await Promise.all(open.map((thread) => thread.worker.terminate()));
    threads = [];
  };

  return { recover, close };
}

function decodeOrError(raw: Uint8Array, chainId: number): UnrecoveredTransaction | InvalidTransactionError {
  try {
    return decodeUnrecovered(raw, chainId);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return error;
    throw error;
  }
}

function encodeRequest(transactions: readonly UnrecoveredTransaction[]): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(transactions.length * REQUEST_RECORD_SIZE);
  transactions.forEach((transaction, index) => {
    records.set(transaction.signingHash, index * REQUEST_RECORD_SIZE);
    records.set(transaction.signature, index * REQUEST_RECORD_SIZE + 32);
    records[index * REQUEST_RECORD_SIZE + 96] = transaction.recoveryId;
  });
  return records;
}
