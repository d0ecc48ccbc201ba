import type { Machine } from "../machine.ts";
import type { Region } from "./buffer-tree.ts";
import type { Commitment } from "./commitment.ts";
import type { OverlayOpening } from "./overlay-tree.ts";
import type { StateTries, TrieNodes } from "./state-tries.ts";

/** All that a prover knows: the machine, what is committed of it, and what the step being taken opens. */
export interface ProverState {
  readonly machine: Machine;
  readonly tries: StateTries;
  readonly commitment: Commitment;
  /** Whether `start` was taken. */
  hasBegun: boolean;
  /** Only while a step is taken whose witness is wanted. */
  recording: Recording | undefined;
}

/** What a step opens of lists and buffers, in order, and the code it opens. */
export interface Recording {
  readonly regions: Region[];
  readonly overlay: OverlayOpening[];
  readonly tries: TrieNodes[];
  code: Uint8Array;
  readonly preimages: Uint8Array[];
  /** Of the chain, what is among `preimages`. */
  readonly opened: Set<"encoding" | "stream" | "message">;
}
