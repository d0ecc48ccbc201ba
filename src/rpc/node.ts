import type { Chain, SyncStatus, TransactionPool } from "../node/index.ts";
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
import type { ClaimsView, RpcLimits } from "./types.ts";
import type { z } from "zod";

/** All that methods work with. */
export interface RpcNode {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly claims: ClaimsView | undefined;
  readonly syncStatus: () => SyncStatus;
  readonly limits: RpcLimits;
  readonly decode: TransactionDecoder;
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
  return define<RpcNode, Schemas>(name, schemas, handle, options);
}
