import type { Recorder } from "../../../../src/machine/commitments.ts";
import { Phase } from "../../../../src/machine/index.ts";
import type { Machine, ProvenStep, Prover } from "../../../../src/machine/index.ts";
import { encodeEntry, overlayKey } from "../../../../src/machine/proving/encoding.ts";
import type { OverlayOpening } from "../../../../src/machine/proving/overlay-tree.ts";
import type { Witness } from "../../../../src/machine/proving/witness.ts";
import { bytesOf } from "../../../../src/machine/proving/words.ts";
import {
  bytesToHex,
  concatBytes,
  digestToBytes,
  hexToBytes,
  keccak256,
  keccak256Bytes,
} from "../../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../../src/primitives/index.ts";

// An overlay in which every key that a step opens stands at depth 256 with a sibling at each level: the longest opening that the
// contracts accept. No transaction gets there, as each level takes two keys that agree in one more bit of a hash.

interface Key {
  readonly kind: 0 | 1 | 2;
  readonly address: Address;
  readonly slot: Hash;
}

/** `abi.encode` of entries by key; absent keys are left out. */
type Entries = ReadonlyMap<string, Uint8Array>;

/** The overlay at one opening of the step: the entries of all keys that the step has opened so far. */
interface Opened {
  readonly key: string;
  readonly entries: Entries;
  readonly known: ReadonlySet<string>;
}

const DEPTH = 256;
const ZERO = new Uint8Array(32);
/** Stands for a subtree of which nothing is known but that it is not empty. */
const OTHERS = keccak256Bytes(Uint8Array.of(1));
const NO_SLOT: Hash = bytesToHex(ZERO);

// Positions in Machine, Frame and FrameContext, in words.
const MACHINE_FRAME = 5;
const MACHINE_JOURNAL = 7;
const FRAME_CONTEXT = 0;
const CONTEXT_SAVED_JOURNAL = 1;

/** Proves steps of a prover, each as it is and against the deepest overlay. */
export interface DeepProver {
  /** Takes the next step. `deep` is given if the step opens the overlay, by the next call. */
  prove(): ProvenStep;
  /** The last step taken, against the deepest overlay; undefined if it opens none. Takes another step to learn what it is to come to. */
  deepen(): { readonly deep: ProvenStep | undefined; readonly next: ProvenStep };
}

/** Follows what the steps of `prover` open in the overlay. Nothing else may replace the machine's recorder. */
export function createDeepProver(prover: Prover): DeepProver {
  const { machine } = prover;
  const recorder = machine.recorder;
  if (recorder === undefined) throw new Error("expected a prover that has attached itself to its machine");
  let keys = new Map<string, Key>();
  let opened: Opened[] = [];
  let isProving = false;
  const note = (kind: 0 | 1 | 2, address: Address, slot: Hash) => {
    if (!isProving) return;
    const key = bytesToHex(digestToBytes(overlayKey(kind, address, slot)));
    keys.set(key, { kind, address, slot });
    opened.push({ key, entries: entriesOf(machine, keys), known: new Set(keys.keys()) });
  };
  machine.recorder = {
    ...recorder,
    overlayAccount: (address) => {
      note(0, address, NO_SLOT);
      recorder.overlayAccount(address);
    },
    overlaySlot: (address, slot) => {
      note(1, address, slot);
      recorder.overlaySlot(address, slot);
    },
    overlayTransient: (address, slot) => {
      note(2, address, slot);
      recorder.overlayTransient(address, slot);
    },
  } satisfies Recorder;

  let last: { proven: ProvenStep; phase: Phase; next: Phase; opened: Opened[]; entries: Entries } | undefined;
  const prove = (): ProvenStep => {
    keys = new Map();
    opened = [];
    const { phase } = machine;
    isProving = true;
    const proven = prover.prove();
    isProving = false;
    last = { proven, phase, next: machine.phase, opened, entries: entriesOf(machine, keys) };
    return proven;
  };
  return {
    prove,
    deepen: () => {
      const step = last;
      if (step === undefined) throw new Error("expected a step to have been taken");
      const next = prove();
      return { deep: step.opened.length === 0 ? undefined : deepened(step, next.witness), next };
    },
  };
}

function entriesOf({ overlay }: Machine, keys: ReadonlyMap<string, Key>): Entries {
  const entries = new Map<string, Uint8Array>();
  for (const [name, key] of keys) {
    const { kind, address, slot } = key;
    const entry =
      kind === 0
        ? overlay.account(address)
        : kind === 1
          ? overlay.slot(address, slot)
          : overlay.transient(address, slot);
    if (entry !== undefined)
      entries.set(name, bytesOf(encodeEntry({ ...key, entry } as Parameters<typeof encodeEntry>[0])));
  }
  return entries;
}

