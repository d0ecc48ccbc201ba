import { createRecord } from "../../src/l1/transactions/record.ts";
import type { Attempt, TransactionRecord } from "../../src/l1/transactions/record.ts";
import type { Hash } from "../../src/primitives/index.ts";

/** A hash that is told from others by a number. */
export const testHash = (number: number): Hash => `0x${number.toString(16).padStart(64, "0")}`;

export function testAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    hash: testHash(1),
    signed: "0x02",
    cancellation: false,
    maxFeePerGas: "100",
    maxPriorityFeePerGas: "10",
    maxFeePerBlobGas: undefined,
    createdAt: 0,
    ...fields,
  };
}

export function testRecord(fields: Partial<TransactionRecord> = {}): TransactionRecord {
  return {
    ...createRecord({
      purpose: `deed ${fields.nonce ?? 0}`,
      nonce: 0,
      to: "0x00000000000000000000000000000000000000aa",
      data: "0x",
      value: "7",
      gasLimit: "21000",
      blobVersionedHashes: [],
    }),
    ...fields,
  };
}
