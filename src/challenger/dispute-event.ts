import type { Address, Hash } from "../primitives/index.ts";

/** Where on L1 an event was emitted. */
export interface EventOrigin {
  readonly blockNumber: number;
  readonly logIndex: number;
  /** Of the block, in seconds. */
  readonly timestamp: number;
  readonly transactionHash: Hash;
}

/** What the events of StateCommitmentChain and ChallengeGame say; their interfaces tell what the fields are. Amounts are in wei. */
export type DisputeEvent = { readonly origin: EventOrigin } & (
  | {
      readonly kind: "claim-proposed";
      readonly claimId: Hash;
      readonly parentId: Hash;
      readonly proposer: Address;
      readonly stateHash: Hash;
      readonly traceRoot: Hash;
      readonly batchCount: number;
      readonly nextBatchCount: number;
    }
  | {
      readonly kind: "claim-confirmed" | "claim-forfeited";
      readonly claimId: Hash;
      readonly parentId: Hash;
      readonly stateHash: Hash;
      readonly traceRoot: Hash;
    }
  | { readonly kind: "bond-moved"; readonly from: Hash; readonly to: Hash }
  | { readonly kind: "bond-withdrawn"; readonly claimId: Hash }
  | {
      readonly kind: "claim-bisected";
      readonly parentId: Hash;
      readonly claimId: Hash;
      readonly left: Hash;
      readonly right: Hash;
      readonly player: Address;
    }
  | {
      readonly kind: "bisected";
      readonly position: Hash;
      readonly left: Hash;
      readonly right: Hash;
      readonly player: Address;
    }
  | {
      readonly kind: "opened";
      readonly unit: Hash;
      readonly unitRoot: Hash;
      readonly before: Hash;
      readonly root: Hash;
      readonly player: Address;
    }
  | { readonly kind: "proven"; readonly position: Hash; readonly state: Hash; readonly player: Address }
  | { readonly kind: "proofs-conflict"; readonly position: Hash; readonly state: Hash }
  | { readonly kind: "claim-decided"; readonly parentId: Hash; readonly claimId: Hash; readonly total: number }
  | {
      readonly kind: "unit-decided";
      readonly unit: Hash;
      readonly root: Hash;
      readonly opener: Address;
      readonly total: number;
    }
  | { readonly kind: "total-cached"; readonly position: Hash; readonly root: Hash; readonly total: number }
  | { readonly kind: "bond-lost"; readonly parentId: Hash; readonly amount: bigint }
  | { readonly kind: "credited" | "withdrawn"; readonly account: Address; readonly amount: bigint }
);

/** An event that the contracts cannot have emitted after those before it: L1, or who reads it, does not tell the truth. */
export class ImpossibleEventError extends Error {
  override readonly name = "ImpossibleEventError";
  readonly event: DisputeEvent;

  constructor(event: DisputeEvent, reason: string) {
    const { blockNumber, logIndex } = event.origin;
    super(`impossible event ${event.kind} (L1 block ${blockNumber}, log ${logIndex}): ${reason}`);
    this.event = event;
  }
}
