import type { Hash } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import type { HiddenEntriesError } from "./errors.ts";

/** What the reader knows besides what it has stored: the synced block, its checkpoints and the two lists are on disk. */
export interface ReaderState {
  /** Aborted by a stop; another one after each start that follows. */
  stopping: AbortController;
  /** As last seen, with its timestamp in seconds. */
  l1Head: L1BlockReference | undefined;
  l1Timestamp: number | undefined;
  /** Milliseconds; when the endpoint first named its latest block. */
  headSeenAt: number | undefined;
  /** Number of the highest L1 block that is both read and final. */
  finalized: number | undefined;
  /** Whether the last look ended with everything read. */
  caughtUp: boolean;
  /** Milliseconds; of the last look that ended with everything read. */
  caughtUpAt: number | undefined;
  /** Set while L1 has entries that the endpoint does not give. */
  hidden: HiddenEntriesError | undefined;
  /** Looks in a row that found entries hidden. */
  hiddenLooks: number;
  /** Looks in a row that failed without having read anything. */
  failedLooks: number;
  /** Whether a block whose bloom lacks the Inbox is taken to have no log of it; not any more once entries were missing. */
  trustsBlooms: boolean;
  /** Milliseconds; of the last line about progress. */
  progressAt: number;
  /** The last block as of which the contract's counts were compared. */
  countedAt: Hash | undefined;
  /** Milliseconds; since when the endpoint's head has been below what was read. */
  behindSince: number | undefined;
  /** Checkpoints to go back when entries do not continue the lists; doubles until they do. */
  backtrack: number;
}

export function initialState(): ReaderState {
  return {
    stopping: new AbortController(),
    l1Head: undefined,
    l1Timestamp: undefined,
    headSeenAt: undefined,
    finalized: undefined,
    caughtUp: false,
    caughtUpAt: undefined,
    hidden: undefined,
    hiddenLooks: 0,
    failedLooks: 0,
    trustsBlooms: true,
    progressAt: Number.NEGATIVE_INFINITY,
    countedAt: undefined,
    behindSince: undefined,
    backtrack: 1,
  };
}
