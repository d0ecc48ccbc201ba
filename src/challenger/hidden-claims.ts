import { InconsistentL1Error, isConnectionClosed, stateCommitmentChainAbi } from "../l1/index.ts";
import type { L1Block, L1Client } from "../l1/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { DisputeState } from "./dispute-state.ts";

/** Compares what the logs say of claims with what the contract says: an endpoint that hides a claim would have it confirmed. */
export interface HiddenClaims {
  /**
   * Looks at the last confirmed claim, on which the next is confirmed, and at one of those that are not decided, another at each
   * look. @param head what the logs were read up to @throws InconsistentL1Error
   */
  check(state: DisputeState, head: L1Block): Promise<void>;
}

/** `Children` of the contract, by their numbers: none, one, more, and more or one of which one is confirmed. */
const FEWEST_CHILDREN = [0, 1, 2, 1];

export function createHiddenClaims(client: L1Client, address: Address): HiddenClaims {
  let turn = 0;

  async function checkChildren(state: DisputeState, claimId: Hash, { number }: L1Block): Promise<void> {
    const call = { address, abi: stateCommitmentChainAbi, functionName: "claim", args: [claimId] } as const;
    const claim = await client.readContract({ ...call, blockNumber: BigInt(number) }).catch((error: unknown) => {
      if (isConnectionClosed(error)) throw error;
      // An endpoint that answers nothing of this block cannot be compared with.
      return undefined;
    });
    const expected = FEWEST_CHILDREN[claim?.children ?? 0] ?? 0;
    const known = state.children.get(claimId)?.length ?? 0;
    if (known >= expected) return;
    throw new InconsistentL1Error(
      `the contract has at least ${expected} claims on ${claimId} at L1 block ${number}, the logs tell of ${known}`,
    );
  }

  return {
    async check(state, head) {
      if (state.latestConfirmed === undefined) throw new InconsistentL1Error("the logs tell of no genesis claim");
      await checkChildren(state, state.latestConfirmed, head);
      const pending = [...state.claims.values()].filter(({ status }) => status === "proposed");
      const next = pending[turn++ % Math.max(1, pending.length)];
      if (next !== undefined) await checkChildren(state, next.claimId, head);
    },
  };
}
