import { createExclusiveRunner } from "../concurrency/index.ts";
import { portalAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { Claim } from "./claim.ts";
import { followClaims } from "./claim-path.ts";
import type { ClaimPath } from "./claim-path.ts";
import { createClaimReader } from "./claim-reader.ts";
import { claimStatus } from "./judge.ts";
import { createOwnStates } from "./own-states.ts";
import type { OwnTraces } from "./own-traces.ts";
import { openPathRecords } from "./path-records.ts";
import { createProposalLog } from "./proposal-log.ts";
import { createProposalReader } from "./proposal-reader.ts";
import { createTracedClaims, createUntracedClaims } from "./right-claims.ts";

/**
 * A claim on L1 that this node holds right: its state is what the node itself derived (specification §6), and its trace is the
 * node's, if that has traces.
 */
export interface ClaimRecord {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  /** Last L2 block the claim covers. */
  readonly blockHash: Hash;
  readonly outboxRoot: Hash;
  /** Batches and Inbox messages the claim covers. */
  readonly batchCount: number;
  readonly messageCount: number;
  /** L1 timestamp in seconds; 0 for the genesis claim. */
  readonly proposedAt: number;
  /** L1 timestamp in seconds from which it can be confirmed if nothing rivals it. */
  readonly confirmableAt: number;
  /** `pending`: in its challenge period; `disputed`: a rival child of the same parent blocks it. */
  readonly status: "pending" | "confirmable" | "disputed" | "confirmed";
}

/** What RPC asks of L1 about claims and withdrawals. Answers may come from an L1 node, so they are promises. */
export interface ClaimsView {
  /**
   * Of the claims that agree with this node's own chain, the earliest that covers batch `index` (batches count from 0),
   * so has `batchCount > index`; the genesis claim covers none. Undefined if there is no such claim yet.
   */
  findClaimOfBatch(index: number): Promise<ClaimRecord | undefined>;
  /** Whether the Portal has executed withdrawal `index`. */
  isWithdrawalExecuted(index: number): Promise<boolean>;
}

/** Follows the whole path of right claims, and keeps it, so that each claim is asked for once. */
export function createClaimsView(options: {
  readonly chain: Chain;
  readonly client: L1Client;
  /** A namespace of its own. */
  readonly records: RecordStore;
  /** Undefined for a node without traces. */
  readonly traces: OwnTraces | undefined;
  /** Blocks of one `eth_getLogs`, for a node without traces; default 5,000. */
  readonly logRange?: number;
}): ClaimsView {
  const { chain, client, traces, logRange = 5000 } = options;
  const { contracts, parameters, l1StartBlock: startBlock } = chain.config;
  const reader = createClaimReader(client, contracts);
  const states = createOwnStates(chain);
  const log = createProposalLog({
    readProposals: createProposalReader(client, contracts.stateCommitmentChain, logRange),
    startBlock,
    records: options.records,
  });
  const claims = traces === undefined ? createUntracedClaims(states, log, reader) : createTracedClaims(states, traces);
  const records = openPathRecords(options.records);
  const exclusively = createExclusiveRunner();
  let path: ClaimPath = [states.genesis, ...records.load()];

  async function keep(next: ClaimPath): Promise<void> {
    await records.save(path, next);
    path = next;
  }

  /** Leaves what lost to another claim, if something did: to a node without traces, that may have looked as right. */
  async function leaveLostClaims(): Promise<void> {
    const latest = await reader.latestConfirmed();
    if (path.some(({ claimId }) => claimId === latest)) return;
    let end = path.length;
    while (end > 1 && (await reader.read((path[end - 1] as Claim).claimId)).status !== "confirmed") end--;
    if (end < path.length) await keep([states.genesis, ...path.slice(1, end)]);
  }

  async function follow(): Promise<void> {
    if (traces === undefined) await log.read(Number(await client.getBlockNumber()), () => Promise.resolve());
    await leaveLostClaims();
    await followClaims(path, { reader, states, claims, keep });
  }

  async function describe({
    claimId: id,
    parentId,
    stateHash,
    traceRoot,
    batchCount,
  }: Claim): Promise<ClaimRecord | undefined> {
    const state = states.stateAt(batchCount);
    if (state === undefined || states.stateHashAt(batchCount) !== stateHash) return undefined;
    // The parent first: it is decided when a child is confirmed, which the child then shows too.
    const parent = await reader.read(parentId);
    const [onL1, head] = await Promise.all([reader.read(id), client.getBlock({ blockTag: "latest" })]);
    const status = claimStatus(onL1, parent, Number(head.timestamp), parameters.challengePeriod);
    if (status === "unknown" || status === "lost") return undefined;
    const { proposedAt } = onL1;
    const confirmableAt = proposedAt + parameters.challengePeriod;
    return { id, parentId, stateHash, traceRoot, ...state, proposedAt, confirmableAt, status };
  }

  return {
    findClaimOfBatch: (index) =>
      exclusively(async () => {
        await follow();
        const claim = path[positionOf(path, index)];
        return claim === undefined ? undefined : describe(claim);
      }),
    isWithdrawalExecuted: (index) =>
      client.readContract({
        address: contracts.portal,
        abi: portalAbi,
        functionName: "isExecuted",
        args: [BigInt(index)],
      }),
  };
}

/** Position of the first claim that covers batch `index`, or the path's length. */
export function positionOf(path: readonly Pick<Claim, "batchCount">[], index: number): number {
  let low = 0;
  let high = path.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((path[middle]?.batchCount ?? 0) > index) high = middle;
    else low = middle + 1;
  }
  return low;
}
