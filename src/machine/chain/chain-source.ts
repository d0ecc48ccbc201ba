import type { Inflater } from "../../batch/index.ts";
import type { Hash } from "../../primitives/index.ts";
import type { BatchRecord, BlockHeader, InboxMessage } from "../../rollup/index.ts";
import type { StateSource } from "../overlay.ts";
import type { StateSink } from "../state-sink.ts";

/** A field element of a blob, and what proves to L1 that it is one (EIP-4844). */
export interface BlobElement {
  /** 32 bytes. */
  readonly value: Uint8Array;
  /** KZG commitment of the blob, 48 bytes. */
  readonly commitment: Uint8Array;
  /** KZG proof of the value at the element's point, 48 bytes. */
  readonly proof: Uint8Array;
}

/**
 * What the units of a chain read besides the state of the machine: the Inbox with its data, headers of blocks, and states.
 * All of it is what the machine's commitments name, so whoever gives something else makes steps that nobody can prove.
 */
export interface ChainSource {
  readonly chainId: bigint;
  /** The batch of this index, which is below the machine's target. */
  batch(index: number): BatchRecord;
  /** The payload of the batch: of blobs, the low 31 bytes of every element. */
  payload(index: number): Uint8Array;
  /** Inflates the payload of the batch, at its begin. Where it is not given, or steps are proven, a new inflater does. */
  openContent?(index: number): Inflater;
  /** Of a batch of blobs, in order. */
  versionedHashes(index: number): readonly Hash[];
  /** Element `position` of all blobs of the batch. Asked for when steps are proven. */
  element(index: number, position: number): BlobElement;
  /** The message of this index, below the `messagesUpTo` of a batch that was loaded. */
  message(index: number): InboxMessage;
  /** The header of the last block of the state the machine began with. */
  header(hash: Hash): BlockHeader;
  /** The state of this root, for a block, and where its changes go. */
  openState(stateRoot: Hash): { readonly state: StateSource; readonly sink: StateSink };
  /** The root of the opened state with all its changes, at the end of the block. Not asked for where there is a prover. */
  sealState(): Hash;
}
