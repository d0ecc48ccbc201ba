import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { ProposedClaim, WrongClaim } from "./claim.ts";
import { judgeClaim } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import type { OwnStates } from "./own-states.ts";
import type { OwnTraces } from "./own-traces.ts";
import type { ProposalLog } from "./proposal-log.ts";

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
  readonly log: ProposalLog;
  readonly states: Pick<OwnStates, "genesis" | "stateHashAt">;
  readonly traces: Pick<OwnTraces, "rootOf">;
  /** The Inbox's: what was judged holds as long as L1 takes nothing back. */
  readonly rewindCount: () => number;
  readonly records: RecordStore;
  /** Called once for each wrong claim. */
  readonly onWrong: (claim: WrongClaim) => void;
}

/** What could not be judged so far, and what was found wrong: what is on disk. */
interface Judgement {
  readonly undecided: readonly ProposedClaim[];
  readonly wrong: readonly WrongClaim[];
}

const JUDGEMENT_KEY = "judgement";

export function createClaimWatch({
  log,
  states,
  traces,
  rewindCount,
  records,
  onWrong,
}: ClaimWatchOptions): ClaimWatch {
  let judgement: Judgement = records.get<Judgement>(JUDGEMENT_KEY) ?? { undecided: [], wrong: [] };
  /** Those judged right or wrong since this rewind: to judge all again each time would cost more than it costs to propose them. */
  let judged: { readonly rewindCount: number; readonly claims: Set<Hash> } | undefined;

  /** A claim is held against the batches it covers, whatever its parent says of those before: that is judged by itself. */
  async function judge(claim: ProposedClaim): Promise<Verdict> {
    const { parentId, batchCount: toBatch } = claim;
    const stateHash = states.stateHashAt(toBatch);
    const { genesis } = states;
    const fromBatch = parentId === genesis.claimId ? genesis.batchCount : log.get(parentId)?.batchCount;
    const traceRoot =
      stateHash !== claim.stateHash || fromBatch === undefined
        ? undefined
        : await traces.rootOf({ fromBatch, toBatch });
    return judgeClaim(claim, { stateHash, traceRoot });
  }

  /** Judges claims seen now and before, each once, and saves what came of it. */
  async function judgeAll(seen: readonly ProposedClaim[]): Promise<void> {
    if (judged?.rewindCount !== rewindCount()) judged = { rewindCount: rewindCount(), claims: new Set() };
    const { claims: settled } = judged;
    const known = new Map(judgement.wrong.map((claim) => [claim.claimId, claim]));
    const all = new Map([...judgement.undecided, ...judgement.wrong, ...seen].map((found) => [found.claimId, found]));
    const undecided: ProposedClaim[] = [];
    const wrong: WrongClaim[] = [];
    for (const claim of all.values()) {
      const before = known.get(claim.claimId);
      if (settled.has(claim.claimId)) {
        if (before !== undefined) wrong.push(before);
        continue;
      }
      const verdict = await judge(claim);
      if (verdict.kind === "undecided") undecided.push(claim);
      else settled.add(claim.claimId);
      if (verdict.kind === "wrong") {
        const { expectedStateHash, expectedTraceRoot } = verdict;
        wrong.push({ ...claim, expectedStateHash, expectedTraceRoot });
      }
    }
    const next = { undecided, wrong };
    if (!isSame(next, judgement)) await records.put(JUDGEMENT_KEY, next);
    judgement = next;
    for (const claim of wrong) if (!known.has(claim.claimId)) onWrong(claim);
  }

  return {
    scan: (l1Number) => log.read(l1Number, judgeAll),
    wrongClaims: () => judgement.wrong,
  };
}

function isSame(left: Judgement, right: Judgement): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
