import { EMPTY_TRIE_ROOT } from "../../ethereum/index.ts";
import { ZERO_HASH, hexToBytes } from "../../primitives/index.ts";
import { Phase, underway } from "../phase.ts";
import { appendSiblings } from "./append-only-proof.ts";
import { encodeJournal, encodeLastKey, journalOf } from "./committed-journal.ts";
import { newEncoding, overlayKey } from "./encoding.ts";
import { Opens, opensOf } from "./openings.ts";
import type { ComingStep } from "./openings.ts";
import { getOverlay } from "./overlay-tree.ts";
import type { ProverState, Recording } from "./prover-state.ts";
import { openStack } from "./stack-chain.ts";
import type { TrieNodes } from "./state-tries.ts";
import { popsOf } from "./step-changes.ts";
import type { Witness } from "./witness.ts";
import { bytesOf } from "./words.ts";

const NO_BYTES = new Uint8Array();
const NO_FRAME = { encoding: newEncoding(0), context: newEncoding(0) } as const;

/** The witness of the next step, which `take` takes; of none, at the end of the unit, if it does nothing. */
export function makeWitness(state: ProverState, take: () => void): Witness {
  const { machine, commitment } = state;
  const { phase, opcode, pending } = commitment;
  const exitStatus = pending?.kind === "exit" ? pending.status : undefined;
  const hasChain = machine.chain !== undefined;
  const step: ComingStep = { phase: hasChain && !state.hasBegun ? underway(phase) : phase, opcode, exitStatus };
  const committed = openCommitted(state);
  const recording: Recording = {
    regions: [],
    overlay: [],
    tries: loadProof(state),
    code: NO_BYTES,
    preimages: [],
    opened: new Set(),
  };

  state.recording = recording;
  try {
    take();
  } finally {
    state.recording = undefined;
  }

  const outcome = {
    phase: machine.phase,
    hasFrame: machine.frame !== undefined,
    blockOutcome: machine.block.outcome,
  };
  const { regions, overlay, tries, code, preimages } = recording;
  return selectOpened({ ...committed, regions, overlay, tries, code, preimages }, opensOf(step, outcome));
}

/** All that is committed now and the next step may open, but for what the recorder is told. */
function openCommitted({ machine, commitment }: ProverState): Witness {
  const { phase, frame, opcode, pending, journal, frames } = commitment;
  const { block } = machine;
  const depth = frame?.context.depth ?? 0;
  const committed = frame === undefined ? undefined : frames[depth];
  const parent = depth === 0 ? undefined : frames[depth - 1];
  const isExecute = phase === Phase.Execute && frame !== undefined && committed !== undefined;
  const isEnd = phase === Phase.EndTransaction;
  return {
    machine: bytesOf(commitment.encoding),
    frame: bytesOf((committed ?? NO_FRAME).encoding),
    frameContext: bytesOf((committed ?? NO_FRAME).context),
    parentFrame: bytesOf((parent ?? NO_FRAME).encoding),
    transaction: bytesOf(commitment.transactionEncoding),
    blockContext: bytesOf(commitment.blockEncoding),
    pending:
      phase === Phase.Flush && journal.keys !== undefined
        ? encodeLastKey(journal)
        : bytesOf(commitment.pendingEncoding),
    savedJournal: frame === undefined ? NO_BYTES : bytesOf(encodeJournal(journalOf(frame.context.savedJournal))),
    bloom: journal.bloom,
    blockBloom: block.bloom,
    sponge: (pending?.kind === "absorb" ? pending.sponge : undefined) ?? NO_BYTES,
    code: NO_BYTES,
    stack: isExecute ? openStack(committed.stack, frame.stack, popsOf(opcode)) : NO_BYTES,
    regions: [],
    overlay: [],
    tries: [],
    appends: isEnd ? [appendSiblings(block.transactions), appendSiblings(block.receipts)] : [],
    preimages: [],
  };
}

/** Proof in the state's tries of what a load step inserts, taken before the step. */
function loadProof({ machine, tries, commitment }: ProverState): TrieNodes[] {
  const { pending, journal, stateRoot } = commitment;
  if (pending?.kind === "load-account") return [tries.account(stateRoot, pending.owner)];
  if (pending?.kind !== "load-slot") return [];
  const owner = getOverlay(journal.overlay, overlayKey(0, pending.owner, ZERO_HASH));
  const entry = machine.overlay.account(pending.owner);
  if (owner === undefined || entry === undefined) throw new Error(`expected ${pending.owner} in the overlay`);
  return [tries.slot(entry.isCreated ? EMPTY_TRIE_ROOT : hexToBytes(entry.storageRoot), pending.slot)];
}

/** Leaves out the structs that the step does not open. */
function selectOpened(witness: Witness, opens: number): Witness {
  const when = (flag: number, bytes: Uint8Array) => ((opens & flag) === 0 ? NO_BYTES : bytes);
  return {
    ...witness,
    frame: when(Opens.Frame, witness.frame),
    frameContext: when(Opens.FrameContext, witness.frameContext),
    parentFrame: when(Opens.ParentFrame, witness.parentFrame),
    transaction: when(Opens.Transaction, witness.transaction),
    blockContext: when(Opens.BlockContext, witness.blockContext),
    savedJournal: when(Opens.SavedJournal, witness.savedJournal),
    bloom: when(Opens.Bloom, witness.bloom),
    blockBloom: when(Opens.BlockBloom, witness.blockBloom),
  };
}
