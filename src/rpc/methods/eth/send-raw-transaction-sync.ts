import { formatReceipt } from "../../format/receipt.ts";
import { untilIncluded } from "../../inclusion.ts";
import { defineMethod } from "../../node.ts";
import { bytes, optional, quantity64 } from "../../parameters/scalars.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { submitTransaction } from "../../submission.ts";

const DEFAULT_TIMEOUT_MILLISECONDS = 20_000;

/** EIP-7966: submits, and answers with the receipt once a block holds the transaction. */
export const sendRawTransactionSync = defineMethod(
  "eth_sendRawTransactionSync",
  [bytes, optional(quantity64.transform(Number))],
  async ([raw, timeout = DEFAULT_TIMEOUT_MILLISECONDS], node, { signal }) => {
    const { pool, limits, decode } = node;
    const hash = await submitTransaction(pool, raw, { acceptKnown: true });
    const wait = Math.min(timeout === 0 ? DEFAULT_TIMEOUT_MILLISECONDS : timeout, limits.inclusionTimeout);
    const inclusion = await untilIncluded(hash, node, wait, signal);
    if (inclusion !== undefined) return formatReceipt(inclusion.block, inclusion.index, decode);
    throw new RpcError(
      RPC_ERROR.inclusionTimeout,
      `The transaction was added to the transaction pool but wasn't processed in ${wait} ms`,
      hash,
    );
  },
  { weight: "waiting" },
);
