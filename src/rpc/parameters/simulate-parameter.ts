import type { z } from "zod";
import { callParameter, simulatedBlockOverrides, stateOverrides, strictObject } from "./call-parameter.ts";
import { flag, list, optional } from "./scalars.ts";

/** Bounds of one simulation, as go-ethereum has them. */
export const SIMULATION_BLOCKS = 256;
const BLOCK_CALLS = 5_000;
const CALLS = 10_000;

const block = strictObject({
  blockOverrides: simulatedBlockOverrides,
  stateOverrides,
  calls: optional(list(callParameter, BLOCK_CALLS)),
});

/** What `eth_simulateV1` takes (execution-apis). */
export const simulatePayload = strictObject({
  blockStateCalls: list(block, SIMULATION_BLOCKS),
  traceTransfers: optional(flag),
  validation: optional(flag),
  returnFullTransactions: optional(flag),
});
export type SimulatePayload = z.output<typeof simulatePayload>;

/** How a payload that is not parsed yet exceeds the bounds, if it does. */
export function exceededSimulationBound(payload: unknown): string | undefined {
  const { blockStateCalls: blocks } = (payload ?? {}) as { readonly blockStateCalls?: unknown };
  if (!Array.isArray(blocks)) return undefined;
  if (blocks.length > SIMULATION_BLOCKS) return `too many blocks: ${blocks.length} > ${SIMULATION_BLOCKS}`;
  let total = 0;
  for (const item of blocks) {
    const { calls } = (item ?? {}) as { readonly calls?: unknown };
    if (!Array.isArray(calls)) continue;
    if (calls.length > BLOCK_CALLS) return `too many calls in block: ${calls.length} > ${BLOCK_CALLS}`;
    total += calls.length;
    if (total > CALLS) return `too many calls: ${total} > ${CALLS}`;
  }
  return undefined;
}
