import type { L1Client, L1Revert, TransactionManager } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";

export interface ProposerOptions {
  readonly chain: Chain;
  readonly client: L1Client;
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
  /** Whether to get the bonds of confirmed claims back; default true. */
  readonly withdrawBonds?: boolean;
  /** Blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
  /** Seconds between the steps of the loop; default 12. */
  readonly pollingInterval?: number;
}

/** A claim that equals what this node derived. */
export interface OwnClaim {
  readonly claimId: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  /** Batches its state has derived. */
  readonly batchCount: number;
}

/** A claim that this node derived otherwise. */
export interface WrongClaim extends OwnClaim {
  readonly proposer: Address;
  /** What `stateHash` should be. */
  readonly expectedStateHash: Hash;
  /** L1 block of the proposal. */
  readonly blockNumber: number;
}

/** What a step came to. */
export type ProposerStep =
  | { readonly kind: "proposed"; readonly claim: OwnClaim }
  | { readonly kind: "confirming"; readonly claim: OwnClaim }
  | { readonly kind: "withdrawing-bond"; readonly claim: OwnClaim }
  /** An earlier transaction is on its way. */
  | { readonly kind: "waiting-for-transaction"; readonly purpose: string }
  /** A child of the tip needs this many batches, of which this node has derived fewer, or too few are final. */
  | {
      readonly kind: "waiting-for-batches";
      readonly required: number;
      readonly derived: number;
      readonly final: number;
    }
  /** The next claim is due at this L1 timestamp in seconds. */
  | { readonly kind: "not-due"; readonly at: number }
  /** The account cannot pay bond and gas; in wei. */
  | {
      readonly kind: "insufficient-balance";
      readonly account: Address;
      readonly balance: bigint;
      readonly required: bigint;
    };

export type ProposerErrorReason =
  /** The rollup on L1 starts from another genesis than this node. */
  | { readonly kind: "genesis-mismatch"; readonly expected: Hash; readonly actual: Hash }
  /** A claim that equals what this node derived has lost: either the node or the challenge is wrong. */
  | { readonly kind: "claim-lost"; readonly claim: OwnClaim }
  | { readonly kind: "would-revert"; readonly purpose: string; readonly revert: L1Revert };

export class ProposerError extends Error {
  readonly reason: ProposerErrorReason;

  constructor(reason: ProposerErrorReason) {
    super(describe(reason));
    this.name = "ProposerError";
    this.reason = reason;
  }
}

function describe(reason: ProposerErrorReason): string {
  switch (reason.kind) {
    case "genesis-mismatch":
      return `the rollup's genesis claim is ${reason.actual}, this node's is ${reason.expected}`;
    case "claim-lost":
      return `claim ${reason.claim.claimId} equals what this node derived after batch ${reason.claim.batchCount - 1}, but has lost`;
    case "would-revert":
      return `L1 would refuse "${reason.purpose}": ${reason.revert.message}`;
  }
}

/**
 * Extends the chain of claims by the states this node derived, confirms them when their time has passed, and gets their
 * bonds back. What other proposers claim rightly is built upon; what they claim wrongly is reported and not built upon.
 */
export interface Proposer {
  /** One pass; sends at most one transaction. @throws ProposerError; RPC errors. */
  step(): Promise<ProposerStep>;
  /** The last claim that equals what this node derived, as of the last step. */
  tip(): OwnClaim;
  /** Wrong claims seen so far that are not confirmed as lost. */
  wrongClaims(): readonly WrongClaim[];
  /** Called once for each wrong claim found. Returns the unsubscriber. */
  onWrongClaim(listener: (claim: WrongClaim) => void): () => void;
  /** Starts the loop of steps. Errors are logged and retried. */
  start(): void;
  /** Ends the loop after the step under way. */
  stop(): Promise<void>;
}
