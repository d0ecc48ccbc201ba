import type { Chain, ReadableChain, SyncStatus, TransactionPool } from "../node/index.ts";
import type { FilterRegistry } from "./logs/index.ts";
import type { TransactionDecoder } from "./format/index.ts";
import type { Notifier } from "./notifier.ts";
import type { OutboxIndex } from "./outbox/index.ts";
import {
  defineMethod as define,
  type Method as MethodOf,
  type MethodWeight,
  type RequestContext,
} from "./protocol/index.ts";
import type { ReaderKind, ReaderPool } from "./readers/index.ts";
import type { ClaimsView, RpcLimits } from "./types.ts";
import type { z } from "zod";

/** What methods on reader threads work with. */
export interface ReadingNode {
  readonly chain: ReadableChain;
  readonly limits: RpcLimits;
  readonly decode: TransactionDecoder;
}

/** All that methods work with. */
export interface RpcNode extends ReadingNode {
  readonly chain: Chain;
  readonly readers: Readonly<Record<ReaderKind, ReaderPool>>;
  readonly pool: TransactionPool;
  readonly claims: ClaimsView | undefined;
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
export interface ReadingMethod extends MethodOf<ReadingNode, ReadingContext> {
  /** Which threads it runs on. */
  readonly kind: ReaderKind;
}

/** Aborted when nobody waits for the answer any more. */
export type ReadingContext = Pick<RequestContext, "signal">;

type ReadingHandler<Schemas extends readonly z.ZodType[]> = (
  params: Outputs<Schemas>,
  node: ReadingNode,
  context: ReadingContext,
) => unknown;

/** `defineMethod` for methods that read whole blocks. */
export function defineReadingMethod<const Schemas extends readonly z.ZodType[]>(
  name: string,
  schemas: Schemas,
  handle: ReadingHandler<Schemas>,
): ReadingMethod {
  return { ...define(name, schemas, handle), kind: "reading" };
}

/** `defineMethod` for methods that execute EVM code. */
export function defineExecutingMethod<const Schemas extends readonly z.ZodType[]>(
  name: string,
  schemas: Schemas,
  handle: ReadingHandler<Schemas>,
): ReadingMethod {
  return { ...define(name, schemas, handle), kind: "executing" };
}

/** The same method as the main thread has it: it hands its parameters to a reader thread, which checks them. */
export function onReaderThread({ name, kind }: ReadingMethod): RpcMethod {
  return { name, weight: "light", run: (params, { readers }, context) => readers[kind].run(name, params, context) };
}
