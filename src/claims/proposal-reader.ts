import { decodeEventLog, parseAbiItem, toEventSelector } from "viem";
import type { Log } from "viem";
import { createLogRangeReader } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import type { ProposedClaim } from "./claim.ts";

const CLAIM_PROPOSED = parseAbiItem(
  "event ClaimProposed(bytes32 indexed claimId, bytes32 indexed parentId, address indexed proposer, bytes32 stateHash, bytes32 traceRoot, uint256 batchCount, uint256 nextBatchCount)",
);
const CLAIM_PROPOSED_TOPIC = toEventSelector(CLAIM_PROPOSED);

/** Reads the claims proposed in L1 blocks from one on, of as many as the endpoint gives logs of at once. */
export type ProposalReader = (
  from: number,
  to: number,
) => Promise<{ readonly last: number; readonly claims: readonly ProposedClaim[] }>;

/** @param maximumRange blocks of one `eth_getLogs` */
export function createProposalReader(client: L1Client, address: Address, maximumRange: number): ProposalReader {
  const proposals = createLogRangeReader({ client, address, topics: [CLAIM_PROPOSED_TOPIC], maximumRange });
  return async (from, to) => {
    const { last, logs } = await proposals.read(from, to);
    return { last, claims: logs.flatMap((log) => readProposal(log, address)) };
  };
}

function readProposal(
  { address: emitter, topics, data, blockNumber }: Log,
  address: Address,
): readonly ProposedClaim[] {
  // An endpoint may give logs that it was not asked for.
  if (toAddress(emitter) !== address || topics[0] !== CLAIM_PROPOSED_TOPIC) return [];
  const { args } = decodeEventLog({ abi: [CLAIM_PROPOSED], topics, data });
  return [
    {
      claimId: args.claimId,
      parentId: args.parentId,
      stateHash: args.stateHash,
      traceRoot: args.traceRoot,
      batchCount: Number(args.batchCount),
      proposer: toAddress(args.proposer),
      blockNumber: Number(blockNumber),
    },
  ];
}
