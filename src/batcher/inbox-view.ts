import { inboxAbi } from "../l1/index.ts";
import type { L1Client } from "../l1/index.ts";
import type { Address } from "../primitives/index.ts";

/** The Inbox as of the latest L1 block. Timestamps are L1's, in seconds. */
export interface InboxView {
  /** Of the block a batch sent now may stand in. */
  readonly l1Timestamp: number;
  readonly batchCount: number;
  readonly messageCount: number;
  /** How many of those the batches read. */
  readonly messagesRead: number;
  readonly lastContextIndex: number;
  readonly lastContextAt: number;
  /** From when on others than the operator may post. */
  readonly selfSequencingFrom: number;
}

export async function viewInbox(client: L1Client, address: Address, l1Timestamp: number): Promise<InboxView> {
  const call = { address, abi: inboxAbi } as const;
  const [batchCount, messageCount, messagesRead, lastContextIndex, lastContextAt, selfSequencingFrom] =
    await Promise.all([
      client.readContract({ ...call, functionName: "batchCount" }),
      client.readContract({ ...call, functionName: "messageCount" }),
      client.readContract({ ...call, functionName: "messagesRead" }),
      client.readContract({ ...call, functionName: "lastContextIndex" }),
      client.readContract({ ...call, functionName: "lastContextAt" }),
      client.readContract({ ...call, functionName: "selfSequencingFrom" }),
    ]);
  return {
    l1Timestamp,
    batchCount: Number(batchCount),
    messageCount: Number(messageCount),
    messagesRead: Number(messagesRead),
    lastContextIndex: Number(lastContextIndex),
    lastContextAt: Number(lastContextAt),
    selfSequencingFrom: Number(selfSequencingFrom),
  };
}