function deepened(
  {
    proven,
    phase,
    next,
    opened,
    entries,
  }: { proven: ProvenStep; phase: Phase; next: Phase; opened: Opened[]; entries: Entries },
  nextWitness: Witness,
): ProvenStep {
  const { kind, witness } = proven;
  const names = [...new Set(opened.map(({ key }) => key))];
  // A key that was not opened yet was not changed yet.
  const entriesAt = (index: number): Entries => {
    const all = new Map<string, Uint8Array>();
    for (const name of names) {
      let position = index;
      while (!opened[position]?.known.has(name)) position++;
      const entry = opened[position]?.entries.get(name);
      if (entry !== undefined) all.set(name, entry);
    }
    return all;
  };
  const openings: OverlayOpening[] = opened.map(({ key }, index) => {
    const tree = new DeepTree(names, entriesAt(index));
    return {
      siblings: tree.siblings(key),
      value: entriesAt(index).get(key) ?? new Uint8Array(),
      otherKey: ZERO,
      otherValue: ZERO,
    };
  });
  const machine = withWord(witness.machine, MACHINE_JOURNAL, new DeepTree(names, entriesAt(0)).root());
  let after = withWord(nextWitness.machine, MACHINE_JOURNAL, new DeepTree(names, entries).root());
  const entersFrame = next === Phase.EnterFrame && (phase === Phase.EnterTransaction || phase === Phase.Execute);
  if (entersFrame) {
    // The new frame is to restore this overlay if it fails.
    const journal = keccak256Bytes(after.subarray(MACHINE_JOURNAL * 32));
    const context = withWord(nextWitness.frameContext, CONTEXT_SAVED_JOURNAL, journal);
    const frame = withWord(nextWitness.frame, FRAME_CONTEXT, keccak256Bytes(context));
    after = withWord(after, MACHINE_FRAME, keccak256Bytes(frame));
  }
  return {
    kind,
    before: keccak256(machine),
    witness: { ...witness, machine, overlay: openings },
    after: keccak256(after),
  };
}

function withWord(encoding: Uint8Array, position: number, word: Uint8Array): Uint8Array {
  const changed = encoding.slice();
  changed.set(word, position * 32);
  return changed;
}

/** The tree in which each of `names` has a place at depth 256, where its entry is or nothing, and all other places are taken. */
class DeepTree {
  readonly #names: readonly string[];
  readonly #entries: Entries;

  constructor(names: readonly string[], entries: Entries) {
    this.#names = names;
    this.#entries = entries;
  }

  root(): Uint8Array {
    return this.#node(this.#names, 0);
  }

  /** From the root down, 32 bytes each. */
  siblings(name: string): Uint8Array {
    const siblings: Uint8Array[] = [];
    let together = this.#names;
    for (let depth = 0; depth < DEPTH; depth++) {
      const bit = bitOf(name, depth);
      siblings.push(this.#node(withBit(together, depth, 1 - bit), depth + 1));
      together = withBit(together, depth, bit);
    }
    return concatBytes(siblings);
  }

  #node(names: readonly string[], depth: number): Uint8Array {
    if (names.length === 0) return OTHERS;
    if (depth === DEPTH) return this.#leaf(names[0] as string);
    // From below, as 256 calls in each other are slow.
    if (names.length > 1) {
      return keccak256Bytes(
        concatBytes([this.#node(withBit(names, depth, 0), depth + 1), this.#node(withBit(names, depth, 1), depth + 1)]),
      );
    }
    const name = names[0] as string;
    let node = this.#leaf(name);
    for (let level = DEPTH - 1; level >= depth; level--) {
      node = keccak256Bytes(concatBytes(bitOf(name, level) === 0 ? [node, OTHERS] : [OTHERS, node]));
    }
    return node;
  }

  #leaf(name: string): Uint8Array {
    const entry = this.#entries.get(name);
    if (entry === undefined) return ZERO;
    const tag = ZERO.slice();
    tag[31] = 1;
    return keccak256Bytes(concatBytes([tag, hexToBytes(name), keccak256Bytes(entry)]));
  }
}

function withBit(names: readonly string[], depth: number, bit: number): readonly string[] {
  return names.filter((name) => bitOf(name, depth) === bit);
}

/** Bit of a key in hex, from the most significant one. */
function bitOf(name: string, depth: number): number {
  return (parseInt(name.charAt(2 + (depth >> 2)), 16) >> (3 - (depth & 3))) & 1;
}
