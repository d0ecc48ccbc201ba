import { treeOfTrace } from "../machine/index.ts";
import type { TraceEntries, TraceTree } from "../machine/index.ts";
import { derivedStateAt } from "../node/index.ts";
import { DIGEST_WORDS, bytesToHex, digestFromBytes, hexToBytes, keccak256 } from "../primitives/index.ts";
import { haltHash, loadHash } from "./boundary-states.ts";
import { findClaimUnits, findSameUnits } from "./claim-units.ts";
import type { ClaimUnits, TraceReading } from "./claim-units.ts";
import type { ClaimIdentity, OpenedClaim, TraceCall } from "./trace-protocol.ts";
import { askTree } from "./ask-tree.ts";

/** Trees over the traces of claims. */
export interface ClaimTraces {
  open(range: ClaimIdentity["range"]): OpenedClaim;
  ask(claim: ClaimIdentity, call: TraceCall): unknown;
}

/** Claims whose trees are kept. One takes a quarter of a byte for each unit. */
const KEPT_CLAIMS = 8;

const HASH_SIZE = 32;

export function createClaimTraces(reading: TraceReading): ClaimTraces {
  const kept = new Map<string, TraceTree>();

  function treeOf(units: ClaimUnits): TraceTree {
    const key = JSON.stringify(units.claim);
    const known = kept.get(key);
    kept.delete(key);
    const tree = known ?? buildTree(units, reading);
    kept.set(key, tree);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_CLAIMS && oldest !== undefined) kept.delete(oldest);
    return tree;
  }

  return {
    open(range) {
      const units = findClaimUnits(range, reading);
      const { before, length } = treeOf(units);
      return { claim: units.claim, before, length };
    },
    ask: (claim, call) => askTree(treeOf(findSameUnits(claim, reading)), call),
  };
}

function buildTree(units: ClaimUnits, reading: TraceReading): TraceTree {
  const { database } = reading;
  checkUnits(units, reading);
  const { firstUnit, count, begin, end } = units;
  const halt = digestFromBytes(hexToBytes(haltHash(end)));
  const entries: TraceEntries = {
    length: count + 1,
    read(first, wanted, target) {
      const stored = Math.min(wanted, count - first);
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      if (stored > 0) bytes.set(database.traces.readUnits(firstUnit + first, stored));
      if (stored < wanted) target.set(halt, Math.max(stored, 0) * DIGEST_WORDS);
    },
  };
  return treeOfTrace(loadHash(begin), entries);
}

/** Throws unless what is stored of a claim's batches is what was stored, and ends each of them where the chain does. */
function checkUnits({ claim: { range } }: ClaimUnits, { config, database }: TraceReading): void {
  const { chain, traces } = database;
  for (let batch = range.fromBatch; batch < range.toBatch; batch++) {
    const traced = traces.getBatch(batch);
    const end = derivedStateAt(batch + 1, { config, store: chain });
    if (traced === undefined || end === undefined) throw new Error(`corrupt database: batch ${batch} is missing`);
    const hashes = traces.readUnits(traced.firstUnit, traced.unitCount);
    if (keccak256(hashes) !== traced.checksum || bytesToHex(hashes.subarray(-HASH_SIZE)) !== loadHash(end)) {
      throw new Error(`corrupt database: the units of batch ${batch} are not what was traced`);
    }
  }
}
