import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { Claim } from "./claim.ts";

/** What is on disk of a claim, under its position in the path. */
interface ClaimRecordOnDisk {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly batchCount: number;
}

/** A path from the genesis claim on, on disk; the genesis claim itself is not. */
export interface PathRecords {
  load(): readonly Claim[];
  /** Writes in which positions a path differs from what it was. */
  save(before: readonly Claim[], after: readonly Claim[]): Promise<void>;
}

const PREFIX = "claim/";
const keyAt = (position: number): string => `${PREFIX}${String(position).padStart(12, "0")}`;

export function openPathRecords(records: RecordStore): PathRecords {
  return {
    load: () =>
      [...records.entries<ClaimRecordOnDisk>(PREFIX)].map(([, { id, ...claim }]) => ({ claimId: id, ...claim })),
    async save(before, after) {
      const changes: [string, ClaimRecordOnDisk | undefined][] = [];
      for (let position = 1; position < Math.max(before.length, after.length); position++) {
        const claim = after[position];
        if (claim?.claimId === before[position]?.claimId) continue;
        changes.push([keyAt(position), claim === undefined ? undefined : recordOf(claim)]);
      }
      await records.write(changes);
    },
  };
}

function recordOf({ claimId: id, parentId, stateHash, traceRoot, batchCount }: Claim): ClaimRecordOnDisk {
  return { id, parentId, stateHash, traceRoot, batchCount };
}
