import { TRANSACTION_LENGTH_SIZE, decodeTransactionLength, isTransactionLength } from "../../batch/index.ts";
import { listingCharge } from "../../rollup/index.ts";
import { newTransactionContext } from "../decoding.ts";
import type { Machine } from "../machine.ts";
import { tellSlice } from "../memory.ts";
import { Phase } from "../phase.ts";
import { endPayload } from "./chain.ts";
import { readContent } from "./inflate.ts";
import { chainOf, nextWithinBlock } from "./next-unit.ts";

/** The first step of a `Transaction` of a chain (docs/machine.md §16): finds it in the payload, if the bucket pays for it. */
export function stepReadTransaction(machine: Machine): void {
  const chain = chainOf(machine);
  const { recorder } = machine;
  machine.skipReason = undefined;
  machine.included = undefined;
  machine.exit = undefined;
  recorder?.chain();

  const lengthSlice = readContent(machine, chain.position, TRANSACTION_LENGTH_SIZE);
  if (lengthSlice === "inflating") return;
  if (lengthSlice === "missing") return endBlockBefore(machine);
  if (recorder !== undefined) tellSlice(recorder, lengthSlice, 0, TRANSACTION_LENGTH_SIZE);
  const length = decodeTransactionLength(lengthSlice.bytes);
  const charge = listingCharge(length);
  if (!isTransactionLength(length) || charge > chain.gasLeft) return endBlockBefore(machine);

  const raw = readContent(machine, chain.position + TRANSACTION_LENGTH_SIZE, length);
  if (raw === "inflating") return;
  if (raw === "missing") return endBlockBefore(machine);
  chain.position += TRANSACTION_LENGTH_SIZE + length;
  chain.transactionsLeft -= 1;
  chain.gasLeft -= charge;
  machine.transaction = newTransactionContext(raw);
  machine.phase = Phase.CountTransaction;
}

/** The payload ends before the transaction, and with it the transactions of the block. */
function endBlockBefore(machine: Machine): void {
  endPayload(chainOf(machine));
  nextWithinBlock(machine);
}
