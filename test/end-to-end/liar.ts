import { encodeFunctionData } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { createChallenger, createOwnClaims } from "../../src/challenger/index.ts";
import type { Challenger, OwnClaim } from "../../src/challenger/index.ts";
import { createOwnStates } from "../../src/claims/index.ts";
import {
  challengeGameAbi,
  createTransactionManager,
  readL1Block,
  stateCommitmentChainAbi,
} from "../../src/l1/index.ts";
import { hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hash, Hex } from "../../src/primitives/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import { falseClaim, siblingsOfLast } from "../disputes/false-claims.ts";

/** What a liar is wrong about: the child of a claim, from a step of a unit on. */
export interface Lie {
  readonly parent: { readonly claimId: Hash; readonly batchCount: number; readonly nextBatchCount: number };
  readonly parentState: ChainState;
  readonly state: ChainState;
  readonly unit: number;
  readonly step: number;
}

/** Somebody with a node, a key, money, and a wrong claim, who plays for it by the rules. */
export interface Liar {
  readonly claim: OwnClaim;
  /** Sends the wrong claim. */
  propose(): Promise<void>;
  readonly challenger: Challenger;
  /** Ends its play, before the node closes; another liar with the same node is then on its own. */
  stop(): Promise<void>;
}

/** Whom the liar says the chain is like: the right state but for its last block. */
export function falseState(right: ChainState): ChainState {
  return { ...right, blockHash: keccak256(hexToBytes(right.blockHash)) };
}

export async function createLiar(node: RunningNode, privateKey: Hex, lie: Lie): Promise<Liar> {
  const { chain, client, config, database, traces, instruments } = node;
  if (traces === undefined) throw new Error("expected a node with traces");
  const { parameters, contracts } = config;
  const heights = { claim: parameters.claimTraceHeight, unit: parameters.unitTraceHeight };
  const states = createOwnStates(chain);
  const own = createOwnClaims({
    traces,
    stateHashAt: states.stateHashAt,
    rewindCount: () => chain.inbox.rewindCount(),
    claimTraceHeight: heights.claim,
  });
  const right = await own.childOf(lie.parent);
  if (right === undefined) throw new Error("expected the batches of the claim to be traced");
  const claim = await falseClaim(right, loadHash(lie.parentState), { ...lie, seed: "liar" }, heights);
  const transactions = await createTransactionManager(
    {
      client,
      chainId: config.l1ChainId,
      privateKey,
      records: database.records(`liar/${privateKeyToAddress(privateKey)}`),
      abis: [stateCommitmentChainAbi, challengeGameAbi],
      pollingInterval: 0.1,
    },
    instruments,
  );
  transactions.start();
  node.onClose("liar's L1 transactions", () => transactions.stop());
  const challenger = createChallenger(
    {
      client,
      contracts,
      parameters,
      startBlock: config.l1StartBlock,
      own: {
        stateHashAt: states.stateHashAt,
        childOf: (parent) => (parent.claimId === lie.parent.claimId ? Promise.resolve(claim) : own.childOf(parent)),
      },
      transactions,
      pollingInterval: 0.1,
    },
    instruments,
  );
  node.onClose("liar", () => challenger.stop());
  return {
    claim,
    challenger,
    async stop() {
      await challenger.stop();
      await transactions.stop();
    },
    async propose() {
      const head = await client.getBlock({ blockTag: "latest" });
      const block = await readL1Block(client, Number(head.number) - 1);
      if (block === undefined) throw new Error("expected L1 to know the block before its head");
      const { batchCount, messageCount } = lie.state;
      const data = encodeFunctionData({
        abi: stateCommitmentChainAbi,
        functionName: "propose",
        args: [
          lie.parent.claimId,
          { ...lie.state, batchCount: BigInt(batchCount), messageCount: BigInt(messageCount) },
          await siblingsOfLast(claim, heights.claim),
          BigInt(block.number),
          block.hash,
        ],
      });
      await transactions.submit({
        purpose: "liar/propose",
        to: contracts.stateCommitmentChain,
        data: hexToBytes(data),
        value: parameters.claimBond,
      });
    },
  };
}
