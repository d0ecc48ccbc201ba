import { AbiCoder } from "ethers";
import { expect } from "chai";
import { EMPTY_TRIE_ROOT } from "../../../src/ethereum/index.ts";
import { Phase } from "../../../src/machine/index.ts";
import type { ProvenStep, Prover } from "../../../src/machine/index.ts";
import type { Region } from "../../../src/machine/proving/buffer-tree.ts";
import type { OverlayOpening } from "../../../src/machine/proving/overlay-tree.ts";
import type { Witness } from "../../../src/machine/proving/witness.ts";
import {
  ZERO_HASH,
  bytesToHex,
  hashPair,
  hexToBytes,
  keccak256,
  rootFromProof,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

const BUFFER_DEPTH = 17;

/** The words of 32 bytes that bytes consist of. */
export function wordsOf(bytes: Uint8Array): Hash[] {
  return Array.from({ length: bytes.length / 32 }, (_, index) => bytesToHex(bytes.slice(32 * index, 32 * index + 32)));
}

/** What a verifier makes of a region (docs/machine.md §2). */
export function rootOfRegion(first: number, { words, siblings }: Region): Hash {
  let level = wordsOf(words);
  let start = first;
  const rest = wordsOf(siblings);
  for (let height = 0; height < BUFFER_DEPTH; height++) {
    if (start % 2 === 1) {
      level.unshift(rest.shift() as Hash);
      start -= 1;
    }
    if (level.length % 2 === 1) level.push(rest.shift() as Hash);
    level = Array.from({ length: level.length / 2 }, (_, index) =>
      hashPair(level[2 * index] as Hash, level[2 * index + 1] as Hash),
    );
    start /= 2;
  }
  expect(rest, "siblings left over").to.eql([]);
  return level[0] as Hash;
}

function hash(...words: readonly (Hash | number)[]): Hash {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    words.map(() => "uint256"),
    words.map((word) => BigInt(word)),
  );
  return keccak256(hexToBytes(encoded));
}

/** What a verifier makes of an opening of a key (docs/machine.md §4). */
export function rootOfOpening(key: Hash, { siblings, value, otherKey, otherValue }: OverlayOpening): Hash {
  const bitOf = (of: Hash, index: number) => (BigInt(of) >> BigInt(255 - index)) & 1n;
  const path = wordsOf(siblings);
  const other = bytesToHex(otherKey);
  let node: Hash = ZERO_HASH;
  if (value.length > 0) node = hash(1, key, keccak256(value));
  else if (other !== ZERO_HASH) {
    expect(other).to.not.equal(key);
    for (let index = 0; index < path.length; index++) expect(bitOf(other, index)).to.equal(bitOf(key, index));
    node = hash(1, other, bytesToHex(otherValue));
  }
  for (let index = path.length - 1; index >= 0; index--) {
    const sibling = path[index] as Hash;
    node = bitOf(key, index) === 0n ? hashPair(node, sibling) : hashPair(sibling, node);
  }
  return node;
}

// Fields by their place in the structs of docs/machine.md §1.
const MACHINE = {
  phase: 0,
  blockContext: 2,
  stateRoot: 3,
  transaction: 4,
  frame: 5,
  pending: 6,
  overlayRoot: 7,
  keyChain: 8,
  bloomHash: 10,
};
const FRAME = { context: 0, stack: 7 };
const FRAME_CONTEXT = { parent: 0, savedJournal: 1 };
const BLOCK_CONTEXT = { transactionCount: 10, transactionsRoot: 11, receiptsRoot: 12, bloomHash: 13 };
const SPONGE = 10;

type PlainField = {
  [Field in keyof Witness]: Witness[Field] extends Uint8Array ? Field : never;
}[keyof Witness];

/**
 * Checks that what a witness holds opens the state before the step: structs by their hashes, the stack by its chain,
 * regions against roots that opened structs hold, the overlay from its root on, tries from a committed root.
 */
export interface WitnessChecker {
  /** To be called after each `prove`. Gives the names of what the witness has opened. */
  check(step: ProvenStep): string[];
}

