import type { Block } from "../../../rollup/index.ts";
import { formatReceipt } from "../../format/receipt.ts";
import { defineMethod, read } from "../../node.ts";
import { bytes, optional, quantity64 } from "../../parameters/scalars.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { submitTransaction } from "../../submission.ts";
import { getTransactionReceipt } from "./get-transaction-receipt.ts";

const DEFAULT_TIMEOUT_MILLISECONDS = 20_000;

/** EIP-7966: submits, and answers with the receipt once a block holds the transaction. */
export const sendRawTransactionSync = defineMethod(
  "eth_sendRawTransactionSync",
  [bytes, optional(quantity64.transform(Number))],
  async ([raw, timeout = DEFAULT_TIMEOUT_MILLISECONDS], node, context) => {
    const { chain, pool, limits, decode } = node;
    const { signal } = context;
    const hash = await submitTransaction(pool, raw, { acceptKnown: true });
    const wait = Math.min(timeout === 0 ? DEFAULT_TIMEOUT_MILLISECONDS : timeout, limits.inclusionTimeout);
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        chain.events.off("block", onBlock);
        settle();
      };
      const onBlock = (block: Block): void => {
        const index = block.transactions.findIndex((transaction) => transaction.hash === hash);
        if (index < 0) return;
        // A receipt that cannot be formatted is this call's failure, not the block's.
        finish(() => resolve(Promise.resolve().then(() => formatReceipt(block, index, decode))));
      };
      const giveUp = (): void =>
        finish(() =>
          reject(
            new RpcError(
              RPC_ERROR.inclusionTimeout,
              `The transaction was added to the transaction pool but wasn't processed in ${wait} ms`,
              hash,
            ),
          ),
        );
      const onAbort = (): void => giveUp();
      const timer = setTimeout(giveUp, wait);
      chain.events.on("block", onBlock);
      signal.addEventListener("abort", onAbort, { once: true });
      if (chain.store.getTransactionLocation(hash) !== undefined)
        finish(() => resolve(read(getTransactionReceipt, [hash], node, context)));
    });
  },
  { weight: "waiting" },
);
