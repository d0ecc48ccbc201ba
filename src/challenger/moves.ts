import type { Address, Hash } from "../primitives/index.ts";
import type { DisputedClaim } from "./dispute-state.ts";
import type { Halves, Position } from "./position.ts";
import type { SpanReference, TreeNode } from "./totals.ts";

/** Shows the state before a position; of contracts/l1/types/Move.sol. */
export interface StateBefore {
  readonly state: Hash;
  readonly prefix: Hash;
  readonly siblings: readonly Hash[];
}

/** What a claim says, as the contracts take it. */
export type ClaimBody = Pick<DisputedClaim, "parentId" | "stateHash" | "traceRoot">;

/** A trace of a unit: the position of the unit, the states after and before it, and the root. */
export interface UnitTraceReference {
  readonly unit: Position;
  readonly unitRoot: Hash;
  readonly before: Hash;
  readonly root: Hash;
}

/** A move that is due. `parentId` names the dispute it is of. */
export type DisputeMove =
  /** The right claim is missing among the children of `parent`. */
  | { readonly kind: "propose"; readonly parentId: Hash; readonly parent: DisputedClaim }
  | {
      readonly kind: "bisect-claim";
      readonly parentId: Hash;
      readonly parent: ClaimBody;
      readonly claim: ClaimBody;
      readonly halves: Halves;
    }
  | {
      readonly kind: "bisect";
      readonly parentId: Hash;
      readonly position: Position;
      readonly unitRoot: Hash | undefined;
      readonly halves: Halves;
    }
  | {
      readonly kind: "open";
      readonly parentId: Hash;
      readonly position: Position;
      readonly unitRoot: Hash;
      readonly before: StateBefore;
      readonly siblings: readonly Hash[];
    }
  /** Its witness is made when it is sent. */
  | {
      readonly kind: "prove";
      readonly parentId: Hash;
      readonly unit: Position;
      readonly position: Position;
      readonly before: StateBefore;
    }
  | {
      readonly kind: "cache";
      readonly parentId: Hash;
      readonly position: Position;
      readonly span: SpanReference;
      readonly tree: readonly TreeNode[];
    }
  | {
      readonly kind: "decide" | "collect";
      readonly parentId: Hash;
      readonly parent: ClaimBody;
      readonly claim: ClaimBody;
      readonly tree: readonly TreeNode[];
    }
  | {
      readonly kind: "decide-unit" | "collect-unit";
      readonly parentId: Hash;
      readonly trace: UnitTraceReference;
      readonly tree: readonly TreeNode[];
    }
  | { readonly kind: "confirm" | "forfeit"; readonly parentId: Hash; readonly claim: ClaimBody }
  /** The bond on a confirmed claim goes back to who proposed it. */
  | { readonly kind: "withdraw-bond"; readonly parentId: Hash; readonly claimId: Hash }
  | { readonly kind: "withdraw"; readonly account: Address };

export type MoveOf<Kind extends DisputeMove["kind"]> = Extract<DisputeMove, { readonly kind: Kind }>;
