import {
  inboxImmutables,
  inboxRuntimeCode,
  portalImmutables,
  portalRuntimeCode,
  rollupImmutables,
  rollupRuntimeCode,
  stateCommitmentChainImmutables,
  stateCommitmentChainRuntimeCode,
} from "../l1/index.ts";
import { bytesToHex, hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";

/** A contract of this build as it stands on L1. */
export interface L1Contract<Immutable extends string = string> {
  readonly name: string;
  /** With zeros wherever an immutable stands. */
  readonly runtimeCode: Hex;
  /** At which bytes of the code the 32 bytes of each immutable stand. */
  readonly immutables: Readonly<Record<Immutable, readonly number[]>>;
}

/** Names of the contracts of a rollup. */
export type L1ContractKey = keyof RollupConfig["contracts"];

export const L1_CONTRACTS = {
  rollup: { name: "Rollup", runtimeCode: rollupRuntimeCode, immutables: rollupImmutables },
  inbox: { name: "Inbox", runtimeCode: inboxRuntimeCode, immutables: inboxImmutables },
  stateCommitmentChain: {
    name: "StateCommitmentChain",
    runtimeCode: stateCommitmentChainRuntimeCode,
    immutables: stateCommitmentChainImmutables,
  },
  portal: { name: "Portal", runtimeCode: portalRuntimeCode, immutables: portalImmutables },
} as const satisfies Record<L1ContractKey, L1Contract>;

/**
 * keccak256 of code with zeros wherever an immutable of the contract stands, so that it is the same for all that a build
 * deploys. Code too short for them is hashed as it is.
 */
export function hashWithoutImmutables(code: Hex, { immutables }: Pick<L1Contract, "immutables">): Hash {
  const bytes = hexToBytes(code);
  for (const places of Object.values(immutables)) for (const place of places) bytes.fill(0, place, place + 32);
  return keccak256(bytes);
}

/** The values of an immutable in code, one for each place where it stands: they differ only if no compiler made the code. */
export function immutableValues(code: Hex, places: readonly number[]): readonly Hash[] {
  const bytes = hexToBytes(code);
  return places.map((place) => bytesToHex(bytes.slice(place, place + 32)));
}
