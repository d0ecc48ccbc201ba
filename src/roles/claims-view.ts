import { createExclusiveRunner } from "../concurrency/index.ts";
import { portalAbi, stateCommitmentChainAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { claimId, stateHash } from "../rollup/index.ts";
import type { ClaimRecord, ClaimsView } from "../rpc/index.ts";
import type { RecordStore } from "../storage/index.ts";

/** A claim whose state is what this node derived. */
interface KnownClaim {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly blockHash: Hash;
  readonly outboxRoot: Hash;
  readonly batchCount: number;
  readonly messageCount: number;
}

/** `ClaimStatus` and `Children` of the contract. */
const STATUS = { unknown: 0, proposed: 1, confirmed: 2 } as const;
const CHILDREN_RIVALS = 2;

const key = (position: number): string => `claim/${String(position).padStart(12, "0")}`;

/**
 * Finds claims by asking L1 whether it knows the one this node would make: a claim's only right child is known before
 * anybody proposes it, so no event is needed. A claim's id commits to its ancestors, so what is known once stays right as
 * long as a descendant is known.
 */
export function createClaimsView(options: {
  readonly chain: Chain;
  readonly client: L1Client;
  /** A namespace of its own. */
  readonly records: RecordStore;
}): ClaimsView {
  const { chain, client, records } = options;
  const { config, store } = chain;
  const { stateCommitmentChain: address, portal } = config.contracts;
  const exclusively = createExclusiveRunner();
  /** Right claims from the genesis claim on, each the child of the one before. */
  const path: KnownClaim[] = [
    claimOf(ZERO_HASH, 0),
    ...[...records.entries<KnownClaim>("claim/")].map(([, claim]) => claim),
  ];

  /** The claim that this node would make on a parent after so many batches. */
  function claimOf(parentId: Hash, batchCount: number): KnownClaim {
    const derived = batchCount === 0 ? undefined : store.getDerivedBatch(batchCount - 1);
    if (batchCount !== 0 && derived === undefined) throw new RangeError(`batch ${batchCount - 1} is not derived`);
    const state = {
      blockHash: derived?.lastBlockHash ?? config.genesisHash,
      outboxRoot: derived?.outboxRoot ?? ZERO_HASH,
      batchCount,
      messageCount: derived?.nextMessage ?? 0,
    };
    const hash = stateHash(state);
    return { id: claimId(parentId, hash), parentId, stateHash: hash, ...state };
  }

  const read = (id: Hash) =>
    client.readContract({ address, abi: stateCommitmentChainAbi, functionName: "claim", args: [id] });

  const tip = (): KnownClaim => path.at(-1) ?? claimOf(ZERO_HASH, 0);

  async function forgetTip(): Promise<void> {
    path.pop();
    await records.delete(key(path.length));
  }

  function isStillRight(claim: KnownClaim): boolean {
    if (claim.batchCount > store.derivedBatchCount()) return false;
    return claimOf(claim.parentId, claim.batchCount).id === claim.id;
  }

  /** Drops what an L1 reorg took or changed, then goes on to the last claim that L1 knows. */
  async function walk(): Promise<void> {
    let view = await read(tip().id);
    while (path.length > 1 && (!isStillRight(tip()) || view.status === STATUS.unknown)) {
      await forgetTip();
      view = await read(tip().id);
    }
    for (;;) {
      const batchCount = Number(view.nextBatchCount);
      if (batchCount > store.derivedBatchCount()) return;
      const child = claimOf(tip().id, batchCount);
      view = await read(child.id);
      if (view.status === STATUS.unknown) return;
      path.push(child);
      await records.put(key(path.length - 1), child);
    }
  }

  async function describe(claim: KnownClaim): Promise<ClaimRecord | undefined> {
    const [view, parent, head] = await Promise.all([
      read(claim.id),
      read(claim.parentId),
      client.getBlock({ blockTag: "latest" }),
    ]);
    if (view.status !== STATUS.proposed && view.status !== STATUS.confirmed) return undefined;
    const proposedAt = Number(view.proposedAt);
    const confirmableAt = proposedAt + config.parameters.challengePeriod;
    const undecided =
      parent.children === CHILDREN_RIVALS
        ? "disputed"
        : Number(head.timestamp) < confirmableAt
          ? "pending"
          : "confirmable";
    return { ...claim, proposedAt, confirmableAt, status: view.status === STATUS.confirmed ? "confirmed" : undecided };
  }

  /** Position of the first claim that covers batch `index`, or the path's length. */
  function positionOf(index: number): number {
    let low = 0;
    let high = path.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((path[middle]?.batchCount ?? 0) > index) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    findClaimOfBatch: (index) =>
      exclusively(async () => {
        await walk();
        const claim = path[positionOf(index)];
        return claim === undefined ? undefined : describe(claim);
      }),
    isWithdrawalExecuted: (index) =>
      client.readContract({ address: portal, abi: portalAbi, functionName: "isExecuted", args: [BigInt(index)] }),
  };
}
