import { openPayload } from "../../batch/index.ts";
import { concatBytes, hexToBytes, keccak256 } from "../../primitives/index.ts";
import { encodeBatch } from "../../rollup/index.ts";
import type { BufferTree } from "../commitments.ts";
import type { Machine, Pending } from "../machine.ts";
import { tellBytes } from "../memory.ts";
import { Phase } from "../phase.ts";
import { newChain } from "./chain.ts";
import { chainOf, nextBetweenBlocks, sourceOf } from "./next-unit.ts";

// The unit `LoadBatch` (docs/machine.md §16): a batch of the Inbox and the bytes of its payload.

/** Bytes of a field element that carry payload (specification §3 rule 1). */
const ELEMENT_PAYLOAD_SIZE = 31;

const HASH_OF_NOTHING = keccak256(new Uint8Array());

/** `start` of a `LoadBatch` boundary. */
export function startLoadBatch(machine: Machine): void {
  const { chain, recorder, target } = machine;
  if (chain?.kind !== "between-batches") throw new Error("expected a machine between two batches");
  const { state } = chain;
  recorder?.chain();
  if (state.batchCount >= target) {
    machine.phase = Phase.Halt;
    return;
  }
  const batch = sourceOf(machine).batch(state.batchCount);
  recorder?.preimage(() => encodeBatch(batch));
  machine.chain = newChain(state, batch);
  const { kind, dataHash } = batch;
  if (dataHash === HASH_OF_NOTHING) return nextBetweenBlocks(machine);
  machine.pending = { kind: "reading", dataHash, tree: undefined, count: 0 };
  machine.phase = kind === "calldata" ? Phase.ReadCalldata : Phase.ReadElement;
}

export function stepReadCalldata(machine: Machine): void {
  const { recorder } = machine;
  const payload = sourceOf(machine).payload(chainOf(machine).batchCount);
  recorder?.chain();
  recorder?.preimage(() => payload);
  beginStream(machine, payload, recorder?.buffer(payload));
}

/** One field element of the blobs; in fast mode all of them. */
export function stepReadElement(machine: Machine): void {
  const { recorder } = machine;
  const { batchCount } = chainOf(machine);
  const source = sourceOf(machine);
  const payload = source.payload(batchCount);
  if (!machine.isProving) return beginStream(machine, payload, undefined);

  const { dataHash, tree, count } = reading(machine);
  recorder?.preimage(() => concatBytes(source.versionedHashes(batchCount).map(hexToBytes)));
  recorder?.preimage(() => {
    const { value, commitment, proof } = source.element(batchCount, count);
    return concatBytes([value, commitment, proof]);
  });
  const start = ELEMENT_PAYLOAD_SIZE * count;
  const end = start + ELEMENT_PAYLOAD_SIZE;
  if (recorder !== undefined) tellBytes(recorder, tree, start, ELEMENT_PAYLOAD_SIZE);
  const written = recorder?.writeBuffer(tree, payload.subarray(0, end), start);
  if (end < payload.length) {
    machine.pending = { kind: "reading", dataHash, tree: written, count: count + 1 };
  } else {
    recorder?.chain();
    beginStream(machine, payload, written);
  }
}

function reading({ pending }: Machine): Extract<Pending, { readonly kind: "reading" }> {
  if (pending?.kind !== "reading") throw new Error("expected a payload that is being read");
  return pending;
}

function beginStream(machine: Machine, payload: Uint8Array, payloadTree: BufferTree | undefined): void {
  const chain = chainOf(machine);
  const shared = machine.isProving ? undefined : sourceOf(machine).openContent?.(chain.batchCount);
  chain.stream = {
    inflater: shared ?? openPayload(payload),
    payloadTree,
    contentTree: undefined,
    committedLength: 0,
  };
  machine.pending = undefined;
  nextBetweenBlocks(machine);
}
