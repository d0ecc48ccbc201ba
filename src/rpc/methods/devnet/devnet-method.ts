import type { z } from "zod";
import type { DevnetControl } from "../../devnet-control.ts";
import { defineMethod } from "../../node.ts";
import type { RpcMethod, RpcNode } from "../../node.ts";
import { rejected } from "../../protocol/errors.ts";
import type { RequestContext } from "../../protocol/method.ts";

type Outputs<Schemas extends readonly z.ZodType[]> = { -readonly [Index in keyof Schemas]: z.output<Schemas[Index]> };

/** A helper method of development nodes under all of its names, which other nodes refuse. */
export function defineDevnetMethod<const Schemas extends readonly z.ZodType[]>(
  names: readonly string[],
  schemas: Schemas,
  handle: (params: Outputs<Schemas>, devnet: DevnetControl, node: RpcNode, context: RequestContext) => unknown,
): readonly RpcMethod[] {
  return names.map((name) =>
    defineMethod(name, schemas, (params, node, context) => handle(params, requireDevnet(name, node), node, context), {
      weight: "waiting",
    }),
  );
}

/** @throws RpcError −32000 where the node is no devnet's */
function requireDevnet(method: string, { devnet }: RpcNode): DevnetControl {
  if (devnet !== undefined) return devnet;
  throw rejected(
    `${method} is not available: only a devnet with a Hardhat L1 of its own (onestep devnet) can do this, as other ` +
      "nodes cannot change what L1 says",
  );
}
