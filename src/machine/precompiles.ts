import { loadPrecompiles } from "../ethereum/index.ts";
import type { Precompile, Precompiles } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";
import { isPrecompile } from "./access.ts";
import type { Machine } from "./machine.ts";

let loaded: Precompiles | undefined;

/** Loads the precompiles, once for the process. To be awaited before any machine runs. */
export async function prepareMachine(): Promise<void> {
  loaded ??= await loadPrecompiles();
}

/** Whether a call of this address runs a precompile, which no override has taken from there. */
export function runsPrecompile({ precompiles }: Machine, address: Address): boolean {
  return precompiles === undefined ? isPrecompile(address) : precompiles.has(address);
}

/** The precompile at this address, which must be one of Osaka's, or of those given. Throws if none were loaded. */
export function precompileAt(address: Address, precompiles: Precompiles | undefined = loaded): Precompile {
  if (precompiles === undefined) throw new Error("await prepareMachine() before a machine runs");
  const precompile = precompiles.get(address);
  if (precompile === undefined) throw new RangeError(`expected the address of a precompile, got ${address}`);
  return precompile;
}
