import { openStateView } from "../ethereum/index.ts";
import type { HashedEntry, StateDatabase } from "../ethereum/index.ts";
import { BlockState, stateOf } from "../execution/index.ts";
import type { StateSink, StateSource } from "../machine/index.ts";
import type { Hash } from "../primitives/index.ts";

/**
 * The state while units run on it. The database has the states that blocks end with; those between two units of a block are in
 * memory until the block is over, and never on the disk.
 */
export interface TracedState {
  /** Nodes and codes of all states since the last `forget`, and of the database. */
  readonly nodes: StateDatabase;
  /** The state of this root, and where its changes go; it is in the database, or the one committed last. */
  open(stateRoot: Hash): { readonly state: StateSource; readonly sink: StateSink };
  /** The root of the opened state with all changes so far. */
  commit(): Hash;
  /** The last committed state is in the database: the nodes in memory are not needed any more. */
  forget(): void;
}

export function createTracedState(database: StateDatabase): TracedState {
  const layer = createStateLayer(database);
  let view = openStateView(layer, EMPTY_ROOT);
  const state = new BlockState(() => view);
  const opened = stateOf(state);
  return {
    nodes: layer,
    open(stateRoot) {
      state.clearCaches();
      if (view.root() !== stateRoot) view = openStateView(layer, stateRoot);
      return opened;
    },
    commit() {
      state.endTransaction();
      const { root, entries } = view.advance(state.changes());
      layer.add(entries);
      state.clearCaches();
      return root;
    },
    forget() {
      layer.clear();
      view.trim();
    },
  };
}

const EMPTY_ROOT: Hash = `0x${"00".repeat(32)}`;

interface StateLayer extends StateDatabase {
  add(entries: readonly HashedEntry[]): void;
  clear(): void;
}

/** Entries in memory behind a database that is only read. */
function createStateLayer(database: StateDatabase): StateLayer {
  const keyOf = (hash: Uint8Array) => Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
  let entries = new Map<string, Uint8Array>();
  // Few of the nodes are ever asked for, as the view keeps its tries: they are sorted in when one is.
  let unsorted: (readonly HashedEntry[])[] = [];
  const getAdded = (hash: Uint8Array): Uint8Array | undefined => {
    for (const added of unsorted) for (const [name, value] of added) entries.set(keyOf(name), value);
    unsorted = [];
    return entries.get(keyOf(hash));
  };
  return {
    get: (hash) => database.get(hash) ?? getAdded(hash),
    putMany: () => {
      throw new Error("a state that is traced is not stored");
    },
    add: (added) => void unsorted.push(added),
    clear() {
      entries = new Map();
      unsorted = [];
    },
  };
}
