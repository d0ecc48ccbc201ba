import type { L1BlockReference } from "../../storage/index.ts";
import { BlobUnavailableError } from "../blob-source.ts";
import { errorText } from "../error-text.ts";
import { InconsistentL1Error } from "../inbox-log.ts";
import type { InboxCounts } from "./inbox-counts.ts";

/** L1 has an entry that is not the next of its list. */
export class MissingEntriesError extends InconsistentL1Error {
  constructor(kind: "message" | "batch", expected: number, actual: number) {
    super(`expected ${kind} ${expected} of the Inbox, got ${actual}: the L1 endpoint kept entries back`);
  }
}

/** The contract counts more entries than the logs up to a block show. */
export class HiddenEntriesError extends InconsistentL1Error {
  readonly expected: InboxCounts;
  readonly actual: InboxCounts;

  constructor(block: L1BlockReference, expected: InboxCounts, actual: InboxCounts) {
    super(
      `the L1 endpoint hides logs: at L1 block ${block.number} the Inbox has ${expected.batches} batches and ` +
        `${expected.messages} messages, its logs show ${actual.batches} and ${actual.messages}`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** Errors that are the same to a reader of the log, by what they are of rather than how they came this time. */
export function reasonOf(error: unknown): string {
  if (error instanceof BlobUnavailableError) return `blobs of L1 block ${error.request.l1BlockNumber}`;
  if (error instanceof HiddenEntriesError) return "hidden logs";
  return errorText(error);
}

/** What the operator can do about an error, if it does not pass by itself. */
export function adviceOn(error: unknown): string {
  if (error instanceof BlobUnavailableError) {
    return "; --l1-beacon-url must name a beacon API that has these blobs (most drop them after about 18 days, some keep all)";
  }
  if (error instanceof HiddenEntriesError) return "; use an L1 endpoint that gives all logs of its chain";
  return "";
}
