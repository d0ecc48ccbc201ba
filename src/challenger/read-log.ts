import { decodeEventLog, toEventSelector } from "viem";
import type { Log } from "viem";
import { InconsistentL1Error, challengeGameAbi, stateCommitmentChainAbi } from "../l1/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { DisputeContracts } from "./calls.ts";
import type { DisputeEvent, EventOrigin } from "./dispute-event.ts";

const CHAIN_EVENTS = ["ClaimProposed", "ClaimConfirmed", "ClaimForfeited", "BondMoved", "BondWithdrawn"] as const;

const topicsOf = (
  abi: typeof stateCommitmentChainAbi | typeof challengeGameAbi,
  names: readonly string[] | undefined,
): readonly Hash[] =>
  abi.flatMap((item) =>
    item.type === "event" && (names === undefined || names.includes(item.name)) ? [toEventSelector(item)] : [],
  );

/** First topics of the logs that are events of disputes, by contract: other logs are not asked for. */
export const DISPUTE_TOPICS = {
  stateCommitmentChain: topicsOf(stateCommitmentChainAbi, CHAIN_EVENTS),
  challengeGame: topicsOf(challengeGameAbi, undefined),
} as const;

/** Numbers of batches and seconds are far below 2^53, which the contracts see to. */
function toNumber(value: bigint, log: Log): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new InconsistentL1Error(`transaction ${log.transactionHash ?? "(none)"} has a log with the number ${value}`);
  }
  return number;
}

/** A log as an event; undefined if it is of another contract, or of no event of disputes. @throws InconsistentL1Error */
export function readDisputeLog(log: Log, contracts: DisputeContracts, timestamp: number): DisputeEvent | undefined {
  const emitter = toAddress(log.address);
  const { blockNumber, logIndex, transactionHash } = log;
  if (blockNumber === null || logIndex === null || transactionHash === null || log.removed) {
    throw new InconsistentL1Error("expected a log of a block, got one without");
  }
  const origin = { blockNumber: Number(blockNumber), logIndex, timestamp, transactionHash };
  const [topic] = log.topics;
  if (topic === undefined) return undefined;
  try {
    if (emitter === contracts.stateCommitmentChain && DISPUTE_TOPICS.stateCommitmentChain.includes(topic)) {
      return readChainEvent(log, origin);
    }
    if (emitter === contracts.challengeGame && DISPUTE_TOPICS.challengeGame.includes(topic)) {
      return readGameEvent(log, origin);
    }
    return undefined;
  } catch (error) {
    if (error instanceof InconsistentL1Error) throw error;
    throw new InconsistentL1Error(`transaction ${transactionHash} has a log that is no event of the contract`);
  }
}

function readChainEvent(log: Log, origin: EventOrigin): DisputeEvent | undefined {
  const event = decodeEventLog({ abi: stateCommitmentChainAbi, topics: log.topics, data: log.data });
  switch (event.eventName) {
    case "ClaimProposed":
      return {
        kind: "claim-proposed",
        ...event.args,
        proposer: toAddress(event.args.proposer),
        batchCount: toNumber(event.args.batchCount, log),
        nextBatchCount: toNumber(event.args.nextBatchCount, log),
        origin,
      };
    case "ClaimConfirmed":
      return { kind: "claim-confirmed", ...event.args, origin };
    case "ClaimForfeited":
      return { kind: "claim-forfeited", ...event.args, origin };
    case "BondMoved":
      return { kind: "bond-moved", from: event.args.from, to: event.args.to, origin };
    case "BondWithdrawn":
      return { kind: "bond-withdrawn", claimId: event.args.claimId, origin };
    case "BondForfeited":
      return undefined;
  }
}

function readGameEvent(log: Log, origin: EventOrigin): DisputeEvent {
  const event = decodeEventLog({ abi: challengeGameAbi, topics: log.topics, data: log.data });
  switch (event.eventName) {
    case "ClaimBisected":
      return { kind: "claim-bisected", ...event.args, player: toAddress(event.args.player), origin };
    case "Bisected":
      return { kind: "bisected", ...event.args, player: toAddress(event.args.player), origin };
    case "Opened":
      return { kind: "opened", ...event.args, player: toAddress(event.args.player), origin };
    case "Proven":
      return { kind: "proven", ...event.args, player: toAddress(event.args.player), origin };
    case "ProofsConflict":
      return { kind: "proofs-conflict", ...event.args, origin };
    case "ClaimDecided":
      return { kind: "claim-decided", ...event.args, total: toNumber(event.args.total, log), origin };
    case "UnitDecided":
      return {
        kind: "unit-decided",
        ...event.args,
        opener: toAddress(event.args.opener),
        total: toNumber(event.args.total, log),
        origin,
      };
    case "TotalCached":
      return { kind: "total-cached", ...event.args, total: toNumber(event.args.total, log), origin };
    case "BondLost":
      return { kind: "bond-lost", ...event.args, origin };
    case "Credited":
    case "Withdrawn":
      return {
        kind: event.eventName === "Credited" ? "credited" : "withdrawn",
        account: toAddress(event.args.account),
        amount: event.args.amount,
        origin,
      };
  }
}
