import { ZERO_HASH, bytesToHex, hexToBytes } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { Recorder } from "../commitments.ts";
import { bufferFrom, bufferOf, openRegion } from "./buffer-tree.ts";
import { followOverlay, setStateRoot } from "./commitment.ts";
import type { CommittedJournal } from "./committed-journal.ts";
import { overlayKey } from "./encoding.ts";
import { openOverlay } from "./overlay-tree.ts";
import type { ProverState } from "./prover-state.ts";

/** What a proving machine tells its prover: keeps the commitment right within a step, and records what the step opens. */
export function recorderOf(state: ProverState): Recorder {
  const { machine, tries, commitment } = state;

  const openEntry = (kind: 0 | 1 | 2, address: Address, slot: Hash) => {
    if (state.recording === undefined) return;
    followOverlay(commitment, machine);
    state.recording.overlay.push(openOverlay(commitment.journal.overlay, overlayKey(kind, address, slot)));
  };

  return {
    region: (tree, first, count) => {
      state.recording?.regions.push(openRegion(bufferOf(tree), first, count));
    },
    overlayAccount: (address) => openEntry(0, address, ZERO_HASH),
    overlaySlot: (address, slot) => openEntry(1, address, slot),
    overlayTransient: (address, slot) => openEntry(2, address, slot),
    code: (codeHash) => {
      if (state.recording !== undefined) state.recording.code = machine.overlay.code(codeHash);
    },
    putSlot: (_owner, storageRoot, slot, value) => {
      const access = tries.putSlot(hexToBytes(storageRoot), slot, value, state.recording !== undefined);
      state.recording?.tries.push(access.nodes);
      return bytesToHex(access.root);
    },
    putAccount: (address, account) => {
      const access = tries.putAccount(commitment.stateRoot, address, account, state.recording !== undefined);
      state.recording?.tries.push(access.nodes);
      setStateRoot(commitment, access.root);
    },
    buffer: (bytes) => bufferFrom(bytes),
    mark: () => {
      followOverlay(commitment, machine);
      return commitment.journal;
    },
    restore: (committed) => {
      commitment.journal = committed as CommittedJournal;
    },
  };
}
