import type { Address, Client, Hash } from "viem";
import { z } from "zod";
import { blockSchema, countSchema } from "./answers.ts";
import { ask } from "./asking.ts";
import { requireIndex } from "./arguments.ts";
import { costOfCall, costOfGas, finalizationGas } from "./costs.ts";
import type { Cost } from "./costs.ts";
import { OnestepError } from "./errors.ts";
import { messageStatusOf, messageStatusSchema } from "./message-status.ts";
import type { MessageId, MessageStatus } from "./message-status.ts";
import { readRollup } from "./rollup.ts";
import type { Rollup } from "./rollup.ts";
import { findReceipt, sendCall } from "./sending.ts";
import type { Sender } from "./sending.ts";
import { relayOutcomeOf, sendTransfer } from "./transfers.ts";
import type { RelayOutcome, Transfer, TransferRequest } from "./transfers.ts";
import { poll } from "./waiting.ts";
import type { WaitOptions } from "./waiting.ts";
import { executionTime, withdrawalSchema, withdrawalStatusSchema } from "./withdrawal-status.ts";
import type { ExecutionTime, Withdrawal, WithdrawalStatus } from "./withdrawal-status.ts";
import { withdrawalCall, withdrawalProofSchema } from "./withdrawals.ts";
import type { WithdrawalProof, WithdrawalRequest } from "./withdrawals.ts";

const syncStatusSchema = z.object({
  synced: z.boolean(),
  reason: z.string().nullable(),
  l1Head: z.object({ number: countSchema }).nullable(),
  l1Synced: z.object({ number: countSchema }).nullable(),
  batchCount: countSchema,
  derivedBatchCount: countSchema,
  messageCount: countSchema,
  latest: blockSchema,
  safe: blockSchema,
  finalized: blockSchema,
});

/** How far the node of an L2 endpoint is: what it has read of L1, and its heads. */
export type SyncStatus = z.output<typeof syncStatusSchema>;

/** Called with every status that differs from the one before. */
export interface Watching<Status> {
  readonly onStatus?: ((status: Status) => void) | undefined;
}

// A type, not an interface: viem extends clients by those alone.
export type PublicActionsL2 = {
  /** The rollup of the endpoint, which is believed. Asked for once. */
  getRollup(): Promise<Rollup>;
  getSyncStatus(): Promise<SyncStatus>;
  /** Rejects with an `unknown-message`, also while the node has not read it from L1 yet. */
  getMessageStatus(message: MessageId): Promise<MessageStatus>;
  /** Waits until the message is in an L2 block; whether it ran, the status says. */
  waitForMessage(
    options: MessageId & WaitOptions & Watching<MessageStatus>,
  ): Promise<Exclude<MessageStatus, { status: "enqueued" }>>;
  /**
   * What became of the call that a message of L1's messenger makes, by the hash of its L2 transaction: `failed` ones can be tried again
   * (`L2Messenger.replayMessage`); `none` if the transaction relayed nothing, as one that ran out of gas. Rejects with an `unknown-transaction`.
   */
  getRelayOutcome(options: { readonly hash: Hash }): Promise<RelayOutcome>;
  /** The messages to L1 that an L2 transaction sent. Rejects with an `unknown-transaction` or `nothing-sent`. */
  getWithdrawals(options: { readonly hash: Hash }): Promise<readonly Withdrawal[]>;
  /** Rejects with an `unknown-withdrawal`. */
  getWithdrawalStatus(options: { readonly index: number }): Promise<WithdrawalStatus>;
  getTimeToFinalize(options: { readonly index: number }): Promise<ExecutionTime>;
  /** Waits until it can be executed, or until only `confirm` is missing if `untilConfirmable`; resolves if it is executed too. */
  waitForWithdrawal(
    options: { readonly index: number; readonly untilConfirmable?: boolean } & WaitOptions & Watching<WithdrawalStatus>,
  ): Promise<WithdrawalStatus>;
  /** What pays the withdrawal; rejects with a `not-executable` while no claim covers it. */
  getWithdrawalProof(options: { readonly index: number }): Promise<WithdrawalProof>;
  /**
   * What a withdrawal costs: on L2 its sender, who must have the ETH; on L1, at today's price, whoever executes it, with the confirmation of
   * its claim. Of the call of its target `minimumGas` is counted.
   */
  estimateWithdrawalCost(
    options: WithdrawalRequest & { readonly account: Address; readonly l1: Client },
  ): Promise<Cost>;
};

