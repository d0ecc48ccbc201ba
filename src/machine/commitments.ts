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
  /** The committed journal as it is now, for `JournalMark.committed`. */
  mark(): unknown;
  /** The machine goes back to a journal it has marked. */
  restore(committed: unknown): void;
}
