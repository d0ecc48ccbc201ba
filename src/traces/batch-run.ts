import { createChainMachine, runUnit } from "../machine/index.ts";
import type { Machine } from "../machine/index.ts";
import { derivedStateAt } from "../node/index.ts";
import type { BlobElements } from "./blob-elements.ts";
import { chainOverDatabase } from "./chain-over-database.ts";
import type { TraceReading } from "./claim-units.ts";
import { passBlock } from "./pass-block.ts";
import { createTracedState } from "./traced-state.ts";
import type { TracedState } from "./traced-state.ts";

/** A machine that goes through a derived batch from its begin on, on a state that nobody else has. */
export interface BatchRun {
  readonly machine: Machine;
  readonly state: TracedState;
  /** Runs the unit that comes next, in fast mode. */
  runUnit(): void;
  /** Passes over the block that comes next, between two blocks, as `passBlock` does; gives the number of its units. */
  passBlock(): number;
}

export interface BatchRunOptions {
  /** Number of batches at which the machine halts; it goes on unless there is one. */
  readonly target?: number;
  /** Undefined where no step is proven. */
  readonly elements?: BlobElements;
}

/** Throws if the batches before `batch` are not derived. */
export function openBatch(
  batch: number,
  {
    config,
    database,
  }: Omit<TraceReading, "database"> & { readonly database: Pick<TraceReading["database"], "chain" | "inbox"> },
  { target, elements }: BatchRunOptions = {},
): BatchRun {
  const chain = derivedStateAt(batch, { config, store: database.chain });
  if (chain === undefined) throw new Error(`corrupt database: batch ${batch} is missing`);
  const state = createTracedState(database.chain.state);
  const source = chainOverDatabase({ config, database, state, ...(elements && { elements }) });
  const machine = createChainMachine({ chain, source, isProving: false, ...(target !== undefined && { target }) });
  return {
    machine,
    state,
    runUnit() {
      const { sealed } = machine;
      runUnit(machine);
      if (machine.sealed !== sealed) state.forget();
    },
    passBlock: () => passBlock(machine, batch, database),
  };
}
