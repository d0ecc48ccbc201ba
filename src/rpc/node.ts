import type { z } from "zod";
import type { DisputesView } from "../challenger/index.ts";
import type { ClaimsView } from "../claims/index.ts";
import type { Chain, ReadableChain, SyncStatus, TransactionPool } from "../node/index.ts";
import type { BlockUnits } from "../traces/index.ts";
import type { OutboxIndex } from "../withdrawals/index.ts";
import type { DevnetControl } from "./devnet-control.ts";
import type { TransactionDecoder } from "./format/transaction.ts";
import type { MiningWait } from "./inclusion.ts";
import type { RpcLimits } from "./limits.ts";
import type { FilterRegistry } from "./logs/filters.ts";
import type { Notifier } from "./notifier.ts";
import { defineMethod as define } from "./protocol/method.ts";
import type { Method as MethodOf, MethodWeight, RequestContext } from "./protocol/method.ts";
import type { ReaderPool } from "./readers/reader-pool.ts";
import type { ReaderKind } from "./readers/reader-protocol.ts";

/** What methods on reader threads work with. */
export interface ReadingNode {
  readonly chain: ReadableChain;
  readonly limits: RpcLimits;
  readonly decode: TransactionDecoder;
  /** The units of derived blocks. Undefined on threads that do not execute, and where the machine is not the engine. */
  readonly openUnits?: () => Promise<BlockUnits>;
}

/** All that methods work with. */
export interface RpcNode extends ReadingNode {
  readonly chain: Chain;
  readonly readers: Readonly<Record<ReaderKind, ReaderPool>>;
  readonly pool: TransactionPool;
  readonly claims: ClaimsView | undefined;
  readonly disputes: DisputesView | undefined;
  readonly devnet: DevnetControl | undefined;
  readonly untilMined: MiningWait;
  readonly syncStatus: () => SyncStatus;
  readonly outbox: OutboxIndex;
  readonly filters: FilterRegistry;
  readonly notifier: Notifier;
  readonly clientVersion: string;
  readonly minimumPriorityFee: bigint;
  /** Latest block when the server was made. */
  readonly startingBlock: number;
}

export type RpcMethod = MethodOf<RpcNode>;

type Outputs<Schemas extends readonly z.ZodType[]> = { -readonly [Index in keyof Schemas]: z.output<Schemas[Index]> };

/** `defineMethod` for methods of the node. */
export function defineMethod<const Schemas extends readonly z.ZodType[]>(
  name: string,
  schemas: Schemas,
  handle: (params: Outputs<Schemas>, node: RpcNode, context: RequestContext) => unknown,
  options: { readonly weight?: MethodWeight } = {},
): RpcMethod {
  return define(name, schemas, handle, options);
}

/** A method that runs on a reader thread. */
export type ReadingMethod = MethodOf<ReadingNode, ReadingContext>;

/** Aborted when nobody waits for the answer any more. */
export type ReadingContext = Pick<RequestContext, "signal">;

/** `defineMethod` for methods that execute EVM code or read whole blocks. */
export function defineReadingMethod<const Schemas extends readonly z.ZodType[]>(
  name: string,
  schemas: Schemas,
  handle: (params: Outputs<Schemas>, node: ReadingNode, context: ReadingContext) => unknown,
): ReadingMethod {
  return define(name, schemas, handle);
}

/** A method that executes, as the main thread has it: it hands its parameters to another thread, which checks them. */
export function onExecutingThread({ name }: ReadingMethod): RpcMethod {
  return {
    name,
    weight: "light",
    run: (params, { readers }, context) => readers.executing.run(name, params, context),
  };
}

/** As {@link onExecutingThread} for a method that reads. */
export function onReadingThread(method: ReadingMethod): RpcMethod {
  return { ...method, weight: "light", run: (params, node, context) => read(method, params, node, context) };
}

/** Runs a method on a reading thread; here, while that is still starting, so that a node that has just started answers. */
export function read(
  method: ReadingMethod,
  params: readonly unknown[],
  node: RpcNode,
  context: RequestContext,
): unknown {
  const { reading } = node.readers;
  return reading.isUp ? reading.run(method.name, params, context) : method.run(params, node, context);
}

/**
 * A reading method that the main thread answers itself where only it knows the answer, as of what is in the pool; what
 * `handle` gives undefined for goes to a reading thread.
 */
export function answeredBefore<const Schemas extends readonly z.ZodType[]>(
  method: ReadingMethod,
  schemas: Schemas,
  handle: (params: Outputs<Schemas>, node: RpcNode) => unknown,
): RpcMethod {
  const own = defineMethod(method.name, schemas, handle);
  return {
    ...own,
    run: async (params, node, context) => (await own.run(params, node, context)) ?? read(method, params, node, context),
  };
}
