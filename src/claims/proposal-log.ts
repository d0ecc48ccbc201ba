import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { ProposedClaim } from "./claim.ts";
import type { ProposalReader } from "./proposal-reader.ts";

/**
 * All claims that were ever seen proposed. One that an L1 reorg took stays: its id commits to what it says, and L1 does not know
 * it any more.
 */
export interface ProposalLog {
  /**
   * Reads the claims proposed up to an L1 block, and hands them over range by range, at least once. What was handed over is read
   * again if `take` rejects, or the process is killed meanwhile. Rejects if L1 gives no logs.
   */
  read(l1Number: number, take: (claims: readonly ProposedClaim[]) => Promise<void>): Promise<void>;
  get(claimId: Hash): ProposedClaim | undefined;
  childrenOf(parentId: Hash): readonly ProposedClaim[];
}

export interface ProposalLogOptions {
  readonly readProposals: ProposalReader;
  /** L1 block of the rollup's deployment. */
  readonly startBlock: number;
  readonly records: RecordStore;
}

/** L1 blocks read again every time, since a reorg may have put other claims there. */
const OVERLAP = 128;

const NEXT_BLOCK_KEY = "proposals/next-block";
const keyOf = (claimId: Hash): string => `proposals/by-id/${claimId}`;
const childPrefix = (parentId: Hash): string => `proposals/by-parent/${parentId}/`;

export function createProposalLog({ readProposals, startBlock, records }: ProposalLogOptions): ProposalLog {
  return {
    async read(l1Number, take) {
      const next = records.get<number>(NEXT_BLOCK_KEY) ?? startBlock;
      let fromBlock = Math.max(startBlock, Math.min(next, l1Number + 1) - OVERLAP);
      do {
        const { last, claims } =
          fromBlock > l1Number ? { last: l1Number, claims: [] } : await readProposals(fromBlock, l1Number);
        fromBlock = last + 1;
        const added = claims.filter(({ claimId, blockNumber }) => {
          const known = records.get<ProposedClaim>(keyOf(claimId));
          return known?.blockNumber !== blockNumber;
        });
        await records.write(
          added.flatMap((claim): [string, unknown][] => [
            [keyOf(claim.claimId), claim],
            [childPrefix(claim.parentId) + claim.claimId, claim],
          ]),
        );
        await take(claims);
        if (records.get(NEXT_BLOCK_KEY) !== fromBlock) await records.put(NEXT_BLOCK_KEY, fromBlock);
      } while (fromBlock <= l1Number);
    },
    get: (claimId) => records.get<ProposedClaim>(keyOf(claimId)),
    childrenOf: (parentId) => [...records.entries<ProposedClaim>(childPrefix(parentId))].map(([, claim]) => claim),
  };
}
