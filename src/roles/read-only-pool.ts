import { EventEmitter } from "node:events";
import type { TransactionPool } from "../node/index.ts";

/** The pool of a node that knows no sequencer: it refuses transactions, and holds none. */
export function createReadOnlyPool(): TransactionPool {
  return {
    submit: () =>
      Promise.resolve({
        kind: "rejected",
        reason: {
          kind: "invalid",
          message: "this node takes no transactions: it was started without a sequencer's URL",
        },
      }),
    get: () => undefined,
    pendingNonce: () => undefined,
    content: () => ({ pending: [], queued: [] }),
    events: new EventEmitter(),
  };
}
