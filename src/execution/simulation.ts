import { createMemoryStateDatabase, loadPrecompiles, openStateView } from "../ethereum/index.ts";
import type { StateDatabase } from "../ethereum/index.ts";
import { beginBlock } from "./block-execution.ts";
import { environmentOfChild } from "./child-environment.ts";
import type { ExecutionEngine, Simulation } from "./execution-engine.ts";
import { applyStateOverrides } from "./state-overrides.ts";
import type { TransactionExecutor } from "./transaction-executor.ts";

/** Simulated blocks on top of `base`, each on the one before, on an executor that is theirs until they are closed. */
export async function openSimulation(
  executor: TransactionExecutor,
  database: StateDatabase,
  chainId: number,
  base: Parameters<ExecutionEngine["simulate"]>[0],
): Promise<Simulation["openBlock"]> {
  const standard = await loadPrecompiles();
  const { state } = executor;
  // What simulated blocks write lies over the database, and goes with them.
  const added = createMemoryStateDatabase();
  const view = openStateView(
    { get: (hash) => added.get(hash) ?? database.get(hash), putMany: added.putMany },
    base.header.stateRoot,
  );
  let parent: typeof base = base;
  const openNext: Simulation["openBlock"] = async ({ timestamp, environment, blobBaseFee, stateOverrides }) => {
    executor.reset(() => view);
    const usual = environmentOfChild((address, slot) => state.slot(address, slot), parent.header, timestamp);
    const precompiles = stateOverrides === undefined ? undefined : applyStateOverrides(state, stateOverrides, standard);
    const execution = beginBlock({
      chainId,
      executor,
      parent,
      timestamp,
      observer: () => undefined,
      commit: async (changed) => {
        const { root, entries } = view.advance(changed.changes());
        await added.putMany(entries);
        return root;
      },
      simulated: { environment: { ...usual, ...environment }, blobBaseFee, precompiles },
    });
    return {
      environment: execution.environment,
      get gasUsed() {
        return execution.gasUsed;
      },
      nonce: (address) => state.account(address)?.nonce ?? 0n,
      call: execution.executeCall,
      seal: async () => {
        const block = await execution.seal();
        parent = block;
        return block;
      },
    };
  };
  return openNext;
}
