import { TRANSACTION_LENGTH_SIZE, decodeTransactionLength, isTransactionLength } from "../../batch/index.ts";
import type { PayloadContent } from "../../batch/index.ts";
import { listingCharge } from "../../rollup/index.ts";
import { newTransactionContext, rawSlice } from "../decoding.ts";
import type { Machine } from "../machine.ts";
import { tellSlice } from "../memory.ts";
import { Phase } from "../phase.ts";
import type { Slice } from "../slice.ts";
import { endPayload } from "./chain.ts";
import type { BatchProgress } from "./chain.ts";
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

  const raw = listTransaction<"inflating">(chain, (position, length, isTransaction) => {
    const read = readContent(machine, position, length);
    if (typeof read === "object" && !isTransaction && recorder !== undefined) tellSlice(recorder, read, 0, length);
    return read;
  });
  if (raw === "inflating") return;
  if (raw === undefined) return nextWithinBlock(machine);
  machine.transaction = newTransactionContext(raw);
  machine.phase = Phase.CountTransaction;
}

/**
 * The transaction that comes next in the payload, for which the bucket then has paid its charge; undefined if there is none or
 * it does not pay, at which the payload ends. "inflating" if `read` says so, which then is all that has happened.
 * @param read gives bytes of the content: the three of a length, then those of a transaction
 */
export function listTransaction<Pause extends "inflating">(
  chain: BatchProgress,
  read: (position: number, length: number, isTransaction: boolean) => Slice | "missing" | Pause,
): Slice | undefined | Pause {
  const lengthBytes = read(chain.position, TRANSACTION_LENGTH_SIZE, false);
  if (isPaused(lengthBytes)) return lengthBytes;
  const length = lengthBytes === "missing" ? 0 : decodeTransactionLength(lengthBytes.bytes);
  const charge = listingCharge(length);
  const isListed = isTransactionLength(length) && charge <= chain.gasLeft;
  const raw = isListed ? read(chain.position + TRANSACTION_LENGTH_SIZE, length, true) : "missing";
  if (raw === "missing") {
    endPayload(chain);
    return undefined;
  }
  if (isPaused(raw)) return raw;
  chain.position += TRANSACTION_LENGTH_SIZE + length;
  chain.transactionsLeft -= 1;
  chain.gasLeft -= charge;
  return raw;
}

/** Content that is there at once, as `readBlockHead` and `listTransaction` read it. */
export function readersOf({ read }: PayloadContent) {
  const readBytes = (position: number, length: number) => read(position, length) ?? "missing";
  return {
    readBytes,
    readSlice: (position: number, length: number) => {
      const bytes = readBytes(position, length);
      return bytes === "missing" ? bytes : rawSlice(bytes);
    },
  };
}

function isPaused<Pause extends "inflating">(read: Slice | "missing" | Pause): read is Pause {
  return read === "inflating";
}