/** To be made before the first step: it listens to which regions and entries the machine tells of. */
export function createWitnessChecker({ machine }: Prover): WitnessChecker {
  const { recorder } = machine;
  if (recorder === undefined) throw new Error("expected the machine of a prover");
  let regions: { readonly first: number; readonly root: Hash | undefined }[] = [];
  let keys: Hash[] = [];
  machine.recorder = {
    ...recorder,
    region: (tree, first, count) => {
      regions.push({ first, root: tree === undefined ? undefined : bytesToHex(tree.root) });
      recorder.region(tree, first, count);
    },
    overlayAccount: (address) => {
      keys.push(hash(0, address, 0));
      recorder.overlayAccount(address);
    },
    overlaySlot: (address, slot) => {
      keys.push(hash(1, address, slot));
      recorder.overlaySlot(address, slot);
    },
    overlayTransient: (address, slot) => {
      keys.push(hash(2, address, slot));
      recorder.overlayTransient(address, slot);
    },
  };

  const check = ({ before, witness }: ProvenStep): string[] => {
    const opened: string[] = [];
    const fields = wordsOf(witness.machine);
    expect(keccak256(witness.machine)).to.equal(before);
    const checkStruct = (name: PlainField, expected: Hash | undefined) => {
      if (witness[name].length === 0) return;
      opened.push(name);
      expect(keccak256(witness[name]), name).to.equal(expected);
    };
    const frame = wordsOf(witness.frame);
    const context = wordsOf(witness.frameContext);
    const block = wordsOf(witness.blockContext);
    const pending = wordsOf(witness.pending);
    const isFlush = Number(fields[MACHINE.phase]) === Phase.Flush;
    checkStruct("frame", fields[MACHINE.frame]);
    checkStruct("frameContext", frame[FRAME.context]);
    checkStruct("parentFrame", context[FRAME_CONTEXT.parent]);
    checkStruct("savedJournal", context[FRAME_CONTEXT.savedJournal]);
    checkStruct("transaction", fields[MACHINE.transaction]);
    checkStruct("blockContext", fields[MACHINE.blockContext]);
    checkStruct("pending", fields[isFlush ? MACHINE.keyChain : MACHINE.pending]);
    checkStruct("bloom", fields[MACHINE.bloomHash]);
    checkStruct("blockBloom", block[BLOCK_CONTEXT.bloomHash]);
    checkStruct("sponge", pending[SPONGE]);

    if (witness.stack.length > 0) {
      opened.push("stack");
      const [below, ...items] = wordsOf(witness.stack).toReversed() as [Hash, ...Hash[]];
      expect(items.reduce(hashPair, below), "stack").to.equal(frame[FRAME.stack]);
    }

    const committed = [frame, context, wordsOf(witness.transaction), block, pending].flat();
    expect(witness.regions).to.have.length(regions.length);
    witness.regions.forEach((region, index) => {
      opened.push("regions");
      const { first, root } = regions[index] as (typeof regions)[number];
      const actual = rootOfRegion(first, region);
      if (root !== undefined) expect(actual).to.equal(root);
      expect(committed, "a region of a committed buffer").to.include(actual);
    });

    expect(witness.overlay).to.have.length(keys.length);
    const roots = witness.overlay.map((opening, index) => rootOfOpening(keys[index] as Hash, opening));
    if (roots.length > 0) {
      opened.push("overlay");
      // The others are against what the modifies before them have made of it: never back to what it was before.
      expect(roots[0], "overlay").to.equal(fields[MACHINE.overlayRoot]);
      const changes = roots.filter((root, index) => index === 0 || root !== roots[index - 1]);
      expect(new Set(changes).size, "overlay").to.equal(changes.length);
    }

    const storageRoots = witness.overlay.flatMap(({ value }) => wordsOf(value));
    for (const nodes of witness.tries) {
      opened.push("tries");
      const [first] = nodes;
      expect([fields[MACHINE.stateRoot], ...storageRoots, bytesToHex(EMPTY_TRIE_ROOT)], "a trie").to.include(
        first === undefined ? bytesToHex(EMPTY_TRIE_ROOT) : keccak256(first),
      );
    }
    if (witness.code.length > 0) {
      opened.push("code");
      // Of an account in the overlay, or one that is loaded, whose leaf is the last node then.
      const hashes = bytesToHex(Buffer.concat([...witness.overlay.map(({ value }) => value), ...witness.tries.flat()]));
      expect(hashes, "code of an account").to.include(keccak256(witness.code).slice(2));
    }
    if (witness.appends.length > 0) {
      opened.push("appends");
      checkAppends(witness, block);
    }
    regions = [];
    keys = [];
    return opened;
  };

  return { check };
}

function checkAppends({ appends }: Witness, block: readonly Hash[]): void {
  const count = Number(block[BLOCK_CONTEXT.transactionCount]);
  expect(appends).to.have.length(2);
  const roots = [block[BLOCK_CONTEXT.transactionsRoot], block[BLOCK_CONTEXT.receiptsRoot]];
  appends.forEach((siblings, index) => {
    if (siblings.length === 0) expect(Math.log2(count) % 1 || 0, "a full tree").to.equal(0);
    else expect(rootFromProof(ZERO_HASH, count, count + 1, wordsOf(siblings))).to.equal(roots[index]);
  });
}
