import { z } from "zod";
import type { Hash } from "../primitives/index.ts";
import type { Layers } from "./layers.ts";

/** What the node holds of a claim. `unknown`: it has not derived, or traced, as far. */
export type ClaimVerdict = "right" | "wrong" | "unknown";

/** A claim on L1. Times are L1 timestamps in seconds. */
export interface ListedClaim {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly proposer: string;
  readonly batchCount: number;
  readonly proposedAt: number;
  readonly confirmableAt: number;
  readonly verdict: ClaimVerdict;
  readonly status: "unknown" | "pending" | "disputed" | "confirmable" | "confirmed" | "lost";
}

const hash = z.custom<Hash>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value), "expected a hash");
const pathClaimSchema = z.object({ id: hash, parentId: hash, batchCount: z.int().nonnegative() });
const pathSchema = z.object({ claims: z.array(pathClaimSchema), next: pathClaimSchema.nullable() });

/** Blocks of one `eth_getLogs`, at most. */
const LOG_RANGE = 5_000;

/**
 * The last claims on L1 in the order in which they were made, each with the node's verdict. What L1 has is read from L1; the node is only
 * asked what it holds right.
 */
export async function readClaims(
  { rollup, l1, l2 }: Layers,
  { limit, id }: { readonly limit: number; readonly id?: Hash },
): Promise<readonly ListedClaim[]> {
  const [{ createClaimReader, createProposalReader, claimStatus }, { createPublicClient, custom }] = await Promise.all([
    import("../claims/index.ts"),
    import("viem"),
  ]);
  const client = createPublicClient({ transport: custom({ request: l1.client.request }), cacheTime: 0 });
  const { stateCommitmentChain, challengeGame } = lowerCase(rollup.contracts);
  const read = createProposalReader(client, stateCommitmentChain, LOG_RANGE);
  const head = Number(await client.getBlockNumber());
  const proposed: Awaited<ReturnType<typeof read>>["claims"][number][] = [];
  for (let from = rollup.l1StartBlock; from <= head;) {
    const { last, claims } = await read(from, head);
    proposed.push(...claims);
    from = last + 1;
  }
  const verdictOf = judge(proposed, await readRightPath(l2));
  const shown = id === undefined ? proposed.slice(-limit) : proposed.filter(({ claimId }) => claimId === id);
  const reader = createClaimReader(client, { stateCommitmentChain, challengeGame });
  const l1Timestamp = await l1.getL1Timestamp();
  const { challengePeriod } = rollup.parameters;
  return Promise.all(
    shown.map(async ({ claimId, parentId, stateHash, traceRoot, proposer, batchCount }) => {
      const [parent, onL1] = await Promise.all([reader.read(parentId), reader.read(claimId)]);
      return {
        id: claimId,
        parentId,
        stateHash,
        traceRoot,
        proposer,
        batchCount,
        proposedAt: onL1.proposedAt,
        confirmableAt: onL1.proposedAt + challengePeriod,
        verdict: verdictOf(claimId),
        status: claimStatus(onL1, parent, l1Timestamp, challengePeriod),
      };
    }),
  );
}

/** What claims are told right or wrong by. */
export interface RightClaimsAnswer {
  readonly claims: readonly { readonly id: Hash; readonly parentId: Hash }[];
  readonly next: { readonly id: Hash; readonly parentId: Hash } | null;
}

/**
 * Of claims in the order in which they were made: right if the node's path has it; wrong if another has to stand there, or if it stands
 * on a wrong one; otherwise unknown.
 */
export function judge(
  proposed: readonly { readonly claimId: Hash; readonly parentId: Hash }[],
  { claims, next }: RightClaimsAnswer,
): (claimId: Hash) => ClaimVerdict {
  const rightChild = new Map([...claims, ...(next === null ? [] : [next])].map(({ id, parentId }) => [parentId, id]));
  const verdicts = new Map<Hash, ClaimVerdict>(claims.map(({ id }) => [id, "right"]));
  for (const { claimId, parentId } of proposed) {
    if (verdicts.has(claimId)) continue;
    const right = rightChild.get(parentId);
    const isWrong = verdicts.get(parentId) === "wrong" || (right !== undefined && right !== claimId);
    verdicts.set(claimId, isWrong ? "wrong" : right === claimId ? "right" : "unknown");
  }
  return (claimId) => verdicts.get(claimId) ?? "unknown";
}

async function readRightPath({ client }: Layers["l2"]): Promise<RightClaimsAnswer> {
  const claims: RightClaimsAnswer["claims"][number][] = [];
  for (let from = 0; ;) {
    const answer = pathSchema.parse(
      await client.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({
        method: "rollup_getRightClaims",
        params: [from],
      }),
    );
    claims.push(...answer.claims);
    const last = answer.claims.at(-1);
    if (answer.next !== null || last === undefined) return { claims, next: answer.next };
    from = last.batchCount + 1;
  }
}

function lowerCase<Contracts extends Readonly<Record<string, `0x${string}`>>>(contracts: Contracts): Contracts {
  return Object.fromEntries(
    Object.entries(contracts).map(([name, address]) => [name, address.toLowerCase()]),
  ) as Contracts;
}
