import { defineMethod } from "../../node.ts";
import { bytes } from "../../parameters/scalars.ts";
import { submitTransaction } from "../../submission.ts";

export const sendRawTransaction = defineMethod(
  "eth_sendRawTransaction",
  [bytes],
  async ([raw], { pool, untilMined }, { signal }) => {
    const hash = await submitTransaction(pool, raw);
    await untilMined(hash, signal);
    return hash;
  },
  { weight: "waiting" },
);
