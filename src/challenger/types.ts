import type { Interval } from "../concurrency/index.ts";
import type { L1Client, TransactionManager } from "../l1/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Alarm } from "./alarms.ts";
import type { DisputeContracts } from "./calls.ts";
import type { DisputeParameters, DisputeState, DisputedClaim } from "./dispute-state.ts";
import type { Judgement } from "./judgement.ts";
import type { DisputeReport } from "./dispute-report.ts";
import type { DisputedSteps } from "./disputed-steps.ts";
import type { DisputeMove } from "./moves.ts";
import type { OwnClaim, OwnClaims } from "./own-claims.ts";
import type { SpendingLimits } from "./spending.ts";

/**
 * Whether moves are made (`play`), only logged (`dry-run`), or not looked for (`watch-only`: claims are judged and alarms raised,
 * for which no key is needed).
 */
export type ChallengerMode = "play" | "dry-run" | "watch-only";

/** Proposes the right child of a claim beside wrong ones. Resolves to whether a transaction was sent, or why not. */
export type ProposeMissing = (
  parent: DisputedClaim,
  child: OwnClaim,
) => Promise<{ readonly kind: "sent" } | { readonly kind: "not-sent"; readonly reason: string }>;

export interface ChallengerOptions {
  readonly client: L1Client;
  readonly contracts: DisputeContracts;
  readonly parameters: DisputeParameters;
  /** L1 block of the rollup's deployment. */
  readonly startBlock: number;
  /** The own judgement; see `createOwnClaims`. */
  readonly own: OwnClaims;
  /** Of the key that plays and puts up bonds. Undefined only with `watch-only`. */
  readonly transactions: TransactionManager | undefined;
  /** Without it a missing right claim is left to others, which is said. */
  readonly proposeMissing?: ProposeMissing | undefined;
  /**
   * Whether the bonds on confirmed claims of the account are taken back; default false: whoever proposes on with its key has them move
   * on to the next claim.
   */
  readonly withdrawsBonds?: boolean;
  /** Default `play`. */
  readonly mode?: ChallengerMode;
  /** Default: none. */
  readonly spendingLimits?: SpendingLimits;
  /** Gas of one call of `play`, at most; default 12,000,000 of the 2^24 that a transaction may have. */
  readonly playGas?: number;
  /** Part of a challenge period, from 0 to 1, below which the time left to a wrong claim is an alarm; default 0.5. */
  readonly shortTime?: number;
  /** Blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
  /** Seconds between the steps of the loop; default 12. */
  readonly pollingInterval?: Interval;
}

/** Why a move that is due is not made. Amounts are in wei. */
export type Withheld =
  | {
      readonly kind: "insufficient-balance";
      readonly account: Address;
      readonly balance: bigint;
      readonly required: bigint;
    }
  | {
      readonly kind: "spending-limit";
      readonly parentId: Hash;
      readonly limit: "per-dispute" | "total";
      readonly maximum: bigint;
      readonly required: bigint;
    }
  /** Nobody proposes the right claim here. */
  | { readonly kind: "right-claim-missing"; readonly parentId: Hash; readonly reason: string }
  /** L1's prover takes a step otherwise than this node's machine, or refuses it (`actual` is then why): one of the two is wrong. */
  | {
      readonly kind: "prover-disagrees";
      readonly parentId: Hash;
      readonly before: Hash;
      readonly own: Hash;
      readonly actual: string;
    }
  /** L1 would refuse it: it changed since it was read, or this node is wrong about it. */
  | { readonly kind: "would-revert"; readonly action: string; readonly revert: string };

/** What a step came to. */
export type ChallengerStep =
  /** Transactions were sent, and something may be withheld. */
  | { readonly kind: "played"; readonly actions: readonly string[]; readonly withheld: readonly Withheld[] }
  /** An earlier transaction is on its way, or L1 was read to before its block. */
  | { readonly kind: "waiting-for-transaction"; readonly purpose: string }
  /** Moves are due, and none can be made. */
  | { readonly kind: "withheld"; readonly withheld: readonly Withheld[] }
  /** What would be played. */
  | { readonly kind: "dry-run"; readonly moves: readonly DisputeMove[] }
  | { readonly kind: "watching" }
  /** No move is due. */
  | { readonly kind: "idle" }
  /** This node has not derived or traced what is claimed. */
  | { readonly kind: "behind" };

/** What a node with a challenger tells of disputes. */
export interface DisputesView {
  /** All of them, the oldest first. */
  report(): readonly DisputeReport[];
  readonly steps: Pick<DisputedSteps, "find">;
}

/**
 * Plays the disputes about the claims of a rollup for the right ones. All it knows comes from L1 and from the chain this node
 * derived, so it goes on after a restart, and with an empty folder.
 */
export interface Challenger {
  /** One pass. @throws RPC errors; ImpossibleEventError and InconsistentL1Error if what L1 gives cannot be. */
  step(): Promise<ChallengerStep>;
  /** As of the last step. */
  state(): DisputeState;
  judgement(): Judgement;
  alarms(): readonly Alarm[];
  /** What keeps this node from being ready: alarms, what it lacks, and that L1 cannot be read. */
  problems(): readonly string[];
  /** Starts the loop of steps. Errors are logged and retried. */
  start(): void;
  /** Ends the loop after the step under way. */
  stop(): Promise<void>;
}
