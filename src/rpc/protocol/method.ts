import type { z } from "zod";
import { describeValue } from "./describe-value.ts";
import { invalidParams } from "./errors.ts";

/** Where a request came from, and how long its answer may take. */
export interface RequestContext {
  /** Aborted when the caller is gone or the time for the answer is over. */
  readonly signal: AbortSignal;
  /** Who is asking, as far as the transport knows: the address. Those who share one share their turns. */
  readonly client: string;
  /** The caller's channel for notifications; undefined over HTTP. */
  readonly connection: Connection | undefined;
}

/** A result that is JSON already, to be passed on as it is. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A WebSocket client, which can be sent notifications. */
export interface Connection {
  readonly subscriptionCount: number;
  /**
   * Starts a subscription and gives its id. `start` is given a function that publishes a result, in JSON, and gives one that
   * ends the subscription; nothing is sent before the answer with the id.
   */
  subscribe(start: (publish: (json: string) => void) => () => void): string;
  /** Whether there was such a subscription. */
  unsubscribe(id: string): boolean;
}

/**
 * - `light`: answered from the store at once, or by another thread.
 * - `heavy`: asks L1 or reads many blocks; a limited number run at a time.
 * - `waiting`: mostly waits (as for inclusion of a transaction); not counted, has a timeout of its own.
 */
export type MethodWeight = "light" | "heavy" | "waiting";

/** A JSON-RPC method with its parameters already described. */
export interface Method<Node, Context = RequestContext> {
  readonly name: string;
  readonly weight: MethodWeight;
  /** Parses positional parameters and runs. Throws {@link RpcError} for anything the caller did wrong. */
  run(params: readonly unknown[], node: Node, context: Context): unknown;
}

type Outputs<Schemas extends readonly z.ZodType[]> = { -readonly [Index in keyof Schemas]: z.output<Schemas[Index]> };

/**
 * A method from its parameters' schemas, in order, and a handler. Trailing parameters whose schema accepts `undefined`
 * may be left out or be null.
 */
export function defineMethod<Node, const Schemas extends readonly z.ZodType[], Context = RequestContext>(
  name: string,
  schemas: Schemas,
  handle: (params: Outputs<Schemas>, node: Node, context: Context) => unknown,
  { weight = "light" }: { readonly weight?: MethodWeight } = {},
): Method<Node, Context> {
  return {
    name,
    weight,
    run: (params, node, context) => handle(parseParams(schemas, params), node, context),
  };
}

function parseParams<Schemas extends readonly z.ZodType[]>(
  schemas: Schemas,
  params: readonly unknown[],
): Outputs<Schemas> {
  if (params.length > schemas.length) {
    throw invalidParams(`too many arguments, want at most ${schemas.length}, got ${params.length}`);
  }
  const outputs = schemas.map((schema, index) => {
    const value = params[index] ?? undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    if (value === undefined) throw invalidParams(`missing value for required argument ${index}`);
    throw invalidParams(`invalid argument ${index}: ${describeIssue(result.error, value)}`);
  });
  return outputs as Outputs<Schemas>;
}

/** The first issue with its place and the offending value: `at blockHash: expected …, got "0x1"`. */
export function describeIssue(error: z.ZodError, value: unknown): string {
  const issue = error.issues[0];
  if (issue === undefined) return "not as expected";
  const offending = issue.path.reduce<unknown>(
    (parent, key) =>
      typeof parent === "object" && parent !== null ? (parent as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
  const place = issue.path.length === 0 ? "" : `at ${issue.path.map(String).join(".").slice(0, 80)}: `;
  return `${place}${issue.message.slice(0, 200)}, got ${describeValue(offending)}`;
}
