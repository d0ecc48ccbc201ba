import type { ManagerContext } from "./context.ts";
import { askPending } from "./pending-block.ts";

/** The nonce after `nonces`, and not below the account's own in L1's pending block. */
export function nonceAfter(nonces: readonly number[], pendingNonce: number): number {
  return Math.max(pendingNonce, ...nonces.map((nonce) => nonce + 1));
}

/** The next nonce to give out. Rejects if L1 does not tell the account's own. */
export async function nextNonce({ client, account, book, abis }: ManagerContext): Promise<number> {
  const pending = await askPending(abis, (blockTag) => client.getTransactionCount({ address: account, blockTag }));
  return nonceAfter(
    book.ascending().map(({ nonce }) => nonce),
    pending,
  );
}
