import { bytesToHex, digestToBytes } from "../../primitives/index.ts";
import type { Digest, Hash } from "../../primitives/index.ts";
import { hashReceipts } from "../block-progress.ts";
import type { Stream } from "../chain/chain.ts";
import { OUTSIDE_BLOCKS } from "../machine.ts";
import type { Machine } from "../machine.ts";
import { isBoundary } from "../phase.ts";
import { encodeChainOf, hashOrZero } from "./committed-chain.ts";
import { EMPTY_JOURNAL, putJournal } from "./committed-journal.ts";
import { FIELDS, MACHINE, encodeBlockContext, hashEncoding, newEncoding } from "./encoding.ts";
import { createGrowingBuffer } from "./growing-buffer.ts";
import type { GrowingBuffer } from "./growing-buffer.ts";
import { putDigest, putHash, putNumber } from "./words.ts";

interface StreamRoots {
  readonly payload: Digest;
  readonly content: GrowingBuffer;
}

/** Roots of payloads: batches may repeat one for little on L1, which then is hashed once. */
const knownPayloads = new WeakMap<Uint8Array, Digest>();

/** Roots of the streams that boundaries were hashed with: the content is hashed once, as it comes out. */
const knownRoots = new WeakMap<Stream, StreamRoots>();

/**
 * The state hash of a machine of a chain at a boundary, in fast mode or not, without what a prover keeps for its witnesses: for
 * a few hashes, and one for each word of content that came out since the last boundary. `stateRoot` is the root of the state
 * trie as the machine has made it; outside blocks it does not matter. Throws inside a unit.
 */
export function boundaryHash(machine: Machine, stateRoot: Hash): Hash {
  const { phase, environment, block } = machine;
  if (!isBoundary(phase)) throw new Error(`expected a boundary state, got phase ${phase}`);
  const encoding = newEncoding(FIELDS.machine);
  putNumber(encoding, MACHINE.phase, phase);
  putDigest(encoding, MACHINE.chain, hashOrZero(encodeChainOf(machine, rootsOf).encoding));
  if (environment !== OUTSIDE_BLOCKS) {
    hashReceipts(block);
    putDigest(encoding, MACHINE.blockContext, hashEncoding(encodeBlockContext(environment, block)));
    putHash(encoding, MACHINE.stateRoot, stateRoot);
  }
  putJournal(encoding, MACHINE.journal, EMPTY_JOURNAL);
  return bytesToHex(digestToBytes(hashEncoding(encoding)));
}

function rootsOf(stream: Stream): { readonly payload: Digest; readonly content: Digest } {
  let known = knownRoots.get(stream);
  if (known === undefined) {
    const payload = payloadRoot(stream.inflater.payload);
    knownRoots.set(stream, (known = { payload, content: createGrowingBuffer() }));
  }
  return { payload: known.payload, content: known.content.rootOf(stream.inflater.output()) };
}

function payloadRoot(payload: Uint8Array): Digest {
  let root = knownPayloads.get(payload);
  if (root === undefined) knownPayloads.set(payload, (root = createGrowingBuffer().rootOf(payload)));
  return root;
}
