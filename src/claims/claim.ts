import type { Address, Hash } from "../primitives/index.ts";

/** A claim on L1 (specification §6). Its id commits to its state and trace and, by its parent's, to those of all its ancestors. */
export interface Claim {
  readonly claimId: Hash;
  /** The zero hash for the genesis claim. */
  readonly parentId: Hash;
  readonly stateHash: Hash;
  /** Root over the boundary states after its units (docs/machine.md §12); the zero hash for the genesis claim. */
  readonly traceRoot: Hash;
  /** Batches its state has derived. */
  readonly batchCount: number;
}

/** What the StateCommitmentChain keeps of a claim. */
export interface ClaimOnL1 {
  /** Owner of the bond on the claim; the zero address once that is gone, or has moved on to a child. */
  readonly proposer: Address;
  /** L1 timestamp in seconds; 0 for the genesis claim. */
  readonly proposedAt: number;
  /** Batches that a child's state has derived. */
  readonly nextBatchCount: number;
  readonly status: "unknown" | "proposed" | "confirmed" | "forfeited";
  readonly children: "none" | "single" | "rivals" | "decided";
}

/** A claim as its event on L1 tells it. */
export interface ProposedClaim extends Claim {
  /** Who proposed it, wherever the bond is. */
  readonly proposer: Address;
  /** L1 block of the proposal. */
  readonly blockNumber: number;
}

/** A claim that this node derived otherwise. */
export interface WrongClaim extends ProposedClaim {
  /** What `stateHash` should be: it may be that. */
  readonly expectedStateHash: Hash;
  /** What `traceRoot` should be; undefined where the state is wrong, which is enough. */
  readonly expectedTraceRoot: Hash | undefined;
}
