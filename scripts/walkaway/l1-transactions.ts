import { decodeFunctionData } from "viem";
import type { Abi, Address, Hash, PublicClient } from "viem";
import { challengeGameAbi, inboxAbi, portalAbi, stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";

/** Who sent a transaction. */
export type Party = "operator" | "outsider" | "liar" | "others";

/** An L1 transaction, as evidence. */
export interface L1Transaction {
  readonly hash: Hash;
  readonly block: number;
  readonly by: Party;
  /** `Inbox.sendMessage`, or the address that was called. */
  readonly call: string;
  readonly gasUsed: bigint;
  readonly succeeded: boolean;
}

const ABIS: Readonly<Record<string, { readonly name: string; readonly abi: Abi }>> = {
  inbox: { name: "Inbox", abi: inboxAbi },
  stateCommitmentChain: { name: "StateCommitmentChain", abi: stateCommitmentChainAbi },
  challengeGame: { name: "ChallengeGame", abi: challengeGameAbi },
  portal: { name: "Portal", abi: portalAbi },
};

/** Every transaction of some L1 blocks, both ends included. */
export async function readL1Transactions(
  l1: PublicClient,
  { contracts }: RollupConfig,
  { fromBlock, toBlock }: { readonly fromBlock: number; readonly toBlock: number },
  partyOf: (sender: Address) => Party,
): Promise<readonly L1Transaction[]> {
  const known = new Map(
    Object.entries(contracts).flatMap(([key, address]) => {
      const contract = ABIS[key];
      return contract === undefined ? [] : [[address, contract] as const];
    }),
  );
  const found: L1Transaction[] = [];
  for (let number = fromBlock; number <= toBlock; number++) {
    const { transactions } = await l1.getBlock({ blockNumber: BigInt(number), includeTransactions: true });
    for (const { hash, from, to, input } of transactions) {
      const { gasUsed, status } = await l1.getTransactionReceipt({ hash });
      const contract = to === null ? undefined : known.get(to.toLowerCase() as Address);
      const call =
        contract === undefined
          ? (to ?? "a new contract")
          : `${contract.name}.${input === "0x" ? "receive" : decodeFunctionData({ abi: contract.abi, data: input }).functionName}`;
      found.push({
        ...{ hash, call, gasUsed, block: number, by: partyOf(from.toLowerCase() as Address) },
        succeeded: status === "success",
      });
    }
  }
  return found;
}
