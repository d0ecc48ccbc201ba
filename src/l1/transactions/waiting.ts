import { currentStatus } from "./context.ts";
import type { ManagerContext } from "./context.ts";
import { L1TransactionError } from "./errors.ts";
import type { L1TransactionStatus } from "./status.ts";

/** Resolves once a transaction is mined, or confirmed; see `TransactionManager.wait`. */
export function waitForTransaction(
  context: ManagerContext,
  purpose: string,
  { confirmed = false, signal }: { readonly confirmed?: boolean; readonly signal?: AbortSignal },
): Promise<L1TransactionStatus> {
  const { book, events } = context;
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      events.off("changed", check);
      signal?.removeEventListener("abort", abort);
      action();
    };
    const abort = (): void =>
      settle(() => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted")));
    const check = (): void => {
      const record = book.find(purpose);
      if (record === undefined) {
        settle(() => reject(new L1TransactionError({ kind: "unknown-purpose", purpose })));
        return;
      }
      const status = currentStatus(context, record);
      if (status.kind !== "pending" && (!confirmed || status.confirmed)) settle(() => resolve(status));
    };
    events.on("changed", check);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    else check();
  });
}
