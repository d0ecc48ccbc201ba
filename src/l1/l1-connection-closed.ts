/** What requests end with that were under way when the connection to L1 was closed, or came after that. */
export class L1ConnectionClosedError extends Error {
  override readonly name = "L1ConnectionClosedError";

  constructor() {
    super("the connection to L1 is closed");
  }
}

/**
 * Whether an error, or a cause of it, is that the connection to L1 was closed. That is how a node begins to stop, so what
 * asks L1 in a loop ends silently.
 */
export function isConnectionClosed(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (link instanceof L1ConnectionClosedError) return true;
  }
  return false;
}
