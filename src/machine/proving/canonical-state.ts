import { bytesToHex, digestToBytes } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import type { Phase } from "../phase.ts";
import { EMPTY_JOURNAL, putJournal } from "./committed-journal.ts";
import { FIELDS, MACHINE, hashEncoding, newEncoding } from "./encoding.ts";
import { putHash, putNumber } from "./words.ts";

/**
 * H(Machine) of the canonical state between batches, or at the end of a claim (docs/machine.md §16): what contracts compute
 * from the `stateHash` of a claim (specification §6). That of the genesis claim with phase `LoadBatch` is where every chain
 * begins.
 */
export function canonicalStateHash(phase: typeof Phase.LoadBatch | typeof Phase.Halt, stateHash: Hash): Hash {
  const encoding = newEncoding(FIELDS.machine);
  putNumber(encoding, MACHINE.phase, phase);
  putHash(encoding, MACHINE.chain, stateHash);
  putJournal(encoding, MACHINE.journal, EMPTY_JOURNAL);
  return bytesToHex(digestToBytes(hashEncoding(encoding)));
}
