import { EMPTY_ACCOUNT } from "../ethereum/index.ts";
import type { Precompiles } from "../ethereum/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { BlockState } from "./block-state.ts";

export type StateOverrides = ReadonlyMap<Address, AccountOverride>;

export interface AccountOverride {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Uint8Array;
  /** Replaces all storage. */
  readonly state?: ReadonlyMap<Hash, Hash>;
  /** Replaces these slots. */
  readonly stateDiff?: ReadonlyMap<Hash, Hash>;
  /** Where the precompile of this account is to be instead, which nothing else overrides. */
  readonly movePrecompileTo?: Address;
}

/** Overrides that contradict each other, or move what is no precompile; worded as go-ethereum words it. */
export class InvalidOverrideError extends Error {
  override readonly name = "InvalidOverrideError";
}

/**
 * Makes a state what the overrides say, and gives the precompiles that are left: as in go-ethereum, one whose account is
 * overridden in any way is gone from there, and one that is moved is where it was moved to. Undefined if they are where
 * they always are. Throws an {@link InvalidOverrideError}; the state is then to be used no more.
 */
export function applyStateOverrides(
  state: BlockState,
  overrides: StateOverrides,
  standard: Precompiles,
): Precompiles | undefined {
  const precompiles = movePrecompiles(overrides, standard);
  for (const [address, override] of overrides) {
    const account = state.account(address) ?? EMPTY_ACCOUNT;
    state.setAccount(address, {
      ...account,
      balance: override.balance ?? account.balance,
      nonce: override.nonce ?? account.nonce,
    });
    if (override.code !== undefined) state.setCode(address, override.code);
    if (override.state !== undefined) state.clearSlots(address);
    for (const slots of [override.state, override.stateDiff]) {
      for (const [slot, value] of slots ?? []) state.setSlot(address, slot, hexToBytes(value));
    }
  }
  state.endTransaction();
  return precompiles;
}

function movePrecompiles(overrides: StateOverrides, standard: Precompiles): Precompiles | undefined {
  const precompiles = new Map(standard);
  let isChanged = false;
  // In an order of its own, so that of two moved to one address it is always the same that wins.
  const entries = [...overrides].sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [address, { movePrecompileTo }] of entries) {
    const precompile = standard.get(address);
    if (movePrecompileTo !== undefined) {
      if (precompile === undefined) throw new InvalidOverrideError(`account ${address} is not a precompile`);
      if (overrides.has(movePrecompileTo))
        throw new InvalidOverrideError(`account ${movePrecompileTo} is already overridden`);
      precompiles.set(movePrecompileTo, precompile);
    }
    if (precompile === undefined) continue;
    precompiles.delete(address);
    isChanged = true;
  }
  return isChanged ? precompiles : undefined;
}
