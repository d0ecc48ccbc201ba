import { bytesToHex } from "../../../primitives/index.ts";
import { encodeHeader } from "../../../rollup/index.ts";
import { requireSummary } from "../../chain-view.ts";
import { answeredBefore, defineMethod, defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { hash } from "../../parameters/scalars.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { findRawTransaction } from "../../raw-transaction.ts";

// The encodings Ethereum and this chain share. A block's body and its receipts have none: their roots commit to hashes
// (specification §4).

export const getRawHeader = defineMethod("debug_getRawHeader", [blockParameter], ([block], { chain }) =>
  bytesToHex(encodeHeader(requireSummary(chain, block).header)),
);

export const getRawTransaction = defineReadingMethod("debug_getRawTransaction", [hash], ([wanted], { chain }) => {
  const raw = findRawTransaction(chain, wanted);
  if (raw === undefined)
    throw new RpcError(RPC_ERROR.notFound, `transaction not found, or a deposit, which has no raw form: ${wanted}`);
  return bytesToHex(raw);
});

export const debugRawPooledTransaction = answeredBefore(getRawTransaction, [hash], ([wanted], { pool }) => {
  const pooled = pool.get(wanted);
  return pooled && bytesToHex(pooled.raw);
});
