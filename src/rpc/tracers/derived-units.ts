import type { BlockSummary } from "../../storage/index.ts";
import type { BlockUnit, BlockUnitsOptions } from "../../traces/index.ts";
import type { ReadingNode } from "../node.ts";
import { invalidParams, RPC_ERROR, RpcError } from "../protocol/errors.ts";

/** Index of the derived batch that has the block; undefined if there is none (yet, or any more), as for genesis. */
export function derivedBatchOf(
  { chain }: ReadingNode,
  { header: { number }, hash }: Pick<BlockSummary, "header" | "hash">,
): number | undefined {
  if (number === 0 || chain.store.getBlockHash(number) !== hash) return undefined;
  return chain.store.findBatchOfBlock(number)?.batch;
}

/**
 * The units of a block of a derived batch, each after it has run. Throws {@link RpcError} if the node does not run on the
 * machine, or the batch is superseded meanwhile.
 */
export async function* runUnits(
  { openUnits }: ReadingNode,
  { header, hash }: Pick<BlockSummary, "header" | "hash">,
  batch: number,
  options: BlockUnitsOptions,
): AsyncGenerator<BlockUnit> {
  if (openUnits === undefined)
    throw invalidParams("units are shown by a node that runs with the engine machine; this one does not");
  const units = await openUnits();
  try {
    yield* units.run(header, batch, options);
  } catch (error) {
    // It is loaded already.
    const { TraceUnavailableError } = await import("../../traces/index.ts");
    if (!(error instanceof TraceUnavailableError)) throw error;
    throw new RpcError(RPC_ERROR.notFound, `block ${hash} left its batch; ask again`);
  }
}
