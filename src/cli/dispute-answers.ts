import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { RPC_ERROR } from "../rpc/index.ts";
import { NodeRefusalError, askNode } from "./ask-node.ts";

// What a node answers about disputes. It may be somebody else's, and what it says ends in a file that is run: everything is checked.

const hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/, { error: "expected hex" });
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, { error: "expected a hash" });
const address = z.string().regex(/^0x[0-9a-f]{40}$/, { error: "expected an address" });
const count = z.int().min(0);
/** Of one line, or more where `lines` says so, without what moves the cursor of a terminal. */
const text = z.string().regex(/^[^\p{Cc}]*$/u, { error: "expected a line of text" });
const lines = z.string().regex(/^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u, { error: "expected lines of text" });

const rivalSchema = z.object({ root: hash, player: address, recordedAt: count });

const spanSchema = z.object({
  positionId: hash,
  level: z.enum(["claim", "unit"]),
  unit: count.nullable(),
  start: count,
  height: count,
  rivals: z.array(rivalSchema),
  proven: z.array(hash),
});

const disputeSchema = z.object({
  parentId: hash,
  fromBatch: count,
  toBatch: count,
  winner: hash.nullable(),
  claims: z.array(
    z.object({
      claimId: hash,
      stateHash: hash,
      traceRoot: hash,
      proposer: address,
      proposedAt: count,
      verdict: z.enum(["right", "wrong", "unknown"]),
      status: z.enum(["proposed", "confirmed", "forfeited"]),
      total: count,
    }),
  ),
  narrowedTo: spanSchema.nullable(),
  rivaledSpans: z.array(spanSchema),
  moves: z.array(z.object({ kind: text, player: address, at: count, l1Block: count, l1TransactionHash: hash })),
  hasConflictingProofs: z.boolean(),
});

const words = z.array(hash);
const inboxHashes = z.array(z.object({ index: count, hash }));

/** Of contracts/machine/types/Witness.sol. */
const witnessSchema = z.object({
  machine: hex,
  frame: hex,
  frameContext: hex,
  parentFrame: hex,
  transaction: hex,
  blockContext: hex,
  pending: hex,
  savedJournal: hex,
  bloom: hex,
  blockBloom: hex,
  sponge: hex,
  code: hex,
  stack: words,
  regions: z.array(z.object({ words: hex, siblings: words })),
  overlay: z.array(z.object({ siblings: words, value: hex, otherKey: hash, otherValue: hash })),
  tries: z.array(z.array(hex)),
  appends: z.array(words),
  preimages: z.array(hex),
});

const disputedStepSchema = z.object({
  parentId: hash,
  fromBatch: count,
  toBatch: count,
  l1: z.object({ chainId: count, blockNumber: count, challengeGame: address, prover: address, inbox: address }),
  unit: z.object({ index: count, kind: text, batch: count, unitsBefore: count, blockNumber: count.nullable() }),
  step: count,
  name: text,
  text: lines,
  positionId: hash,
  position: z.object({ level: z.literal("unit"), context: hash, start: count, height: z.literal(0), prefix: hash }),
  opening: z.object({ state: hash, prefix: hash, siblings: words }),
  call: z.enum(["start", "step"]),
  before: hash,
  after: hash,
  rivals: z.array(rivalSchema.extend({ isRight: z.boolean() })),
  proven: z.array(hash),
  target: count,
  inbox: z.object({ chainId: count, batches: inboxHashes, messages: inboxHashes }),
  witness: witnessSchema,
});

/** A dispute, of `rollup_disputes`. */
export type DisputeAnswer = z.output<typeof disputeSchema>;
export type SpanAnswer = z.output<typeof spanSchema>;
/** A step that a dispute is narrowed to, of `rollup_disputedStep`. */
export type DisputedStepAnswer = z.output<typeof disputedStepSchema>;

/** Milliseconds between questions for a step whose unit is being run. */
const POLLING_INTERVAL = 1_000;

export async function askDisputes(rpcUrl: string): Promise<readonly DisputeAnswer[]> {
  return parse(z.array(disputeSchema), await askNode(rpcUrl, "rollup_disputes", []), rpcUrl);
}

/** Rejects with a NodeRefusalError where there is no such step, or its unit is still being run. */
export async function askDisputedStep(
  rpcUrl: string,
  parentId: string,
  positionId: string | undefined,
): Promise<DisputedStepAnswer> {
  const params = positionId === undefined ? [parentId] : [parentId, positionId];
  return parse(disputedStepSchema, await askNode(rpcUrl, "rollup_disputedStep", params), rpcUrl);
}

/** The same; waits while the unit is being run. `onWait` is told why, once for each reason. */
export async function awaitDisputedStep(
  ...[rpcUrl, parentId, positionId, onWait]: [...Parameters<typeof askDisputedStep>, (reason: string) => void]
): Promise<DisputedStepAnswer> {
  let said: string | undefined;
  for (;;) {
    try {
      return await askDisputedStep(rpcUrl, parentId, positionId);
    } catch (error) {
      if (!(error instanceof NodeRefusalError) || error.code !== RPC_ERROR.limitExceeded) throw error;
      if (said !== error.message) onWait(error.message);
      said = error.message;
      await pause(POLLING_INTERVAL);
    }
  }
}

/** The dispute about the children of the claim of this id, or that it is one of. Throws if there is none. */
export function findDispute(disputes: readonly DisputeAnswer[], id: string): DisputeAnswer {
  const found =
    disputes.find(({ parentId }) => parentId === id) ??
    disputes.find(({ claims }) => claims.some(({ claimId }) => claimId === id));
  if (found !== undefined) return found;
  throw new Error(
    `claim ${id} is not disputed, nor are its children; disputes that the node knows: ${disputes.length}`,
  );
}

function parse<T>(schema: z.ZodType<T>, answer: unknown, rpcUrl: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${rpcUrl}: the answer is not as expected at ${issue?.path.join(".")}: ${issue?.message}`);
}
