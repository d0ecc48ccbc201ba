import type { RecordStore } from "../storage/index.ts";
import type { ProposedClaim, WrongClaim } from "./claim.ts";
import { judgeProposals } from "./judge.ts";
import type { StateHashAt } from "./judge.ts";
import type { ProposalReader } from "./proposal-log.ts";

/** Looks at every claim that is proposed, and finds the wrong ones. */
export interface ClaimWatch {
  /**
   * Reads the claims proposed up to an L1 block, and judges those this node can judge, again after an L1 reorg. Rejects if
   * L1 gives no logs; what was judged until then stays.
   */
  scan(l1Number: number): Promise<void>;
  /** Those seen so far. */
  wrongClaims(): readonly WrongClaim[];
}

export interface ClaimWatchOptions {
  readonly readProposals: ProposalReader;
  readonly stateHashAt: StateHashAt;
  /** L1 block of the rollup's deployment. */
  readonly startBlock: number;
  readonly records: RecordStore;
  /** Called once for each wrong claim. */
  readonly onWrong: (claim: WrongClaim) => void;
}

/** How far the events are read, and what could not be judged so far: what is on disk. */
interface Scan {
  readonly nextBlock: number;
  readonly undecided: readonly ProposedClaim[];
  readonly wrong: readonly WrongClaim[];
}

const SCAN_KEY = "scan";

/** L1 blocks read again by every scan, since a reorg may have put other claims there. */
const SCAN_OVERLAP = 128;

export function createClaimWatch(options: ClaimWatchOptions): ClaimWatch {
  const { readProposals, stateHashAt, startBlock, records, onWrong } = options;
  let scan: Scan = records.get<Scan>(SCAN_KEY) ?? { nextBlock: startBlock, undecided: [], wrong: [] };

  /** Judges claims seen now and before, and saves that the events before `nextBlock` are read. */
  async function judge(seen: readonly ProposedClaim[], nextBlock: number): Promise<void> {
    const known = new Set(scan.wrong.map(({ claimId }) => claimId));
    const next = { nextBlock, ...judgeProposals([...scan.undecided, ...scan.wrong, ...seen], stateHashAt) };
    await records.put(SCAN_KEY, next);
    scan = next;
    for (const claim of next.wrong) if (!known.has(claim.claimId)) onWrong(claim);
  }

  return {
    async scan(l1Number) {
      let fromBlock = Math.max(startBlock, Math.min(scan.nextBlock, l1Number + 1) - SCAN_OVERLAP);
      // At least once, since what was seen before may be judged by now.
      do {
        const { last, claims } =
          fromBlock > l1Number ? { last: l1Number, claims: [] } : await readProposals(fromBlock, l1Number);
        fromBlock = last + 1;
        await judge(claims, fromBlock);
      } while (fromBlock <= l1Number);
    },
    wrongClaims: () => scan.wrong,
  };
}
