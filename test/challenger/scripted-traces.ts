import { DIGEST_WORDS, digestFromBytes, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { Phase, canonicalStateHash, treeOfTrace } from "../../src/machine/index.ts";
import type { ProvenStep, TraceTree, Witness } from "../../src/machine/index.ts";
import type { OwnClaim, OwnClaims } from "../../src/challenger/index.ts";

export const hashOf = (text: string): Hash => keccak256(new TextEncoder().encode(text));

/** The tree over these states. */
export function treeOf(before: Hash, states: readonly Hash[]): TraceTree {
  return treeOfTrace(before, {
    length: states.length,
    read(first, count, target) {
      for (let index = 0; index < count; index++) {
        target.set(digestFromBytes(hexToBytes(states[first + index]!)), index * DIGEST_WORDS);
      }
    },
  });
}

export const NO_WITNESS: Witness = {
  machine: new Uint8Array(),
  frame: new Uint8Array(),
  frameContext: new Uint8Array(),
  parentFrame: new Uint8Array(),
  transaction: new Uint8Array(),
  blockContext: new Uint8Array(),
  pending: new Uint8Array(),
  savedJournal: new Uint8Array(),
  bloom: new Uint8Array(),
  blockBloom: new Uint8Array(),
  sponge: new Uint8Array(),
  code: new Uint8Array(),
  stack: new Uint8Array(),
  regions: [],
  overlay: [],
  tries: [],
  appends: [],
  preimages: [],
};

export interface Heights {
  readonly claimTraceHeight: number;
  readonly unitTraceHeight: number;
}

/** Where a liar leaves the right trace. */
export interface Divergence {
  /** Tells liars apart. */
  readonly name: string;
  readonly unit: number;
  readonly step: number;
  /** Whether the claim ends in the right state all the same: then the trace is right again in the last unit. */
  readonly rightEnd?: boolean;
}

/** A claim whose trace is made up, of 2^height units of 2^height steps each. */
export interface ScriptedClaim extends OwnClaim {
  /** The state before, and those after each unit. */
  readonly before: Hash;
  readonly units: readonly Hash[];
  /** States after each step of a unit. */
  steps(unit: number): readonly Hash[];
}

/**
 * @param parentStateHash what the claim stands on
 * @param stateHash what it claims
 */
export function scriptClaim(
  heights: Heights,
  parentStateHash: Hash,
  stateHash: Hash,
  divergence?: Divergence,
): ScriptedClaim {
  const unitCount = 2 ** heights.claimTraceHeight;
  const stepCount = 2 ** heights.unitTraceHeight;
  const before = canonicalStateHash(Phase.LoadBatch, parentStateHash);
  const isWrong = (unit: number, step: number): boolean =>
    divergence !== undefined &&
    (unit > divergence.unit || (unit === divergence.unit && step >= divergence.step)) &&
    !(divergence.rightEnd === true && unit === unitCount - 1 && step === stepCount - 1);
  const stateAfter = (unit: number, step: number): Hash =>
    unit === unitCount - 1 && step === stepCount - 1
      ? canonicalStateHash(Phase.Halt, stateHash)
      : hashOf(`${parentStateHash} ${isWrong(unit, step) ? divergence!.name : "right"} ${unit} ${step}`);
  const units = Array.from({ length: unitCount }, (_, unit) => stateAfter(unit, stepCount - 1));
  const steps = (unit: number): readonly Hash[] =>
    Array.from({ length: stepCount }, (_, step) => stateAfter(unit, step));
  const tree = treeOf(before, units);
  return {
    before,
    units,
    steps,
    stateHash,
    traceRoot: tree.root(0, heights.claimTraceHeight),
    trace: {
      halves: async (start, height) => tree.halves(start, height),
      openPrefix: async (start) => tree.openPrefix(start),
      stateHash: async (index) => tree.stateHash(index),
    },
    openUnit(unit) {
      const stepsTree = treeOf(unit === 0 ? before : units[unit - 1]!, steps(unit));
      return {
        root: async (start, height) => stepsTree.root(start, height),
        halves: async (start, height) => stepsTree.halves(start, height),
        openPrefix: async (start) => stepsTree.openPrefix(start),
        proof: async (index, height) => stepsTree.proof(index, height),
        prove: async (index): Promise<ProvenStep> => ({
          kind: index === 0 ? "start" : "step",
          before: index === 0 ? stepsTree.before : stepsTree.stateHash(index - 1),
          witness: NO_WITNESS,
          after: stepsTree.stateHash(index),
        }),
      };
    },
  };
}

/** Judges by scripted claims, by the number of batches of their parents. */
export function scriptJudge(
  genesisStateHash: Hash,
  claims: ReadonlyMap<number, { readonly batchCount: number; readonly claim: ScriptedClaim }>,
): OwnClaims {
  return {
    stateHashAt: (batchCount) =>
      batchCount === 0
        ? genesisStateHash
        : [...claims.values()].find((found) => found.batchCount === batchCount)?.claim.stateHash,
    childOf: async (parent) => claims.get(parent.batchCount)?.claim,
  };
}
