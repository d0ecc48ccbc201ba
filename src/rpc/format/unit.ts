import { describeSkip } from "../../ethereum/index.ts";
import type { Hash } from "../../primitives/index.ts";
import type { BlockUnit, UnitContent } from "../../traces/index.ts";
import { formatQuantity } from "./scalars.ts";

/** A unit of a block, as answers have it. */
export interface FormattedUnit {
  /** Among the units of its batch. */
  readonly index: number;
  readonly stepCount: number;
  /** The boundary state after it; null where it is not traced. */
  readonly stateHash: Hash | null;
  /** A line to print. */
  readonly text: string;
}

/** With the fields of its kind. */
export function formatUnit({ index, content, stepCount, stateHash }: BlockUnit): FormattedUnit {
  const { kind } = content;
  const state = stateHash === undefined ? "" : `  → ${stateHash}`;
  const steps = `${stepCount} steps`;
  const fields = { kind, ...fieldsOf(content) };
  return {
    index,
    ...fields,
    stepCount,
    stateHash: stateHash ?? null,
    text: `unit ${index}  ${kind.padEnd(11)}  ${steps.padEnd(12)}  ${describeUnit(content)}${state}`,
  };
}

function fieldsOf(content: UnitContent): object {
  switch (content.kind) {
    case "LoadBatch": {
      const { kind, dataHash, messagesUpTo, timestamp } = content.batch;
      const { payloadLength } = content;
      return { dataKind: kind, dataHash, messagesUpTo, l1Timestamp: timestamp, payloadLength };
    }
    case "BeginBlock": {
      const { number, timestamp, isImplied, messages, transactions, gasLeft } = content;
      return { number, timestamp, isImplied, messages, transactions, gasLeft: formatQuantity(gasLeft) };
    }
    case "Message": {
      const { index, hash, kind } = content.message;
      return { messageIndex: index, messageHash: hash, messageKind: kind, ...outcomeOf(content.outcome) };
    }
    case "Transaction":
      return { transactionHash: content.hash ?? null, ...outcomeOf(content.outcome) };
    case "EndBlock": {
      const { number, gasUsed, stateRoot } = content.header;
      return { number, hash: content.hash, gasUsed: formatQuantity(gasUsed), stateRoot };
    }
  }
}

type Outcome = Extract<UnitContent, { readonly outcome: object }>["outcome"];

function outcomeOf(outcome: Outcome): object {
  switch (outcome.kind) {
    case "executed":
    case "included":
      return { outcome: outcome.kind, status: outcome.status, gasUsed: formatQuantity(outcome.gasUsed) };
    case "skipped":
    case "not-run":
      return { outcome: outcome.kind, reason: describeSkip(outcome.reason) };
    case "written":
    case "postponed":
    case "payload-ended":
      return { outcome: outcome.kind };
  }
}

function describeUnit(content: UnitContent): string {
  switch (content.kind) {
    case "LoadBatch": {
      const { kind, messagesUpTo, timestamp } = content.batch;
      return `${kind} of ${content.payloadLength} bytes at ${timestamp}, messages up to ${messagesUpTo}`;
    }
    case "BeginBlock": {
      const { number, timestamp, isImplied, messages, transactions, gasLeft } = content;
      const extent = isImplied
        ? `implied by ${messages} messages`
        : `up to ${messages} messages, ${transactions} transactions listed`;
      return `block ${number} at ${timestamp}: ${extent}, ${gasLeft} gas in the bucket`;
    }
    case "Message": {
      const { index, hash, kind } = content.message;
      return `message ${index}, ${kind} ${hash}: ${describeOutcome(content.outcome)}`;
    }
    case "Transaction":
      return `${content.hash === undefined ? "" : `${content.hash}: `}${describeOutcome(content.outcome)}`;
    case "EndBlock": {
      const { number, gasUsed } = content.header;
      return `block ${number} is ${content.hash}, ${gasUsed} gas used`;
    }
  }
}

function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "executed":
    case "included":
      return `${outcome.kind}, status ${outcome.status}, ${outcome.gasUsed} gas used`;
    case "skipped":
      return `skipped: ${describeSkip(outcome.reason)}`;
    case "not-run":
      return `not run: ${describeSkip(outcome.reason)}`;
    case "written":
      return "written";
    case "postponed":
      return "too heavy for what the block may still take: the next block takes it";
    case "payload-ended":
      return "nothing more is read of the payload, which has no transaction here, or one that the bucket does not pay for";
  }
}
