import type { ExecutionTime, MessageStatus, WithdrawalStatus } from "../client/index.ts";
import { formatEther } from "viem";
import { formatDuration, formatTime } from "./narration.ts";

/** How far a message to L2 is, in a line. */
export function describeMessage(status: MessageStatus): string {
  const name = `message ${status.index} (${status.hash})`;
  switch (status.status) {
    case "enqueued":
      return `${name}: in the Inbox on L1 since ${seconds(status.enqueuedAt)}, not on L2 yet; can be forced from L1 time ${seconds(status.forceableAt)}`;
    case "included":
      return `${name}: read in L2 block ${status.block.number} (${status.head})`;
    case "executed":
      return `${name}: executed in L2 block ${status.block.number} (${status.head})`;
    case "failed":
      return `${name}: FAILED in L2 block ${status.block.number} (${status.head}); what it minted stays on L2`;
  }
}

/** What a message to L1 is, in a line. */
export function describeWithdrawal({ withdrawal }: WithdrawalStatus): string {
  const { index, sender, target, value, data } = withdrawal;
  const call = data === "0x" ? "" : ` with ${(data.length - 2) / 2} bytes of data`;
  return `withdrawal ${index}: ${formatEther(value)} ETH from ${sender} on L2 to ${target} on L1${call}`;
}

/** How far a message to L1 is, and what comes next. */
export function describeProgress(status: WithdrawalStatus): string {
  switch (status.status) {
    case "sent":
      return `sent in L2 block ${status.blockNumber}; its batch is not on L1 yet`;
    case "safe":
      return "its batch is on L1; no claim covers it yet";
    case "claimed":
      return `claimed (${status.claim.id}); the challenge period runs`;
    case "disputed":
      return `disputed: a claim it hangs on has rivals (\`onestep dispute\`); decided by L1 time ${seconds(status.decidedBy)} if an honest challenger answers`;
    case "confirmable":
      return `claims to confirm: ${status.unconfirmed.length}; \`onestep finalize\` does`;
    case "executable":
      return "ready to be paid: `onestep finalize`";
    case "executed":
      return "executed: paid on L1";
  }
}

export function describeExecutionTime(time: ExecutionTime): string {
  switch (time.kind) {
    case "past":
      return "executed";
    case "now":
      return "executable now";
    case "at":
      return `executable in ${formatDuration(time.seconds)} unless disputed, about ${formatTime(time.estimatedAt)} (L1 time ${seconds(time.l1Timestamp)})`;
    case "not-before":
      return `not executable for ${formatDuration(time.seconds)} at least, until about ${formatTime(time.estimatedAt)} (L1 time ${seconds(time.l1Timestamp)})`;
  }
}

/** An L1 timestamp. */
export function seconds(timestamp: number): string {
  return formatTime(new Date(1_000 * timestamp));
}
