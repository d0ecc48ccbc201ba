import { createExclusiveRunner } from "../concurrency/index.ts";
import { portalAbi, readNextTimestamp } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { Claim, ClaimOnL1 } from "./claim.ts";
import { followClaims } from "./claim-path.ts";
import type { ClaimPath, PathTip } from "./claim-path.ts";
import { createClaimReader } from "./claim-reader.ts";
import { claimStatus } from "./judge.ts";
import type { ClaimStatus } from "./judge.ts";
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
  /**
   * `pending`: in its challenge period; `disputed`: a rival child of the same parent blocks it; `confirmable`: it needs nothing but
   * `confirm`, as its challenge period is over without a rival, or the game has decided for it.
   */
  readonly status: "pending" | "confirmable" | "disputed" | "confirmed";
}

/** Where what a batch holds stands on L1. */
export interface ClaimStanding {
  /** L1 timestamp in seconds that a transaction sent now can expect: L1's clock. */
  readonly l1Timestamp: number;
  /** The earliest right claim that covers the batch; undefined if there is none yet. */
  readonly claim: ClaimRecord | undefined;
  /** Claims that must be confirmed, in this order, until `claim` is: it is the last of them. Empty once it is, or without one. */
  readonly unconfirmed: readonly ClaimRecord[];
}

/** The path of right claims from a place on: what claims on L1 are held against. */
export interface RightPath {
  /** In order; those L1 knows. */
  readonly claims: readonly Claim[];
  /**
   * What the claim after the last that L1 knows has to be, so that any other there is wrong. Undefined if the node does not know yet, or
   * has no traces, without which it cannot; and where `claims` ends before.
   */
  readonly next: Claim | undefined;
}

/** What RPC asks of L1 about claims and withdrawals. Answers may come from an L1 node, so they are promises. */
export interface ClaimsView {
  /**
   * Of the claims that agree with this node's own chain, the earliest that covers batch `index` (batches count from 0),
   * so has `batchCount > index`; the genesis claim covers none. Undefined if there is no such claim yet.
   */
  findClaimOfBatch(index: number): Promise<ClaimRecord | undefined>;
  /** The same with the claims before it that L1 has not confirmed, which hold it up. */
  standingOfBatch(index: number): Promise<ClaimStanding>;
  /** L1 timestamp in seconds that a transaction sent now can expect. */
  l1Timestamp(): Promise<number>;
  /** The claims of the path whose states have at least `batchCount` batches, `limit` of them at most; 0 begins with genesis. */
  rightPath(batchCount: number, limit: number): Promise<RightPath>;
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

  async function follow(): Promise<PathTip> {
    if (traces === undefined) await log.read(Number(await client.getBlockNumber()), () => Promise.resolve());
    await leaveLostClaims();
    return followClaims(path, { reader, states, claims, keep });
  }

  /** What L1 says of claims at one head: a standing asks for many, and for the same ones again. */
  let seen = { head: ZERO_HASH, claims: new Map<Hash, Promise<ClaimOnL1>>() };

  /** `read` of the latest head. */
  async function openHead(): Promise<{ readonly l1Timestamp: number; read(id: Hash): Promise<ClaimOnL1> }> {
    const head = await client.getBlock({ blockTag: "latest" });
    if (seen.head !== head.hash) seen = { head: head.hash, claims: new Map() };
    const { claims: known } = seen;
    return {
      l1Timestamp: await readNextTimestamp(client, head),
      read(id) {
        const kept = known.get(id);
        if (kept !== undefined) return kept;
        const asked = reader.read(id);
        known.set(id, asked);
        asked.catch(() => known.delete(id));
        return asked;
      },
    };
  }

  type Head = Awaited<ReturnType<typeof openHead>>;

  async function describe(
    { claimId: id, parentId, stateHash, traceRoot, batchCount }: Claim,
    { read, l1Timestamp }: Head,
  ): Promise<ClaimRecord | undefined> {
    const state = states.stateAt(batchCount);
    if (state === undefined || states.stateHashAt(batchCount) !== stateHash) return undefined;
    // The parent first: it is decided when a child is confirmed, which the child then shows too.
    const parent = await read(parentId);
    const onL1 = await read(id);
    const status = await statusOf(claimStatus(onL1, parent, l1Timestamp, parameters.challengePeriod), id, parentId);
    if (status === "unknown" || status === "lost") return undefined;
    const { proposedAt } = onL1;
    const confirmableAt = proposedAt + parameters.challengePeriod;
    return { id, parentId, stateHash, traceRoot, ...state, proposedAt, confirmableAt, status };
  }

  /** Of rivals, the one that the game has decided for only needs `confirm`. */
  async function statusOf(byTime: ClaimStatus, id: Hash, parentId: Hash): Promise<ClaimStatus> {
    return byTime === "disputed" && (await reader.winner(parentId)) === id ? "confirmable" : byTime;
  }

  /** The claims of the path that L1 has not confirmed, up to the one at `position`. */
  async function describeUnconfirmed(position: number, head: Head): Promise<readonly ClaimRecord[]> {
    const unconfirmed: ClaimRecord[] = [];
    for (const claim of path.slice(1, position + 1).reverse()) {
      const record = await describe(claim, head);
      if (record === undefined || record.status === "confirmed") break;
      unconfirmed.unshift(record);
    }
    return unconfirmed;
  }

  return {
    findClaimOfBatch: (index) =>
      exclusively(async () => {
        await follow();
        const claim = path[positionOf(path, index)];
        return claim === undefined ? undefined : describe(claim, await openHead());
      }),
    standingOfBatch: (index) =>
      exclusively(async () => {
        await follow();
        const head = await openHead();
        const position = positionOf(path, index);
        const covering = path[position];
        const claim = covering === undefined ? undefined : await describe(covering, head);
        const unconfirmed = claim === undefined ? [] : await describeUnconfirmed(position, head);
        return { l1Timestamp: head.l1Timestamp, claim, unconfirmed };
      }),
    l1Timestamp: async () => (await openHead()).l1Timestamp,
    rightPath: (batchCount, limit) =>
      exclusively(async () => {
        const tip = await follow();
        const begin = positionOf(path, batchCount - 1);
        const isWhole = path.length <= begin + limit;
        const next = isWhole ? await claims.childOf(tip.claim, tip.onL1.nextBatchCount) : undefined;
        return { claims: path.slice(begin, begin + limit), next };
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
