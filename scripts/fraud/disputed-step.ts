import type { PublicClient } from "viem";
import { stateCommitmentChainAbi } from "../../src/l1/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";

/** A step as `rollup_traceUnits` shows it. */
export interface ShownStep {
  readonly index: number;
  readonly name: string;
  readonly pc?: number;
  readonly operands?: readonly string[];
  readonly changes: readonly string[];
}

interface ShownUnit {
  readonly index: number;
  readonly kind: string;
  readonly transactionHash?: Hash | null;
  readonly steps: readonly ShownStep[];
}

/** A step of a transaction in a claim on L1. */
export interface DisputedStep {
  readonly parent: { readonly claimId: Hash; readonly batchCount: number; readonly nextBatchCount: number };
  readonly transaction: Hash;
  readonly blockNumber: number;
  readonly batch: number;
  readonly kind: string;
  /** Units of the claim. */
  readonly unitCount: number;
  /** Index in the claim. */
  readonly unit: number;
  /** Of the unit. */
  readonly steps: number;
  readonly step: number;
  readonly report: ShownStep;
  /** The state after it. */
  readonly right: Hash;
}

/**
 * The first step of an opcode in a transaction, in the first claim that has it; undefined while there is none that this node has
 * traced.
 */
export async function findDisputedStep(
  node: RunningNode,
  { l1, l2 }: { readonly l1: PublicClient; readonly l2: PublicClient },
  of: { readonly transaction: Hash; readonly blockNumber: number; readonly opcode: string },
): Promise<DisputedStep | undefined> {
  const { chain, database, config, traces } = node;
  const claims = await l1.getContractEvents({
    address: config.contracts.stateCommitmentChain,
    abi: stateCommitmentChainAbi,
    eventName: "ClaimProposed",
    fromBlock: BigInt(config.l1StartBlock),
    strict: true,
  });
  if (traces === undefined) throw new Error("expected a node with traces");
  let fromBatch = 0;
  for (const { args } of claims) {
    const toBatch = Number(args.batchCount);
    const parent = { claimId: args.parentId, batchCount: fromBatch, nextBatchCount: toBatch };
    if (database.traces.batchCount() < toBatch) return undefined;
    let unitsBefore = 0;
    for (let batch = fromBatch; batch < toBatch; batch++) {
      const { unitCount = 0 } = database.traces.getBatch(batch) ?? {};
      const first = chain.store.getDerivedBatch(batch)?.lastBlock ?? -1;
      const isInBatch = of.blockNumber <= first && of.blockNumber > lastBlockBefore(node, batch);
      if (isInBatch) {
        const found = await findInBlock(l2, of.blockNumber, of);
        const claim = await traces.openClaim({ fromBatch, toBatch });
        const unit = unitsBefore + found.index;
        const trace = await claim.openUnit(unit);
        const right = await trace.stateHash(found.report.index);
        return {
          ...{ parent, batch, unit, right, kind: "unit Transaction", steps: trace.length, unitCount: claim.length },
          ...{
            transaction: of.transaction,
            blockNumber: of.blockNumber,
            step: found.report.index,
            report: found.report,
          },
        };
      }
      unitsBefore += unitCount;
    }
    fromBatch = toBatch;
  }
  return undefined;
}

function lastBlockBefore({ chain }: RunningNode, batch: number): number {
  return batch === 0 ? 0 : (chain.store.getDerivedBatch(batch - 1)?.lastBlock ?? 0);
}

/** The devnet shows the units of a block, and their steps. */
async function findInBlock(
  l2: PublicClient,
  blockNumber: number,
  { transaction, opcode }: { readonly transaction: Hash; readonly opcode: string },
): Promise<{ readonly index: number; readonly report: ShownStep }> {
  const block = `0x${blockNumber.toString(16)}`;
  const { units } = await l2.request<{
    Method: string;
    Parameters: readonly unknown[];
    ReturnType: { readonly units: readonly ShownUnit[] };
  }>({
    method: "rollup_traceUnits",
    params: [block, { steps: true, limit: 1_000_000 }],
  });
  const unit = units.find(({ transactionHash }) => transactionHash === transaction);
  const report = unit?.steps.find(({ name }) => name === opcode);
  if (unit === undefined || report === undefined) {
    throw new Error(`expected block ${blockNumber} to have transaction ${transaction}, with an ${opcode}`);
  }
  return { index: unit.index, report };
}
