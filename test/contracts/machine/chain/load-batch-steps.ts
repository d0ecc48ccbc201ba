import { bufferFrom, openRegion } from "../../../../src/machine/proving/buffer-tree.ts";
import { Phase } from "../../../../src/machine/phase.ts";
import { blobsToPayload } from "../../../../src/batch/index.ts";
import { bytesToHex, concatBytes, hexToBytes, keccak256, versionedHash } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import { EMPTY_CHAIN, EMPTY_WITNESS, ZERO, encodeChain, encodeMachine, encodeWords } from "./chain-states.ts";
import type { ChainStep } from "./inflate-steps.ts";
import type { KzgProver } from "./kzg-proofs.ts";
import { encodeStream, newStream } from "./stream-model.ts";

/** The chain between batches. */
export const CHAIN_STATE = {
  blockHash: keccak256(Uint8Array.of(1)),
  outboxRoot: keccak256(Uint8Array.of(2)),
  batchCount: 3,
  messageCount: 4,
};

export interface TestBatch {
  readonly kind: 0 | 1;
  readonly dataHash: Hash;
  readonly messagesUpTo: number;
}

const NUMBER = 900;
const TIMESTAMP = 1_700_000_000;

export const encodeState = (state = CHAIN_STATE): Uint8Array => encodeWords(Object.values(state));

export function encodeBatch({ kind, dataHash, messagesUpTo }: TestBatch): Uint8Array {
  return encodeWords([kind, dataHash, messagesUpTo, NUMBER, TIMESTAMP]);
}

/** A machine with nothing under way but what is `pending`. */
export function machineOf(phase: number, chain: Uint8Array, pending?: Uint8Array): Uint8Array {
  return encodeMachine({
    phase,
    chain: keccak256(chain),
    blockContext: ZERO,
    stateRoot: ZERO,
    pending: pending === undefined ? ZERO : keccak256(pending),
  });
}

/** The chain once a batch has begun. */
export const chainOf = (messagesUpTo = CHAIN_STATE.messageCount) => ({
  ...EMPTY_CHAIN,
  ...CHAIN_STATE,
  messagesUpTo,
  batchTimestamp: TIMESTAMP,
});

/** Root of the buffer of zeros. */
export const EMPTY_ROOT = bytesToHex(bufferFrom(new Uint8Array()).root);

/** The start of a batch, and the machine it must come to. */
export function startStep(batch: TestBatch, after: Uint8Array): ChainStep {
  const machine = machineOf(Phase.LoadBatch, encodeState());
  return {
    before: keccak256(machine),
    witness: { ...EMPTY_WITNESS, machine, preimages: [encodeState(), encodeBatch(batch)] },
    after: keccak256(after),
  };
}

/** The machine once all of a payload is read. */
function streamBegun(payload: Uint8Array): Uint8Array {
  const chain = { ...chainOf(), stream: keccak256(encodeStream(newStream(payload))) };
  return machineOf(Phase.BeginBlock, encodeChain(chain));
}

/** Reads a payload of calldata, or shows another one in its place. */
export function calldataStep(payload: Uint8Array, shown = payload): ChainStep {
  const chain = encodeChain(chainOf());
  const pending = encodeWords([keccak256(payload), EMPTY_ROOT, 0]);
  const machine = machineOf(Phase.ReadCalldata, chain, pending);
  return {
    before: keccak256(machine),
    witness: { ...EMPTY_WITNESS, machine, pending, preimages: [chain, shown] },
    after: keccak256(streamBegun(payload)),
  };
}

/** The steps that read the elements of blobs: the one after `count` others. */
export function elementSteps(kzg: KzgProver, blobs: readonly Uint8Array[]): (count: number) => ChainStep {
  const payload = blobsToPayload(blobs);
  const commitments = blobs.map((blob) => kzg.commitmentOf(blob));
  const versionedHashes = concatBytes(commitments.map((commitment) => hexToBytes(versionedHash(commitment))));
  const dataHash = keccak256(versionedHashes);
  const chain = encodeChain(chainOf());
  return (count) => {
    const blob = Math.floor(count / 4_096);
    const { y, proof } = kzg.open(blobs[blob] as Uint8Array, count % 4_096);
    const read = bufferFrom(payload.subarray(0, 31 * count));
    const next = bufferFrom(payload.subarray(0, 31 * (count + 1)));
    const [first, last] = [(31 * count) >> 5, (31 * count + 30) >> 5];
    const pending = encodeWords([dataHash, bytesToHex(read.root), count]);
    const machine = machineOf(Phase.ReadElement, chain, pending);
    const reading = encodeWords([dataHash, bytesToHex(next.root), count + 1]);
    const isLast = count + 1 === 4_096 * blobs.length;
    const element = concatBytes([y, commitments[blob] as Uint8Array, proof]);
    return {
      before: keccak256(machine),
      witness: {
        ...EMPTY_WITNESS,
        machine,
        pending,
        preimages: [versionedHashes, element, ...(isLast ? [chain] : [])],
        regions: [openRegion(read, first, last - first + 1)],
      },
      after: keccak256(isLast ? streamBegun(payload) : machineOf(Phase.ReadElement, chain, reading)),
    };
  };
}
