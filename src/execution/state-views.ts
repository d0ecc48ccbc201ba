import { openStateView } from "../ethereum/index.ts";
import type { StateDatabase, StateView } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { BlockState } from "./block-state.ts";

/** The views of stored states that an engine shares among those who read at the same root. */
export interface StateViews {
  readonly database: StateDatabase;
  /** The view of the last sealed state, with its caches. */
  latest: StateView | undefined;
  /** The last other state that was asked for, since it is mostly asked for again. */
  recent: StateView | undefined;
}

export function createStateViews(database: StateDatabase): StateViews {
  return { database, latest: undefined, recent: undefined };
}

/** A view that stands at `root` now. */
export function viewAt(views: StateViews, root: Hash): StateView {
  const known = [views.latest, views.recent].find((view) => view?.root() === root);
  if (known === undefined) return (views.recent = openStateView(views.database, root));
  known.trim();
  return known;
}

/** A view at `root` for longer: a view may move on to the next block's state while somebody still needs this one. */
export function viewStayingAt(views: StateViews, root: Hash): () => StateView {
  let view = viewAt(views, root);
  return () => {
    if (view.root() !== root) view = openStateView(views.database, root);
    return view;
  };
}

/** Writes the changes of a block to the database; the view moves on to the new root, which this gives. */
export async function commitState(views: StateViews, state: BlockState, view: StateView): Promise<Hash> {
  views.latest = undefined;
  if (views.recent === view) views.recent = undefined;
  const { root, entries } = view.advance(state.changes());
  await views.database.putMany(entries);
  views.latest = view;
  return root;
}
