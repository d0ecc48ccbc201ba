import { untilMined } from "../../inclusion.ts";
import { defineMethod } from "../../node.ts";
import { bytes } from "../../parameters/scalars.ts";
import { submitTransaction } from "../../submission.ts";

export const sendRawTransaction = defineMethod(
  "eth_sendRawTransaction",
  [bytes],
  async ([raw], node, { signal }) => {
    const hash = await submitTransaction(node.pool, raw);
    await untilMined(hash, node, signal);
    return hash;
  },
  { weight: "waiting" },
);
