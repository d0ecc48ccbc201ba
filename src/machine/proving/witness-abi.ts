import { ZERO_ADDRESS, bigintToBytes32, hexToBytes, keccak256 } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { Witness } from "./witness.ts";

// The ABI encoding of calls of OneStepProver (https://docs.soliditylang.org/en/latest/abi-spec.html), for this one
// signature: general encoders take a hundred times longer, and a conformance run makes millions of witnesses.

const WITNESS_TYPE =
  "(bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes,bytes32[]," +
  "(bytes,bytes32[])[],(bytes32[],bytes,bytes32,bytes32)[],bytes[][],bytes32[][],bytes[])";
const INPUT_TYPE = "(address,uint256)";

/** What steps of the chain depend on besides the state; twin of contracts/machine/types/ChainInput.sol. */
export interface ChainInput {
  /** Address on L1. */
  readonly inbox: Address;
  /** Number of batches at which the machine halts. */
  readonly target: number;
}

/** For steps of a machine without a chain, which look at none of it. */
export const NO_CHAIN: ChainInput = { inbox: ZERO_ADDRESS, target: 0 };

/** Signatures of the functions of contracts/machine/interfaces/IOneStepProver.sol. */
export const PROVER_FUNCTIONS = {
  start: `start(bytes32,${WITNESS_TYPE},${INPUT_TYPE})`,
  step: `step(bytes32,${WITNESS_TYPE},${INPUT_TYPE})`,
} as const;

const SELECTORS = { start: selectorOf(PROVER_FUNCTIONS.start), step: selectorOf(PROVER_FUNCTIONS.step) } as const;

function selectorOf(signature: string): Uint8Array {
  return hexToBytes(keccak256(new TextEncoder().encode(signature))).subarray(0, 4);
}

const WORD = 32;
const SELECTOR_SIZE = 4;
const ADDRESS_SIZE = 20;
const WITNESS_FIELDS = 18;
/** Of a call: the state, the offset of the witness, and the two words of the ChainInput. */
const HEAD = 4 * WORD;

/** Calldata of `start(before, witness, input)` or `step(before, witness, input)`. */
export function encodeStepCall(
  kind: "start" | "step",
  before: Hash,
  witness: Witness,
  { inbox, target }: ChainInput = NO_CHAIN,
): Uint8Array {
  const calldata = new Uint8Array(SELECTOR_SIZE + HEAD + sizeOfWitness(witness));
  calldata.set(SELECTORS[kind]);
  calldata.set(hexToBytes(before), SELECTOR_SIZE);
  const call = { bytes: calldata, view: new DataView(calldata.buffer) };
  writeNumber(call, SELECTOR_SIZE + WORD, HEAD);
  calldata.set(hexToBytes(inbox), SELECTOR_SIZE + 3 * WORD - ADDRESS_SIZE);
  calldata.set(bigintToBytes32(BigInt(target)), SELECTOR_SIZE + 3 * WORD);
  writeWitness(call, SELECTOR_SIZE + HEAD, witness);
  return calldata;
}

/** `abi.encode(witness)` without the leading offset. */
export function encodeWitness(witness: Witness): Uint8Array {
  const bytes = new Uint8Array(sizeOfWitness(witness));
  writeWitness({ bytes, view: new DataView(bytes.buffer) }, 0, witness);
  return bytes;
}

function plainFields(witness: Witness): readonly Uint8Array[] {
  return [
    witness.machine,
    witness.frame,
    witness.frameContext,
    witness.parentFrame,
    witness.transaction,
    witness.blockContext,
    witness.pending,
    witness.savedJournal,
    witness.bloom,
    witness.blockBloom,
    witness.sponge,
    witness.code,
  ];
}

// ── Sizes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of `bytes`; of `bytes32[]` too, whose length in bytes is whole. */
function sizeOfBytes(value: Uint8Array): number {
  return WORD + roundUp(value.length);
}

