import type { PublicClient } from "viem";
import type { Address, Hex } from "../primitives/index.ts";
import { L1_CONTRACTS, VERIFIERS, hashWithoutImmutables, immutableValues } from "./l1-contracts.ts";
import type { VerifierContract } from "./l1-contracts.ts";

/** What L1 has of a prover: nothing of it is checked. */
export interface ObservedProver {
  readonly address: Address;
  /** `0x` if there is no contract. */
  readonly code: Hex;
  /** Those it asks; none if its code is not this build's, as their addresses are then not known. */
  readonly verifiers: readonly ObservedVerifier[];
}

/** A verifier of this build, and what is at the address that the prover has for it: its `code`, `0x` if there is none. */
export interface ObservedVerifier extends VerifierContract {
  readonly address: Address;
  readonly code: Hex;
}

/** Reads a prover from L1. Rejects with viem's error if L1 does not answer. */
export async function observeProver(client: PublicClient, address: Address): Promise<ObservedProver> {
  const { prover } = L1_CONTRACTS;
  const code = await codeAt(client, address);
  if (hashWithoutImmutables(code, prover) !== hashWithoutImmutables(prover.runtimeCode, prover)) {
    return { address, code, verifiers: [] };
  }
  const verifiers = await Promise.all(
    VERIFIERS.map(async (verifier) => {
      const [word = ""] = immutableValues(code, prover.immutables[verifier.immutable]);
      const at: Address = `0x${word.slice(-40)}`;
      return { ...verifier, address: at, code: await codeAt(client, at) };
    }),
  );
  return { address, code, verifiers };
}

/** Code of a contract, `0x` if there is none. */
export async function codeAt(client: PublicClient, address: Address): Promise<Hex> {
  return (await client.getCode({ address })) ?? "0x";
}
