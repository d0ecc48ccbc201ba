import type { L1Client } from "../l1/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { DisputeParameters, DisputeState } from "./dispute-state.ts";
import { findSpan } from "./dispute-state.ts";
import { unitRootKey } from "./position.ts";

/** Most wei that may be at stake: bonds that are not back, and fees. */
export interface SpendingLimits {
  /** In one dispute; none if undefined. */
  readonly perDispute?: bigint | undefined;
  /** In all disputes that are not decided; none if undefined. */
  readonly total?: bigint | undefined;
}

/** Wei that an account has at stake in disputes that are not decided, by the parent of their claims. */
export type Stakes = ReadonlyMap<Hash, bigint>;

/** Fees of transactions on L1, in wei. */
export interface FeeReader {
  feeOf(transactionHash: Hash): Promise<bigint>;
}

/** Asks for each once. */
export function createFeeReader(client: Pick<L1Client, "getTransactionReceipt">): FeeReader {
  const known = new Map<Hash, bigint>();
  return {
    async feeOf(hash) {
      const before = known.get(hash);
      if (before !== undefined) return before;
      const { gasUsed, effectiveGasPrice } = await client.getTransactionReceipt({ hash });
      const fee = gasUsed * effectiveGasPrice;
      known.set(hash, fee);
      return fee;
    },
  };
}

/** What an account has at stake, all of it read from L1. A transaction's fee is shared by the moves it made. */
export async function computeStakes(
  state: DisputeState,
  account: Address,
  parameters: Pick<DisputeParameters, "unitBond" | "claimBond">,
  fees: FeeReader,
): Promise<Stakes> {
  const stakes = new Map<Hash, bigint>();
  const add = (parentId: Hash, amount: bigint): void => {
    if (state.winners.has(parentId) || isConfirmed(state, parentId)) return;
    stakes.set(parentId, (stakes.get(parentId) ?? 0n) + amount);
  };
  // A claim without rivals is no dispute.
  const own = state.moves.filter(
    ({ player, parentId }) => player === account && (state.children.get(parentId)?.length ?? 0) > 1,
  );
  const byTransaction = Map.groupBy(own, ({ origin }) => origin.transactionHash);
  for (const [hash, moves] of byTransaction) {
    if (moves.every(({ parentId }) => state.winners.has(parentId) || isConfirmed(state, parentId))) continue;
    const fee = await fees.feeOf(hash);
    for (const { parentId } of moves) add(parentId, fee / BigInt(moves.length));
  }
  for (const { parentId, traces } of state.positions.values()) {
    for (const { traceId, root, unitRoot } of traces) {
      const key = unitRootKey(root, unitRoot);
      const isOut = state.unitWinners.get(traceId) !== key;
      if (isOut && findSpan(state.positions.get(traceId), key)?.player === account) add(parentId, parameters.unitBond);
    }
  }
  for (const { kind, parentId } of own) if (kind === "propose") add(parentId, parameters.claimBond);
  return stakes;
}

function isConfirmed(state: DisputeState, parentId: Hash): boolean {
  return (state.children.get(parentId) ?? []).some((id) => state.claims.get(id)?.status === "confirmed");
}

/** Which limit a further amount of wei in a dispute would exceed, if one. */
export function exceededLimit(
  stakes: Stakes,
  parentId: Hash,
  amount: bigint,
  { perDispute, total }: SpendingLimits,
): { readonly limit: "per-dispute" | "total"; readonly maximum: bigint; readonly required: bigint } | undefined {
  const inDispute = (stakes.get(parentId) ?? 0n) + amount;
  if (perDispute !== undefined && inDispute > perDispute) {
    return { limit: "per-dispute", maximum: perDispute, required: inDispute };
  }
  const inAll = [...stakes.values()].reduce((sum, stake) => sum + stake, amount);
  if (total !== undefined && inAll > total) return { limit: "total", maximum: total, required: inAll };
  return undefined;
}

/** Adds to what is at stake in a dispute. */
export function addStake(stakes: Stakes, parentId: Hash, amount: bigint): Stakes {
  return new Map(stakes).set(parentId, (stakes.get(parentId) ?? 0n) + amount);
}
