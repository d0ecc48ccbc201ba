import { isTooDear, isTooLong } from "../../src/ethereum/index.ts";
import { Phase, isBoundary, precompileAt, start, step } from "../../src/machine/index.ts";
import type { Machine } from "../../src/machine/index.ts";

/**
 * Whether a transaction calls a precompile, with the gas it costs, beyond the caps that this chain has and Ethereum has not
 * (docs/differences.md). `machine` is in proving mode at the transaction's beginning; it is run to its end.
 */
export function exceedsPrecompileCaps(machine: Machine): boolean {
  let exceeds = false;
  for (start(machine); !isBoundary(machine.phase); step(machine)) {
    if (machine.phase === Phase.Precompile) exceeds ||= isBeyondCaps(machine);
  }
  return exceeds;
}

function isBeyondCaps({ frame }: Machine): boolean {
  if (frame === undefined) throw new Error("expected a precompile to run in a frame");
  const { codeAddress, input } = frame.context;
  const precompile = precompileAt(codeAddress);
  const cost = precompile.gas(input.bytes);
  return cost <= frame.gas && (isTooDear(precompile, cost) || isTooLong(precompile, input.bytes));
}
