import { encodeFunctionData } from "viem";
import type { ClaimedState } from "../../src/claims/index.ts";
import { stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { L1Client } from "../../src/l1/index.ts";
import { ZERO_HASH, hexToBytes } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";

/** A call that proposes any state at all by any trace, bound to the L1 block before the latest. */
export async function encodeProposal(
  client: L1Client,
  parentId: Hash,
  state: ClaimedState,
  siblings: readonly Hash[] = Array.from({ length: 32 }, () => ZERO_HASH),
): Promise<Uint8Array> {
  const head = await client.getBlock({ blockTag: "latest" });
  const opened = { ...state, batchCount: BigInt(state.batchCount), messageCount: BigInt(state.messageCount) };
  return hexToBytes(
    encodeFunctionData({
      abi: stateCommitmentChainAbi,
      functionName: "propose",
      args: [parentId, opened, siblings, head.number - 1n, head.parentHash],
    }),
  );
}