function roundUp(length: number): number {
  return (length + WORD - 1) & ~(WORD - 1);
}

function sizeOfWitness(witness: Witness): number {
  let size = WITNESS_FIELDS * WORD;
  for (const field of plainFields(witness)) size += sizeOfBytes(field);
  size += sizeOfBytes(witness.stack);
  size += WORD;
  for (const { words, siblings } of witness.regions) size += 3 * WORD + sizeOfBytes(words) + sizeOfBytes(siblings);
  size += WORD;
  for (const { siblings, value } of witness.overlay) size += 5 * WORD + sizeOfBytes(siblings) + sizeOfBytes(value);
  size += WORD;
  for (const nodes of witness.tries) {
    size += 2 * WORD;
    for (const node of nodes) size += WORD + sizeOfBytes(node);
  }
  size += WORD;
  for (const siblings of witness.appends) size += WORD + sizeOfBytes(siblings);
  size += WORD;
  for (const preimage of witness.preimages) size += WORD + sizeOfBytes(preimage);
  return size;
}

// ── Writing: each function writes at a position and gives the one behind ──────────────────────────────────────────────

interface Target {
  /** Zeros but for what was written. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function writeNumber({ view }: Target, at: number, value: number): number {
  view.setUint32(at + WORD - 4, value);
  return at + WORD;
}

function writeBytes(target: Target, at: number, value: Uint8Array): number {
  writeNumber(target, at, value.length);
  target.bytes.set(value, at + WORD);
  return at + WORD + roundUp(value.length);
}

function writeWords(target: Target, at: number, words: Uint8Array): number {
  writeNumber(target, at, words.length / WORD);
  target.bytes.set(words, at + WORD);
  return at + WORD + words.length;
}

/** An array of dynamic items: count, offsets counted from behind it, items. */
function writeArray<Item>(
  target: Target,
  at: number,
  items: readonly Item[],
  writeItem: (target: Target, at: number, item: Item) => number,
): number {
  const origin = writeNumber(target, at, items.length);
  let end = origin + items.length * WORD;
  items.forEach((item, index) => {
    writeNumber(target, origin + index * WORD, end - origin);
    end = writeItem(target, end, item);
  });
  return end;
}

function writeRegion(target: Target, at: number, { words, siblings }: Witness["regions"][number]): number {
  writeNumber(target, at, 2 * WORD);
  const behindWords = writeBytes(target, at + 2 * WORD, words);
  writeNumber(target, at + WORD, behindWords - at);
  return writeWords(target, behindWords, siblings);
}

function writeOpening(target: Target, at: number, opening: Witness["overlay"][number]): number {
  writeNumber(target, at, 4 * WORD);
  const behindSiblings = writeWords(target, at + 4 * WORD, opening.siblings);
  writeNumber(target, at + WORD, behindSiblings - at);
  target.bytes.set(opening.otherKey, at + 2 * WORD);
  target.bytes.set(opening.otherValue, at + 3 * WORD);
  return writeBytes(target, behindSiblings, opening.value);
}

function writeNodes(target: Target, at: number, nodes: readonly Uint8Array[]): number {
  return writeArray(target, at, nodes, writeBytes);
}

function writeWitness(target: Target, at: number, witness: Witness): void {
  let end = at + WITNESS_FIELDS * WORD;
  let field = at;
  const next = () => {
    field = writeNumber(target, field, end - at);
  };
  for (const value of plainFields(witness)) {
    next();
    end = writeBytes(target, end, value);
  }
  next();
  end = writeWords(target, end, witness.stack);
  next();
  end = writeArray(target, end, witness.regions, writeRegion);
  next();
  end = writeArray(target, end, witness.overlay, writeOpening);
  next();
  end = writeArray(target, end, witness.tries, writeNodes);
  next();
  end = writeArray(target, end, witness.appends, writeWords);
  next();
  writeArray(target, end, witness.preimages, writeBytes);
}
