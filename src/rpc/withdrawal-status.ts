import type { ClaimRecord, ClaimStanding, ClaimsView } from "../claims/index.ts";
import type { RpcNode } from "./node.ts";
import { RPC_ERROR, RpcError } from "./protocol/errors.ts";

/**
 * How far a message from L2 has come (specification §5, §6), by L1's clock: `l1Timestamp` is the time in seconds that an L1
 * transaction sent now can expect. `executableAt` is that from which the message can be executed, if whatever can be confirmed is:
 * exact where it is `claimed` and no rival comes, otherwise a time before which it cannot be.
 */
export type WithdrawalStatus = { readonly l1Timestamp: number } & (
  | {
      /** `sent`: in a block whose batch is not on L1 yet. `safe`: its batch is; no claim covers it yet. */
      readonly status: "sent" | "safe";
      readonly executableAt: number;
    }
  | ({
      /**
       * `claimed`: in the challenge period. `confirmable`: that is over, or the game has decided; claims only need `confirm`.
       */
      readonly status: "claimed" | "confirmable";
      readonly executableAt: number;
    } & Claimed)
  | ({
      /** The claim, or one that it stands on, has rivals. */
      readonly status: "disputed";
      readonly executableAt: number;
      /** When the game can decide at the latest if one honest challenger answers in time (docs/disputes.md §4). */
      readonly decidedBy: number;
    } & Claimed)
  | { readonly status: "executable"; readonly claim: ClaimRecord }
  | { readonly status: "executed" }
);

interface Claimed {
  /** The earliest right claim that covers the message. */
  readonly claim: ClaimRecord;
  /** Claims to confirm, in this order; `claim` is the last. */
  readonly unconfirmed: readonly ClaimRecord[];
}

export function requireClaims({ claims }: Pick<RpcNode, "claims">): ClaimsView {
  if (claims === undefined) throw new RpcError(RPC_ERROR.rejected, "this node does not follow claims on L1");
  return claims;
}

/** The earliest right claim that covers block `number`; undefined if its batch is not on L1 or not claimed. */
export async function findClaimOfBlock(
  node: Pick<RpcNode, "claims" | "chain">,
  number: number,
): Promise<ClaimRecord | undefined> {
  const claims = requireClaims(node);
  const derived = node.chain.store.findBatchOfBlock(number);
  return derived === undefined ? undefined : claims.findClaimOfBatch(derived.batch);
}

export async function withdrawalStatus(
  node: Pick<RpcNode, "claims" | "chain">,
  index: number,
  blockNumber: number,
): Promise<WithdrawalStatus> {
  const claims = requireClaims(node);
  const { challengePeriod } = node.chain.config.parameters;
  const derived = node.chain.store.findBatchOfBlock(blockNumber);
  if (derived === undefined) {
    const l1Timestamp = await claims.l1Timestamp();
    return { status: "sent", l1Timestamp, executableAt: l1Timestamp + challengePeriod };
  }
  const standing = await claims.standingOfBatch(derived.batch);
  const { l1Timestamp, claim } = standing;
  if (claim === undefined) return { status: "safe", l1Timestamp, executableAt: l1Timestamp + challengePeriod };
  if (claim.status !== "confirmed") return { ...waitForConfirmation(claim, standing, challengePeriod), l1Timestamp };
  return (await claims.isWithdrawalExecuted(index))
    ? { status: "executed", l1Timestamp }
    : { status: "executable", l1Timestamp, claim };
}

/** Claims are confirmed one after the other: what holds one up holds up all that follow it. */
function waitForConfirmation(
  claim: ClaimRecord,
  { l1Timestamp, unconfirmed }: ClaimStanding,
  challengePeriod: number,
): DistributiveOmit<WithdrawalStatus, "l1Timestamp"> {
  const claimed = { claim, unconfirmed };
  const waiting = unconfirmed.filter(({ status }) => status !== "confirmable");
  const executableAt = Math.max(l1Timestamp, ...waiting.map(({ confirmableAt }) => confirmableAt));
  const disputed = waiting.filter(({ status }) => status === "disputed");
  if (disputed.length > 0) {
    const decidedBy = Math.max(executableAt, ...disputed.map(({ confirmableAt }) => confirmableAt + challengePeriod));
    return { status: "disputed", executableAt, decidedBy, ...claimed };
  }
  return { status: waiting.length > 0 ? "claimed" : "confirmable", executableAt, ...claimed };
}

type DistributiveOmit<T, Key extends keyof T> = T extends unknown ? Omit<T, Key> : never;

/** Plain numbers and 0x-hex: the shape other answers of `rollup_*` share. */
export function formatClaim({
  id,
  parentId,
  stateHash,
  traceRoot,
  blockHash,
  outboxRoot,
  batchCount,
  messageCount,
  proposedAt,
  confirmableAt,
  status,
}: ClaimRecord): object {
  return {
    id,
    parentId,
    stateHash,
    traceRoot,
    blockHash,
    outboxRoot,
    batchCount,
    messageCount,
    proposedAt,
    confirmableAt,
    status,
  };
}
