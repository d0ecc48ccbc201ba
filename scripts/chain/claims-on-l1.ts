import type { PublicClient } from "viem";
import { stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";

/** A claim with its parent, as L1 tells them. */
export interface ClaimWithParent {
  readonly parentStateHash: Hash;
  readonly stateHash: Hash;
  /** Batches before those it covers, and up to their end. */
  readonly fromBatch: number;
  readonly toBatch: number;
}

/** The claims that were proposed, from the first on. Throws if they are no single path. */
export async function readClaims(l1: PublicClient, address: Address): Promise<readonly ClaimWithParent[]> {
  const logs = { address, abi: stateCommitmentChainAbi, fromBlock: 0n, strict: true } as const;
  const [confirmed, proposed] = await Promise.all([
    l1.getContractEvents({ ...logs, eventName: "ClaimConfirmed" }),
    l1.getContractEvents({ ...logs, eventName: "ClaimProposed" }),
  ]);
  const genesis = confirmed[0]?.args;
  if (genesis === undefined || BigInt(genesis.parentId) !== 0n) throw new Error("expected the genesis claim on L1");
  let parent = { claimId: genesis.claimId, stateHash: genesis.stateHash, batchCount: 0n };
  return proposed.map(({ args: claim }) => {
    if (claim.parentId !== parent.claimId)
      throw new Error(`expected a child of ${parent.claimId}, got ${claim.claimId}`);
    const [fromBatch, toBatch] = [Number(parent.batchCount), Number(claim.batchCount)];
    const { stateHash: parentStateHash } = parent;
    parent = claim;
    return { parentStateHash, stateHash: claim.stateHash, fromBatch, toBatch };
  });
}
