import { join } from "node:path";
import { open } from "lmdb";
import { Phase, createChainMachine, createProver, createStateTries } from "../../src/machine/index.ts";
import { derivedStateAt } from "../../src/node/index.ts";
import type { Prover } from "../../src/machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { chainOverDatabase } from "../../src/traces/chain-over-database.ts";
import { createTracedState } from "../../src/traces/traced-state.ts";
import type { TestNode } from "../node/follower-fixture.ts";

export interface SteppingOptions {
  /** Batches to step through; by default all that are derived. */
  readonly batchCount?: number;
  /** Gets the prover before each unit, and may take its steps. */
  readonly onUnit?: (prover: Prover, batch: number, unit: number) => void;
}

/** The boundary states after every unit of the derived batches, by all steps of the machine in proving mode; by batch. */
export function stepThroughBatches(
  { chain, database }: Pick<TestNode, "chain" | "database">,
  { batchCount = chain.store.derivedBatchCount(), onUnit = () => undefined }: SteppingOptions = {},
): readonly (readonly Hash[])[] {
  const { config, store } = chain;
  const state = createTracedState(store.state);
  const tries = createStateTries(store.state);
  const machine = createChainMachine({
    chain: derivedStateAt(0, { config, store })!,
    source: chainOverDatabase({ config, database, state }),
    isProving: true,
  });
  let stateRoot = ZERO_HASH;
  return Array.from({ length: batchCount }, (_, batch) => {
    const hashes: Hash[] = [];
    do {
      const prover = createProver({ machine, tries, stateRoot });
      onUnit(prover, batch, hashes.length);
      while (!prover.isDone()) prover.step();
      hashes.push(prover.stateHash());
      stateRoot = prover.stateRoot();
    } while (machine.phase !== Phase.LoadBatch);
    return hashes;
  });
}

/** The stored boundary states, by batch. */
export function storedUnits({ database: { traces } }: Pick<TestNode, "database">): readonly (readonly Hash[])[] {
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

/**
 * Replaces every record of a table of a database that is closed, or removes it, and gives what was there by the key in hex.
 * @param keys those to look at, in hex; by default all there are
 */
export async function replaceRecords(
  folder: string,
  table: string,
  replacement: (key: Uint8Array, value: Uint8Array | undefined) => Uint8Array | undefined,
  keys?: Iterable<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const options = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = open<Uint8Array, Uint8Array>({ path: join(folder, "data.mdb"), ...options, overlappingSync: false });
  const records = root.openDB<Uint8Array, Uint8Array>({ name: table, ...options });
  const before = new Map<string, Uint8Array>();
  for (const { key, value } of records.getRange()) {
    before.set(Buffer.from(key).toString("hex"), Uint8Array.from(value));
  }
  for (const name of keys ?? before.keys()) {
    const key = Buffer.from(name, "hex");
    const value = replacement(key, before.get(name));
    if (value === undefined) await records.remove(key);
    else await records.put(key, value);
  }
  await root.close();
  return before;
}
