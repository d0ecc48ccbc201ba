import type { AccountRecord } from "../ethereum/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** A version of a buffer as a persistent Merkle tree (docs/machine.md §2): writing gives a new one and leaves this as it is. */
export interface BufferTree {
  readonly root: Uint8Array;
}

/**
 * What a proving machine tells about a step while it takes it (docs/machine.md §5), always before it changes what it tells
 * of. Frame, FrameContext, the other contexts, the pending operation and the stack are not told: which of them a step
 * opens follows from phase and opcode. A fast machine has none.
 */
export interface Recorder {
  /** Opens `count` words from word `first` of a version of a buffer; undefined is the empty buffer. */
  region(tree: BufferTree | undefined, first: number, count: number): void;
  /** A read or a modify of an overlay entry, present or not: one opening each. */
  overlayAccount(address: Address): void;
  overlaySlot(address: Address, slot: Hash): void;
  overlayTransient(address: Address, slot: Hash): void;
  /** Opens the bytes of the code with this hash. */
  code(codeHash: Hash): void;
  /** `Flush`: the storage root that `owner`'s storage of root `storageRoot` has with `value` in `slot` (0 deletes): one trie access. */
  putSlot(owner: Address, storageRoot: Hash, slot: Hash, value: bigint): Hash;
  /** `Flush`: `account` in the state trie (undefined deletes): one trie access. */
  putAccount(address: Address, account: AccountRecord | undefined): void;
  /** A buffer that holds `bytes` from offset 0: output of a precompile, a code. */
  buffer(bytes: Uint8Array): BufferTree;
  /** A version of a buffer that differs from byte `start` on, where it now has the rest of `bytes`, and zeros behind. */
  writeBuffer(tree: BufferTree | undefined, bytes: Uint8Array, start: number): BufferTree;
  /** Opens the chain around the transactions: State or Chain, as committed before the step. Once a step, however often it is told. */
  chain(): void;
  /** Opens the stream of the chain; as `chain`. */
  stream(): void;
  /** Opens the message under way; as `chain`. */
  message(): void;
  /** Opens what a committed hash, or L1, is of. */
  preimage(encode: () => Uint8Array): void;
  /** The root of the state trie as it is committed. */
  stateRoot(): Hash;
  /** A block begins on the state of this root. */
  openState(stateRoot: Hash): void;
  /** The overlay was flushed within a unit: it is empty, and of the journal all else stays. */
  clearOverlay(): void;
  /** The committed journal as it is now, for `JournalMark.committed`. */
  mark(): unknown;
  /** The machine goes back to a journal it has marked. */
  restore(committed: unknown): void;
}
