import type { Address, Hash } from "../primitives/index.ts";
import type { EventOrigin } from "./dispute-event.ts";
import type { Halves, Position, RootKey } from "./position.ts";

/** Parameters of disputes; of contracts/l1/types/DisputeParameters.sol. */
export interface DisputeParameters {
  /** Seconds that a claim has to gather. */
  readonly challengePeriod: number;
  /** Seconds that the answer to a move takes at least. */
  readonly minimumResponseTime: number;
  /** Wei. */
  readonly claimBond: bigint;
  /** Wei. */
  readonly unitBond: bigint;
  readonly claimTraceHeight: number;
  readonly unitTraceHeight: number;
}

/** A claim as its events tell it. */
export interface DisputedClaim {
  readonly claimId: Hash;
  /** The zero hash for the genesis claim. */
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  /** Batches its state has derived, and batches those of its children have. */
  readonly batchCount: number;
  readonly nextBatchCount: number;
  readonly proposer: Address;
  /** L1 timestamp in seconds. */
  readonly proposedAt: number;
  readonly status: "proposed" | "confirmed" | "forfeited";
  /** Whether a bond is on it: not once it moved on to a child, was paid back, or was lost. */
  readonly holdsBond: boolean;
}

/** A span, or a proof, as it was recorded at its position. */
export interface Span {
  readonly key: RootKey;
  readonly root: Hash;
  /** Of the whole trace of a unit: the state it ends in. */
  readonly unitRoot: Hash | undefined;
  readonly player: Address;
  /** L1 timestamp in seconds. */
  readonly recordedAt: number;
}

/** Halves with the ids of their positions. */
export interface RecordedHalves extends Halves {
  readonly leftId: Hash;
  readonly rightId: Hash;
}

/** A trace that was opened for a unit; it is a span at `traceId`. */
export interface OpenedTrace {
  readonly unitRoot: Hash;
  readonly root: Hash;
  readonly traceId: Hash;
}

/** What is recorded at a position. */
export interface RecordedPosition {
  readonly id: Hash;
  readonly position: Position;
  /** The dispute it is of: the parent of the claims in it. */
  readonly parentId: Hash;
  /** In the order in which they were recorded. None for the trace roots of claims, which the StateCommitmentChain knows. */
  readonly spans: readonly Span[];
  /** By the root of the span that was bisected. */
  readonly halves: ReadonlyMap<Hash, RecordedHalves>;
  /** Of a unit. */
  readonly traces: readonly OpenedTrace[];
  /** Of a step, in the order in which they were made. */
  readonly proofs: readonly Span[];
}

/** A move of somebody. */
export interface PlayedMove {
  readonly kind: "propose" | "bisect-claim" | "bisect" | "open" | "prove";
  /** The dispute it is of: the parent of the claims in it. */
  readonly parentId: Hash;
  readonly player: Address;
  readonly origin: EventOrigin;
}

/** Two proofs of different states at one position: the prover is not sound. */
export interface ProofConflict {
  readonly parentId: Hash;
  readonly position: Hash;
  readonly origin: EventOrigin;
}

/** All that the events of both contracts tell about claims and disputes, up to one of them. Nothing in it changes. */
export interface DisputeState {
  readonly last: EventOrigin | undefined;
  readonly claims: ReadonlyMap<Hash, DisputedClaim>;
  /** Ids of the children of a claim, in the order in which they were proposed. */
  readonly children: ReadonlyMap<Hash, readonly Hash[]>;
  /** The last claim that was confirmed; undefined before that of genesis is. */
  readonly latestConfirmed: Hash | undefined;
  readonly positions: ReadonlyMap<Hash, RecordedPosition>;
  /** The winner among the children of a claim. */
  readonly winners: ReadonlyMap<Hash, Hash>;
  /** The winner among the traces of a unit, by the position of the whole trace. */
  readonly unitWinners: ReadonlyMap<Hash, RootKey>;
  /** Totals that are stored on L1, in seconds, by `cacheKey`. */
  readonly cached: ReadonlyMap<string, number>;
  /** Wei of bonds lost to the winner among the children of a claim. */
  readonly lostBonds: ReadonlyMap<Hash, bigint>;
  /** Wei that was credited and not withdrawn. What an account put up as bonds out of it is not told. */
  readonly credits: ReadonlyMap<Address, bigint>;
  readonly moves: readonly PlayedMove[];
  readonly conflicts: readonly ProofConflict[];
}

export const EMPTY_DISPUTE_STATE: DisputeState = {
  last: undefined,
  claims: new Map(),
  children: new Map(),
  latestConfirmed: undefined,
  positions: new Map(),
  winners: new Map(),
  unitWinners: new Map(),
  cached: new Map(),
  lostBonds: new Map(),
  credits: new Map(),
  moves: [],
  conflicts: [],
};

export const cacheKey = (positionId: Hash, key: RootKey): string => `${positionId}/${key}`;

/** Children of a claim, in order. */
export function childrenOf({ children, claims }: DisputeState, parentId: Hash): readonly DisputedClaim[] {
  return (children.get(parentId) ?? []).flatMap((id) => claims.get(id) ?? []);
}

/** The span of a root at a position, if it is recorded. */
export function findSpan(recorded: RecordedPosition | undefined, key: RootKey): Span | undefined {
  return recorded?.spans.find((span) => span.key === key);
}