export function createPublicActionsL2(client: Client): PublicActionsL2 {
  let rollup: Promise<Rollup> | undefined;
  const getRollup = (): Promise<Rollup> => {
    rollup ??= readRollup(client).catch((error: unknown) => {
      rollup = undefined;
      throw error;
    });
    return rollup;
  };

  async function findMessage(message: MessageId): Promise<MessageStatus | undefined> {
    const answer = await ask(client, "rollup_getMessageStatus", [identify(message)], messageStatusSchema);
    return answer === null ? undefined : messageStatusOf(answer, await getRollup());
  }

  async function getWithdrawalStatus({ index }: { readonly index: number }): Promise<WithdrawalStatus> {
    requireIndex("index", index);
    const answer = await ask(client, "rollup_getWithdrawalStatus", [index], withdrawalStatusSchema);
    if (answer === null) throw new OnestepError({ kind: "unknown-withdrawal", index });
    return answer;
  }

  return {
    getRollup,
    getSyncStatus: () => ask(client, "rollup_syncStatus", [], syncStatusSchema),
    async getMessageStatus(message) {
      const status = await findMessage(message);
      if (status === undefined) throw new OnestepError({ kind: "unknown-message", message: identify(message) });
      return status;
    },
    async waitForMessage({ onStatus, ...options }) {
      const tell = onChange(onStatus);
      return poll(`message ${identify(options)} on L2`, options, async () => {
        const status = await findMessage(options);
        if (status !== undefined) tell(status);
        return status === undefined || status.status === "enqueued" ? undefined : status;
      });
    },
    async getRelayOutcome({ hash }) {
      const receipt = await findReceipt(client, hash);
      if (receipt === undefined) throw new OnestepError({ kind: "unknown-transaction", layer: "L2", hash });
      return relayOutcomeOf(receipt.logs);
    },
    async getWithdrawals({ hash }) {
      const answer = await ask(client, "rollup_getWithdrawals", [hash], z.array(withdrawalSchema).nullable());
      if (answer === null) throw new OnestepError({ kind: "unknown-transaction", layer: "L2", hash });
      if (answer.length === 0) throw new OnestepError({ kind: "nothing-sent", layer: "L2", hash });
      return answer;
    },
    getWithdrawalStatus,
    async getTimeToFinalize(options) {
      return executionTime(await getWithdrawalStatus(options));
    },
    async waitForWithdrawal({ onStatus, untilConfirmable = false, ...options }) {
      const tell = onChange(onStatus);
      return poll(`withdrawal ${options.index} to be executable`, options, async () => {
        const status = await getWithdrawalStatus(options);
        tell(status);
        const { status: at } = status;
        return at === "executable" || at === "executed" || (untilConfirmable && at === "confirmable")
          ? status
          : undefined;
      });
    },
    async getWithdrawalProof({ index }) {
      const proof = await ask(client, "rollup_getWithdrawalProof", [index], withdrawalProofSchema);
      if (proof !== null) return proof;
      const status = await getWithdrawalStatus({ index });
      throw new OnestepError({ kind: "not-executable", index, status });
    },
    async estimateWithdrawalCost({ account, l1, ...request }) {
      const call = withdrawalCall(await getRollup(), request);
      const [onL1, onL2] = await Promise.all([
        costOfGas(l1, finalizationGas({ ...request, confirmations: 1 })),
        costOfCall(client, "L2", account, call),
      ]);
      return { l1: onL1, l2: onL2 };
    },
  };
}

export type WalletActionsL2 = {
  /**
   * Sends tokens to L1, with ETH and a call if asked for; allows the bridge to take them first, where it may not yet. It is the beginning of
   * a withdrawal, which is followed and finalized as any.
   */
  bridge(request: TransferRequest & WaitOptions): Promise<Transfer>;
  /** Sends a message, or ETH alone, to L1: the beginning of a withdrawal. Resolves with the hash of the L2 transaction. */
  initiateWithdrawal(request: WithdrawalRequest): Promise<Hash>;
};

export function createWalletActionsL2(client: Client, sender: Sender): WalletActionsL2 {
  const { getRollup } = createPublicActionsL2(client);
  return {
    async initiateWithdrawal(request) {
      const rollup = await getRollup();
      const { l2ChainId: chainId } = rollup;
      return sendCall({ client, sender, layer: "L2", chainId }, withdrawalCall(rollup, request));
    },
    async bridge(request) {
      const rollup = await getRollup();
      return sendTransfer({ client, sender, layer: "L2", chainId: rollup.l2ChainId }, rollup, request, request);
    },
  };
}

function identify(message: MessageId): Hash | number {
  if ("hash" in message) return message.hash;
  requireIndex("index", message.index);
  return message.index;
}

/** A listener that hears of a status only if it is another than before. */
function onChange<Status extends { readonly status: string }>(
  listener: ((status: Status) => void) | undefined,
): (status: Status) => void {
  let last: string | undefined;
  return (status) => {
    if (status.status === last) return;
    last = status.status;
    listener?.(status);
  };
}
