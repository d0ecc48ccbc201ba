import { loadPrecompiles } from "../chain/index.ts";
import type { Precompile, Precompiles } from "../chain/index.ts";
import type { Address } from "../primitives/index.ts";

let loaded: Precompiles | undefined;

/** Loads the precompiles, once for the process. To be awaited before any machine runs. */
export async function prepareMachine(): Promise<void> {
  loaded ??= await loadPrecompiles();
}

/** The precompile at this address, which must be one of Osaka's. Throws if none were loaded. */
export function precompileAt(address: Address): Precompile {
  if (loaded === undefined) throw new Error("await prepareMachine() before a machine runs");
  const precompile = loaded.get(address);
  if (precompile === undefined) throw new RangeError(`expected the address of a precompile, got ${address}`);
  return precompile;
}
