import { parentPort } from "node:worker_threads";
import secp256k1 from "secp256k1";
import { REQUEST_RECORD_SIZE, RESPONSE_RECORD_SIZE } from "./sender-recovery-protocol.ts";
import type { RecoveryRequest, RecoveryResponse } from "./sender-recovery-protocol.ts";

parentPort?.on("message", ({ id, records }: RecoveryRequest) => {
  const count = records.length / REQUEST_RECORD_SIZE;
  const publicKeys = new Uint8Array(count * RESPONSE_RECORD_SIZE);
  for (let index = 0; index < count; index++) {
    const record = records.subarray(index * REQUEST_RECORD_SIZE, (index + 1) * REQUEST_RECORD_SIZE);
    try {
      const key = secp256k1.ecdsaRecover(record.subarray(32, 96), record[96] as number, record.subarray(0, 32), false);
      publicKeys.set(key.subarray(1), index * RESPONSE_RECORD_SIZE);
    } catch {
      // Left zero: no point of the curve is (0, 0).
    }
  }
  const response: RecoveryResponse = { id, publicKeys };
  parentPort?.postMessage(response, [publicKeys.buffer]);
});
