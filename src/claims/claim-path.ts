import type { Claim, ClaimOnL1 } from "./claim.ts";
import type { ClaimReader } from "./claim-reader.ts";
import { countRight } from "./judge.ts";
import type { OwnStates } from "./own-states.ts";
import type { RightClaims } from "./right-claims.ts";

/** Right claims, each the child of the one before. Never empty. */
export type ClaimPath = readonly [Claim, ...Claim[]];

/** The end of a path, as L1 has it. */
export interface PathTip {
  readonly claim: Claim;
  readonly onL1: ClaimOnL1;
}

export function tipOf(path: ClaimPath): Claim {
  return path.at(-1) ?? path[0];
}

export interface FollowOptions {
  readonly reader: Pick<ClaimReader, "read">;
  readonly states: Pick<OwnStates, "genesis" | "isFinal">;
  readonly claims: RightClaims;
  /** Called with the path after each change of it. */
  readonly keep: (path: ClaimPath) => Promise<void> | void;
  /** Called with a claim that L1 knew and does not know any more. */
  readonly onVanished?: (claim: Claim) => void;
}

/**
 * Brings a path up to date:
 *
 * 1. claims that are no longer what this node derives leave it, with all that follow them: a reorg changed the batches;
 * 2. claims that L1 does not know any more leave it: a reorg took them, and with a claim its descendants;
 * 3. it goes on to the last claim that L1 knows. The path ends at a claim that is lost.
 */
export async function followClaims(path: ClaimPath, options: FollowOptions): Promise<PathTip> {
  const { reader, states, claims, keep, onVanished } = options;
  let current = path;
  const change = async (next: readonly Claim[]): Promise<void> => {
    const [first = states.genesis, ...rest] = next;
    current = [first, ...rest];
    await keep(current);
  };
  const right = await countRight(current, claims.isRight, states.isFinal);
  if (right < current.length) await change(current.slice(0, right));

  let onL1 = await reader.read(tipOf(current).claimId);
  while (onL1.status === "unknown" && tipOf(current).claimId !== states.genesis.claimId) {
    onVanished?.(tipOf(current));
    await change(current.slice(0, -1));
    onL1 = await reader.read(tipOf(current).claimId);
  }
  while (onL1.status === "proposed" || onL1.status === "confirmed") {
    const child = await claims.childOf(tipOf(current), onL1.nextBatchCount);
    if (child === undefined) break;
    const childOnL1 = await reader.read(child.claimId);
    if (childOnL1.status === "unknown") break;
    await change([...current, child]);
    onL1 = childOnL1;
  }
  return { claim: tipOf(current), onL1 };
}
