import { Phase, createChainMachine, createProver, createStateTries } from "../../src/machine/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import { ZERO_HASH, bytesToHex } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { chainOverDatabase } from "../../src/traces/chain-over-database.ts";
import { createTracedState } from "../../src/traces/traced-state.ts";
import type { TestNode } from "../node/follower-fixture.ts";

/** The boundary states after every unit of the derived batches, by all steps of the machine in proving mode; by batch. */
export function stepThroughBatches({ chain, database }: TestNode): readonly (readonly Hash[])[] {
  const { config, store } = chain;
  const state = createTracedState(store.state);
  const tries = createStateTries(store.state);
  const machine = createChainMachine({
    chain: derivedStateAt(0, { config, store })!,
    source: chainOverDatabase({ config, database, state }),
    isProving: true,
  });
  let stateRoot = ZERO_HASH;
  return Array.from({ length: store.derivedBatchCount() }, () => {
    const hashes: Hash[] = [];
    do {
      const prover = createProver({ machine, tries, stateRoot });
      while (!prover.isDone()) prover.step();
      hashes.push(prover.stateHash());
      stateRoot = prover.stateRoot();
    } while (machine.phase !== Phase.LoadBatch);
    return hashes;
  });
}

/** The stored boundary states, by batch. */
export function storedUnits({ database: { traces } }: TestNode): readonly (readonly Hash[])[] {
  return Array.from({ length: traces.batchCount() }, (_, batch) => {
    const { firstUnit, unitCount } = traces.getBatch(batch)!;
    const hashes = traces.readUnits(firstUnit, unitCount);
    return Array.from({ length: unitCount }, (_unused, unit) => bytesToHex(hashes.subarray(32 * unit, 32 * unit + 32)));
  });
}

/** Resolves when a condition holds, which is looked at again and again. */
export async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !condition();) {
    if (Date.now() > deadline) throw new Error("what was waited for did not come");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
