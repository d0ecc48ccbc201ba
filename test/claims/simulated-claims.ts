import type { Claim, ClaimOnL1, ClaimReader, OwnStates, OwnTraces, RightClaims } from "../../src/claims/index.ts";
import { createTracedClaims, rightChild } from "../../src/claims/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import { claimId } from "../../src/rollup/index.ts";

/** A state hash that is told from others by the number of batches and by what was derived of them. */
export const stateOf = (batchCount: number, version = 0): Hash =>
  `0x${(version * 1_000 + batchCount).toString(16).padStart(64, "0")}`;

/** A trace root that is told from others by the batches it covers, and by what was traced of them. */
export const traceOf = (fromBatch: number, toBatch: number, version = 0): Hash =>
  `0x${((version + 1) * 1_000_000 + fromBatch * 1_000 + toBatch).toString(16).padStart(64, "0")}`;

export interface SimulatedClaims {
  readonly states: OwnStates;
  readonly traces: Pick<OwnTraces, "rootOf">;
  readonly claims: RightClaims;
  /** L1's claims by id; the genesis claim is there. */
  readonly onL1: Map<Hash, ClaimOnL1>;
  readonly reader: Pick<ClaimReader, "read">;
  /** Ids that were asked for, in order. */
  readonly asked: Hash[];
  /** What the node derived may be changed: batches from one on by another version, how many, and how many are traced and final. */
  readonly derived: { count: number; traced: number; final: number; changedFrom: number; version: number };
  /** Puts the right child of a claim on L1. */
  propose(parent: Claim, batchCount: number, nextBatchCount: number): Claim;
}

export function createSimulatedClaims(): SimulatedClaims {
  const derived = { count: 100, traced: 100, final: 0, changedFrom: Infinity, version: 0 };
  const stateHashAt = (batchCount: number): Hash | undefined =>
    batchCount > derived.count
      ? undefined
      : stateOf(batchCount, batchCount >= derived.changedFrom ? derived.version : 0);
  const genesis: Claim = {
    claimId: claimId(ZERO_HASH, stateOf(0), ZERO_HASH),
    parentId: ZERO_HASH,
    stateHash: stateOf(0),
    traceRoot: ZERO_HASH,
    batchCount: 0,
  };
  const unknown: ClaimOnL1 = {
    proposer: ZERO_ADDRESS,
    proposedAt: 0,
    nextBatchCount: 0,
    status: "unknown",
    children: "none",
  };
  const onL1 = new Map<Hash, ClaimOnL1>([[genesis.claimId, { ...unknown, nextBatchCount: 1, status: "confirmed" }]]);
  const asked: Hash[] = [];
  const states: OwnStates = {
    genesis,
    stateHashAt,
    stateAt: () => undefined,
    isFinal: (batchCount) => batchCount <= derived.final,
  };
  const traceRootOf = (fromBatch: number, toBatch: number): Hash =>
    traceOf(fromBatch, toBatch, toBatch >= derived.changedFrom ? derived.version : 0);
  const traces: Pick<OwnTraces, "rootOf"> = {
    rootOf: ({ fromBatch, toBatch }) =>
      Promise.resolve(toBatch > derived.traced ? undefined : traceRootOf(fromBatch, toBatch)),
  };
  return {
    states,
    traces,
    claims: createTracedClaims(states, traces),
    onL1,
    asked,
    derived,
    reader: {
      read: async (id) => {
        asked.push(id);
        return onL1.get(id) ?? unknown;
      },
    },
    propose(parent, batchCount, nextBatchCount) {
      const stateHash = stateHashAt(batchCount);
      if (stateHash === undefined) throw new Error(`${batchCount} batches are not derived`);
      const traceRoot = traceRootOf(parent.batchCount, batchCount);
      const child = rightChild(parent.claimId, { stateHash, traceRoot, batchCount });
      onL1.set(child.claimId, { ...unknown, nextBatchCount, status: "proposed" });
      return child;
    },
  };
}
