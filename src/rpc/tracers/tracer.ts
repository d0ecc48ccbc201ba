import type { ExecutionObserver } from "../../execution/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { TraceMeter } from "./trace-meter.ts";

/** Where a transaction stands. */
export interface TracedPlace {
  readonly blockHash: Hash;
  readonly blockNumber: number;
  readonly transactionHash: Hash;
  readonly transactionPosition: number;
}

/** The transaction or call being traced, and how it ended. */
export interface TracedTransaction {
  readonly from: Address;
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly gas: bigint;
  readonly input: Uint8Array;
  readonly gasUsed: bigint;
  readonly failed: boolean;
  /** Of a transaction in a block. */
  readonly place?: TracedPlace | undefined;
}

/** Collects what an execution does and turns it into an answer of `debug_trace*`. */
export interface Tracer {
  readonly observer: ExecutionObserver;
  /** Throws {@link RpcError} if the trace outgrew its limits. */
  result(transaction: TracedTransaction): object;
}

/** What a tracer must know before it starts. */
export interface TraceContext {
  /** Opcodes of one transaction. */
  readonly maximumSteps: number;
  readonly meter: TraceMeter;
  /** Logs of the block before the transaction. */
  readonly firstLogIndex: number;
}
