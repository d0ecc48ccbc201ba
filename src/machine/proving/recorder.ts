import { ZERO_HASH, bytesToHex, hexToBytes } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { Recorder } from "../commitments.ts";
import { bufferFrom, bufferOf, openRegion, writeBuffer } from "./buffer-tree.ts";
import { followOverlay, setStateRoot } from "./commitment.ts";
import { withoutOverlay } from "./committed-journal.ts";
import type { CommittedJournal } from "./committed-journal.ts";
import { overlayKey } from "./encoding.ts";
import { openOverlay } from "./overlay-tree.ts";
import type { ProverState, Recording } from "./prover-state.ts";
import { bytesOf } from "./words.ts";

const WORD_SIZE = 32;

/** What a proving machine tells its prover: keeps the commitment right within a step, and records what the step opens. */
export function recorderOf(state: ProverState): Recorder {
  const { machine, tries, commitment } = state;

  const openEntry = (kind: 0 | 1 | 2, address: Address, slot: Hash) => {
    if (state.recording === undefined) return;
    followOverlay(commitment, machine);
    state.recording.overlay.push(openOverlay(commitment.journal.overlay, overlayKey(kind, address, slot)));
  };

  const openChain = (part: Recording["opened"] extends Set<infer Part> ? Part : never) => {
    const { recording } = state;
    if (recording === undefined || machine.chain === undefined || recording.opened.has(part)) return;
    recording.opened.add(part);
    recording.preimages.push(bytesOf(commitment.chain[part]));
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
    writeBuffer: (tree, bytes, start) =>
      writeBuffer(bufferOf(tree), bytes, Math.floor(start / WORD_SIZE), Math.ceil(bytes.length / WORD_SIZE) - 1),
    chain: () => openChain("encoding"),
    stream: () => openChain("stream"),
    message: () => openChain("message"),
    preimage: (encode) => void state.recording?.preimages.push(encode()),
    stateRoot: () => bytesToHex(commitment.stateRoot),
    openState: (stateRoot) => setStateRoot(commitment, hexToBytes(stateRoot)),
    clearOverlay: () => {
      commitment.journal = withoutOverlay(commitment.journal);
    },
    mark: () => {
      followOverlay(commitment, machine);
      return commitment.journal;
    },
    restore: (committed) => {
      commitment.journal = committed as CommittedJournal;
    },
  };
}
