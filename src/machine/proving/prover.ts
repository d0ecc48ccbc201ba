import { bytesToHex } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { hashReceipts } from "../block-progress.ts";
import { start, step } from "../driver.ts";
import type { Machine } from "../machine.ts";
import { isBoundary } from "../phase.ts";
import { bufferFrom, bufferOf, writeBuffer } from "./buffer-tree.ts";
import { commitTo, followStep, stateHashOf } from "./commitment.ts";
import type { ProverState } from "./prover-state.ts";
import { recorderOf } from "./recorder.ts";
import type { StateTries } from "./state-tries.ts";
import { makeWitness } from "./witness-making.ts";
import type { Witness } from "./witness.ts";
import { putDigest } from "./words.ts";

const WORD_SIZE = 32;

/** A step with what proves it: `OneStepProver.start` or `.step`, called with `before` and `witness`, gives `after`. */
export interface ProvenStep {
  readonly kind: "start" | "step";
  readonly before: Hash;
  readonly witness: Witness;
  readonly after: Hash;
}

/** A machine in proving mode together with its commitment, which follows it step by step. */
export interface Prover {
  readonly machine: Machine;
  /** H(Machine). */
  stateHash(): Hash;
  /** Writes the state hash to 32-bit word `at` of `target`. */
  copyStateHash(target: Int32Array, at: number): void;
  /** Root of the state trie as it is committed. */
  stateRoot(): Hash;
  /** Whether the unit has begun and come to its end: more steps change nothing. */
  isDone(): boolean;
  /** Takes the next step: `start` first, then `step`. */
  step(): void;
  /** The same, and what proves it. */
  prove(): ProvenStep;
}

export interface ProverOptions {
  /** In a boundary state, proving, and without a recorder. It must not be stepped but by the prover from then on. */
  readonly machine: Machine;
  readonly tries: StateTries;
  /** Root of the state trie before the unit; that of the machine's source. */
  readonly stateRoot: Hash;
}

/** Attaches itself to the machine as its recorder. Throws if the machine is not at the begin of a unit or not proving. */
export function createProver({ machine, tries, stateRoot }: ProverOptions): Prover {
  if (!machine.isProving || !isBoundary(machine.phase)) {
    throw new Error(`expected a proving machine in a boundary state, got one in phase ${machine.phase}`);
  }
  const { block } = machine;
  if (block.raw.tree === undefined) block.raw = { ...block.raw, tree: bufferFrom(block.raw.bytes), offset: 0 };
  hashReceipts(block);
  commitToStream(machine);

  const commitment = commitTo(machine, stateRoot);
  const state: ProverState = { machine, tries, commitment, hasBegun: false, recording: undefined };
  machine.recorder = recorderOf(state);

  return {
    machine,
    stateHash: () => stateHashOf(commitment),
    copyStateHash: (target, at) => putDigest(target, at, commitment.digest),
    stateRoot: () => bytesToHex(commitment.stateRoot),
    isDone: () => isDone(state),
    step: () => takeStep(state),
    prove: () => {
      const kind = state.hasBegun ? "step" : "start";
      const before = stateHashOf(commitment);
      const witness = makeWitness(state, () => takeStep(state));
      return { kind, before, witness, after: stateHashOf(commitment) };
    },
  };
}

/** Brings the commitments to a stream, of which a fast machine makes none, up to it. */
function commitToStream({ chain }: Machine): void {
  const stream = chain?.kind === "in-batch" ? chain.stream : undefined;
  if (stream === undefined) return;
  const content = stream.inflater.output();
  stream.payloadTree ??= bufferFrom(stream.inflater.payload);
  if (content.length > stream.committedLength) {
    const words = [stream.committedLength / WORD_SIZE, content.length / WORD_SIZE - 1] as const;
    stream.contentTree = writeBuffer(bufferOf(stream.contentTree), content, Math.floor(words[0]), Math.ceil(words[1]));
    stream.committedLength = content.length;
  }
}

function isDone({ machine, hasBegun }: ProverState): boolean {
  return hasBegun && isBoundary(machine.phase);
}

function takeStep(state: ProverState): void {
  const { machine, commitment } = state;
  if (isDone(state)) return;
  if (state.hasBegun) step(machine);
  else start(machine);
  state.hasBegun = true;
  followStep(commitment, machine);
}
