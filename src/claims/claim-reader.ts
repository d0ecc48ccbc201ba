import { challengeGameAbi, stateCommitmentChainAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { ClaimOnL1 } from "./claim.ts";

/** Asks the StateCommitmentChain and its game, as of the latest L1 block. */
export interface ClaimReader {
  read(claimId: Hash): Promise<ClaimOnL1>;
  genesisClaim(): Promise<Hash>;
  /** The claim confirmed last: the end of the confirmed path. */
  latestConfirmed(): Promise<Hash>;
  /** Which child of a claim has won in the challenge game; the zero hash if it is not decided. */
  winner(parentId: Hash): Promise<Hash>;
}

/** `ClaimStatus` and `Children` of the contract, by their numbers. */
const STATUSES = ["unknown", "proposed", "confirmed", "forfeited"] as const;
const CHILDREN = ["none", "single", "rivals", "decided"] as const;

export function createClaimReader(
  client: L1Client,
  contracts: Pick<RollupConfig["contracts"], "stateCommitmentChain" | "challengeGame">,
): ClaimReader {
  const contract = { address: contracts.stateCommitmentChain, abi: stateCommitmentChainAbi } as const;
  return {
    async read(claimId) {
      const claim = await client.readContract({ ...contract, functionName: "claim", args: [claimId] });
      return {
        proposer: toAddress(claim.proposer),
        proposedAt: Number(claim.proposedAt),
        nextBatchCount: Number(claim.nextBatchCount),
        status: nameOf(STATUSES, claim.status),
        children: nameOf(CHILDREN, claim.children),
      };
    },
    genesisClaim: () => client.readContract({ ...contract, functionName: "GENESIS_CLAIM" }),
    latestConfirmed: () => client.readContract({ ...contract, functionName: "latestConfirmed" }),
    winner: (parentId) =>
      client.readContract({
        address: contracts.challengeGame,
        abi: challengeGameAbi,
        functionName: "winner",
        args: [parentId],
      }),
  };
}

function nameOf<Name>(names: readonly Name[], number: number): Name {
  const name = names[number];
  if (name === undefined) throw new RangeError(`expected a number below ${names.length} from L1, got ${number}`);
  return name;
}
