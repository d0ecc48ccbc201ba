import type { Claim, WrongClaim } from "../claims/index.ts";
import type { Interval } from "../concurrency/index.ts";
import type { L1Client, L1Revert, TransactionManager } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { TraceProvider } from "../traces/index.ts";

export interface ProposerOptions {
  readonly chain: Chain;
  readonly client: L1Client;
  /** The traces that the node follows with: a claim commits to its own. */
  readonly traces: Pick<TraceProvider, "openClaim">;
  /** Of the key that puts up bonds. */
  readonly transactions: TransactionManager;
  /** A namespace of its own. */
  readonly records: RecordStore;
  /** Least seconds of L1 time between a claim and its child; default 3,600. */
  readonly interval?: number;
  /**
   * How certain a claimed batch must be: in a final L1 block as the node's head `finalized` has it (default), or under
   * this many L1 blocks, counting its own.
   */
  readonly depth?: "finalized" | number;
  /**
   * Whether to propose nothing more, and to get the bond of the last claim back once it is confirmed; default false: that
   * bond waits for the next claim, onto which it moves.
   */
  readonly retiring?: boolean;
  /**
   * Whether to propose only where somebody else has proposed a wrong claim and the right one is missing, at once, and to get the
   * bond back as when retiring; default false.
   */
  readonly answersOnly?: boolean;
  /** Blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
  /** Seconds between the steps of the loop; default 12. */
  readonly pollingInterval?: Interval;
}

/** What a step came to. */
export type ProposerStep =
  | { readonly kind: "proposed"; readonly claim: Claim }
  | { readonly kind: "confirming"; readonly claim: Claim }
  | { readonly kind: "withdrawing-bond"; readonly claim: Claim }
  /** An earlier transaction is on its way. */
  | { readonly kind: "waiting-for-transaction"; readonly purpose: string }
  /** A child of the tip needs this many batches, of which this node has derived fewer, or too few are final. */
  | {
      readonly kind: "waiting-for-batches";
      readonly required: number;
      readonly derived: number;
      readonly final: number;
    }
  /** The trace of the next claim, up to this many batches, is not made yet, or has changed: the next step looks again. */
  | { readonly kind: "waiting-for-traces"; readonly required: number }
  /** L1 has not shown a block that a claim could be bound to; the next step looks again. */
  | { readonly kind: "waiting-for-l1"; readonly reason: string }
  /** L1 is not as it was when it was read, so it would refuse the claim; the next step reads it again. */
  | { readonly kind: "overtaken"; readonly revert: L1Revert }
  /** No wrong claim stands without the right one beside it. */
  | { readonly kind: "nothing-to-answer" }
  /** Nothing is proposed any more; what is proposed waits to be confirmed, if it is not. */
  | { readonly kind: "retiring" }
  /** The next claim is due at this L1 timestamp in seconds. */
  | { readonly kind: "not-due"; readonly at: number }
  /** The account cannot pay gas, and the bond where none moves on; in wei. */
  | {
      readonly kind: "insufficient-balance";
      readonly account: Address;
      readonly balance: bigint;
      readonly required: bigint;
    };

/**
 * Extends the chain of claims by the states this node derived and their traces, each bound to the L1 block it was derived at, and confirms
 * them when their time has passed. One bond moves on from claim to claim; where another's claim follows its own, it gets
 * the bond back. What other proposers claim rightly is built upon; what they claim wrongly is reported and not built upon.
 */
export interface Proposer {
  /** One pass; sends at most one transaction. @throws ProposerError; RPC errors. */
  step(): Promise<ProposerStep>;
  /** The last claim that equals what this node derived, as of the last step. */
  tip(): Claim;
  /** Wrong claims seen so far that are not confirmed as lost. */
  wrongClaims(): readonly WrongClaim[];
  /** What keeps it from going on, in words, if it has for a minute. */
  problems(): readonly string[];
  /** Called once for each wrong claim found. Returns the unsubscriber. */
  onWrongClaim(listener: (claim: WrongClaim) => void): () => void;
  /** Starts the loop of steps. Errors are logged and retried. */
  start(): void;
  /** Ends the loop after the step under way. */
  stop(): Promise<void>;
}
