import { defineMethod } from "../../node.ts";
import { bytes } from "../../parameters/scalars.ts";
import { submitTransaction } from "../../submission.ts";

export const sendRawTransaction = defineMethod(
  "eth_sendRawTransaction",
  [bytes],
  ([raw], { pool }) => submitTransaction(pool, raw),
  { weight: "waiting" },
);
