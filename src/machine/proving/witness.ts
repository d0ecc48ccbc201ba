import type { Region } from "./buffer-tree.ts";
import type { OverlayOpening } from "./overlay-tree.ts";

/**
 * Everything a step may have to open (docs/machine.md §5, contracts/machine/types/Witness.sol). What it does not need is
 * empty. Lists of 32-byte words are their bytes one after the other.
 */
export interface Witness {
  readonly machine: Uint8Array;
  readonly frame: Uint8Array;
  readonly frameContext: Uint8Array;
  readonly parentFrame: Uint8Array;
  readonly transaction: Uint8Array;
  readonly blockContext: Uint8Array;
  readonly pending: Uint8Array;
  readonly savedJournal: Uint8Array;
  readonly bloom: Uint8Array;
  readonly blockBloom: Uint8Array;
  readonly sponge: Uint8Array;
  readonly code: Uint8Array;
  /** Items, top first, then the hash below them. */
  readonly stack: Uint8Array;
  readonly regions: readonly Region[];
  readonly overlay: readonly OverlayOpening[];
  readonly tries: readonly (readonly Uint8Array[])[];
  readonly appends: readonly Uint8Array[];
  /** Of what is opened of L1 and of the chain (docs/machine.md §16). */
  readonly preimages: readonly Uint8Array[];
}
