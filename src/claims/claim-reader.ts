import { parseAbi } from "viem";
import { stateCommitmentChainAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import { toAddress, ZERO_ADDRESS } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { ClaimOnL1 } from "./claim.ts";

/** Asks the StateCommitmentChain, as of the latest L1 block. */
export interface ClaimReader {
  read(claimId: Hash): Promise<ClaimOnL1>;
  genesisClaim(): Promise<Hash>;
  /** The contract that decides between rivals; undefined if the rollup has none. */
  challengeGame(): Promise<Address | undefined>;
  /** Which child of a claim the challenge game holds right; the zero hash if it is not decided. */
  winner(challengeGame: Address, parentId: Hash): Promise<Hash>;
}

/** `ClaimStatus` and `Children` of the contract, by their numbers. */
const STATUSES = ["unknown", "proposed", "confirmed", "forfeited"] as const;
const CHILDREN = ["none", "single", "rivals", "decided"] as const;

const CHALLENGE_GAME_ABI = parseAbi(["function winner(bytes32 parentId) view returns (bytes32)"]);

export function createClaimReader(client: L1Client, address: Address): ClaimReader {
  const contract = { address, abi: stateCommitmentChainAbi } as const;
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
    async challengeGame() {
      const game = toAddress(await client.readContract({ ...contract, functionName: "CHALLENGE_GAME" }));
      return game === ZERO_ADDRESS ? undefined : game;
    },
    winner: (challengeGame, parentId) =>
      client.readContract({
        address: challengeGame,
        abi: CHALLENGE_GAME_ABI,
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
