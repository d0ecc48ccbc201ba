import { hashReceipts } from "./block-progress.ts";
import type { ChainSource } from "./chain/chain-source.ts";
import { createChainMachine } from "./driver.ts";
import type { Machine } from "./machine.ts";
import type { StateSource } from "./overlay.ts";
import { isBoundary } from "./phase.ts";
import type { StateSink } from "./state-sink.ts";

/**
 * A machine in proving mode that stands where a machine of a chain does, at a boundary, and goes on by itself.
 *
 * @param source for the copy alone, which opens states of its own
 * @param opened within a block, its state as it is at this boundary, storage roots of accounts included: that which tries give
 *   under the root of the boundary
 */
export function copyForProving(
  machine: Machine,
  source: ChainSource,
  opened: { readonly state: StateSource; readonly sink: StateSink } | undefined,
): Machine {
  const { phase, chain, target, environment, block, sealed } = machine;
  if (chain === undefined || !isBoundary(phase))
    throw new Error(`expected a machine of a chain at a boundary, got phase ${phase}`);
  hashReceipts(block);
  const stream = chain.kind === "in-batch" ? chain.stream : undefined;
  const copiedStream = stream && { ...stream, inflater: stream.inflater.copy() };
  const copied = createChainMachine({
    chain: chain.kind === "in-batch" ? { ...chain, stream: copiedStream } : chain.state,
    source,
    target,
    isProving: true,
  });
  if (opened !== undefined) {
    copied.overlay.clear(opened.state);
    copied.sink = opened.sink;
  }
  return Object.assign(copied, { phase, environment, block: { ...block, unhashed: [] }, sealed });
}
