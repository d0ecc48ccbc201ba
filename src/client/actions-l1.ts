import { numberToHex, toEventSelector } from "viem";
import type { Address, Client, Hash, Log } from "viem";
import { estimateGas, getBlock, getCode, readContract } from "viem/actions";
import { inboxAbi } from "./abi.ts";
import { createPublicActionsL2 } from "./actions-l2.ts";
import { requireIndex } from "./arguments.ts";
import { FREE, costOfCall, costOfGas, finalizationGas } from "./costs.ts";
import type { Cost, LayerCost } from "./costs.ts";
import { OnestepError } from "./errors.ts";
import { findRevert } from "./failure.ts";
import { forceableAt } from "./message-status.ts";
import { decodeMessages, depositCall, forceIncludeCall, messageCall, withDepositGas } from "./messages.ts";
import type { Call, MessageRequest, SentMessage } from "./messages.ts";
import { isForbiddenTarget, requireL1 } from "./rollup.ts";
import type { Rollup } from "./rollup.ts";
import { awaitTransaction, findReceipt, sendCall } from "./sending.ts";
import type { Sender } from "./sending.ts";
import { sendTransfer } from "./transfers.ts";
import type { Transfer, TransferRequest } from "./transfers.ts";
import type { WaitOptions } from "./waiting.ts";
import type { Claim } from "./withdrawal-status.ts";
import { claimsToConfirm, confirmCall, executeCall } from "./withdrawals.ts";
import type { Finalization, WithdrawalProof } from "./withdrawals.ts";

const MESSAGE_TOPICS = inboxAbi.filter((item) => item.type === "event").map((event) => toEventSelector(event));

/** Where a message stands by what L1 alone says; times are L1 timestamps in seconds. */
export type ForcingStatus = { readonly index: number; readonly l1Timestamp: number } & (
  | { readonly status: "included" }
  /** The operator may leave it out until `forceableAt`. */
  | { readonly status: "waiting"; readonly forceableAt: number; readonly message: SentMessage }
  /** Anybody may force it in, and all before it. */
  | { readonly status: "overdue"; readonly forceableAt: number; readonly message: SentMessage }
);

// A type, not an interface: viem extends clients by those alone.
export type PublicActionsL1 = {
  /** Rejects unless the endpoint is of the rollup's L1, with the rollup on it (`wrong-chain`, `no-rollup`). */
  requireRollup(): Promise<void>;
  /** L1 timestamp in seconds that a transaction sent now can expect. */
  getL1Timestamp(): Promise<number>;
  /** Messages to L2 that an L1 transaction sent. Rejects with an `unknown-transaction` or `nothing-sent`. */
  getMessages(options: { readonly hash: Hash }): Promise<readonly SentMessage[]>;
  /** The same, once the transaction is in a block. Rejects with a `transaction-failed` or `timeout` too. */
  waitForMessages(options: { readonly hash: Hash } & WaitOptions): Promise<readonly SentMessage[]>;
  /** Whether a message can be forced in, or when. Rejects with an `unknown-message`. */
  getForcingStatus(options: { readonly index: number; readonly blockNumber?: number }): Promise<ForcingStatus>;
  /** Rejects with a `recipient-refuses` or `forbidden-target` if plain ETH sent to `target` could not be paid. */
  requireRecipient(options: { readonly target: Address; readonly value: bigint }): Promise<void>;
  estimateDepositCost(options: {
    readonly account: Address;
    readonly to?: Address;
    readonly value: bigint;
  }): Promise<Cost>;
  /** On L2 the gas limit at the current base fee, of which a message pays no more than the floor: so it is a bound. */
  estimateMessageCost(options: MessageRequest & { readonly account: Address; readonly l2: Client }): Promise<Cost>;
  /**
   * What it costs now to pay a withdrawal: by the call itself where it can be executed, otherwise by what was measured, with the
   * confirmations that are missing, one if no claim covers it yet.
   */
  estimateFinalizationCost(options: {
    readonly account: Address;
    readonly l2: Client;
    readonly index: number;
  }): Promise<LayerCost>;
};

export function createPublicActionsL1(client: Client, rollup: Rollup): PublicActionsL1 {
  const { inbox, portal } = rollup.contracts;
  const read = (functionName: "messageCount" | "messagesRead"): Promise<bigint> =>
    readContract(client, { address: inbox, abi: inboxAbi, functionName });

  async function getL1Timestamp(): Promise<number> {
    const [latest, pending] = await Promise.all([
      getBlock(client),
      // Not every endpoint has one; an L1 that mines with transactions only may have a head that is days old.
      getBlock(client, { blockTag: "pending" }).catch(() => undefined),
    ]);
    return Math.max(Number(latest.timestamp), Number(pending?.timestamp ?? 0));
  }

  /** The event of message `index`, which is in L1 block `blockNumber` if that is given. */
  async function findMessage(index: number, blockNumber: number | undefined): Promise<SentMessage> {
    const logs = await client.request({
      method: "eth_getLogs",
      params: [
        {
          address: inbox,
          topics: [[...MESSAGE_TOPICS], numberToHex(index, { size: 32 })],
          fromBlock: numberToHex(blockNumber ?? rollup.l1StartBlock),
          toBlock: blockNumber === undefined ? "latest" : numberToHex(blockNumber),
        },
      ],
    });
    const message = decodeMessages(logs as unknown as readonly Log[], inbox).find((found) => found.index === index);
    if (message === undefined) throw new OnestepError({ kind: "unknown-message", message: index });
    return message;
  }

  function messagesOf(hash: Hash, logs: readonly Log[]): readonly SentMessage[] {
    const messages = decodeMessages(logs, inbox);
    if (messages.length === 0) throw new OnestepError({ kind: "nothing-sent", layer: "L1", hash });
    return messages;
  }

  return {
    requireRollup: () => requireL1(client, rollup),
    getL1Timestamp,
    async getMessages({ hash }) {
      const receipt = await findReceipt(client, hash);
      if (receipt === undefined) throw new OnestepError({ kind: "unknown-transaction", layer: "L1", hash });
      return messagesOf(hash, receipt.logs);
    },
    async waitForMessages({ hash, ...options }) {
      return messagesOf(hash, (await awaitTransaction(client, "L1", hash, options)).logs);
    },
    async getForcingStatus({ index, blockNumber }) {
      requireIndex("index", index);
      const [count, included, l1Timestamp] = await Promise.all([
        read("messageCount"),
        read("messagesRead"),
        getL1Timestamp(),
      ]);
      if (index >= count) throw new OnestepError({ kind: "unknown-message", message: index });
      if (index < included) return { status: "included", index, l1Timestamp };
      const message = await findMessage(index, blockNumber);
      const from = forceableAt(message.enqueuedAt, rollup.parameters.forceInclusionDelay);
      const status = l1Timestamp >= from ? "overdue" : "waiting";
      return { status, index, l1Timestamp, forceableAt: from, message };
    },
    async requireRecipient({ target, value }) {
      if (isForbiddenTarget(rollup, target)) throw new OnestepError({ kind: "forbidden-target", target });
      // An account without code takes anything.
      if ((await getCode(client, { address: target })) === undefined) return;
      try {
        // The Portal may have less than it pays then: what comes with deposits is in the Inbox until it is needed.
        const stateOverride = [{ address: portal, balance: value + (1n << 128n) }];
        await estimateGas(client, { account: portal, to: target, value, stateOverride }).catch(
          async (error: unknown) => {
            if (findRevert(error) !== undefined) throw error;
            // This endpoint takes no overrides; a transfer of nothing tells the same of most contracts.
            await estimateGas(client, { account: portal, to: target, value: 0n });
          },
        );
      } catch (error) {
        if (findRevert(error) === undefined) throw error;
        throw new OnestepError({ kind: "recipient-refuses", target, returnData: "0x" }, { cause: error });
      }
    },
    async estimateDepositCost({ account, to = account, value }) {
      return { l1: await costOfCall(client, "L1", account, depositCall(rollup, { to, value })), l2: FREE };
    },
    async estimateMessageCost({ account, l2, ...request }) {
      const call = messageCall(rollup, account, request);
      const [onL1, onL2] = await Promise.all([
        costOfCall(client, "L1", account, call),
        costOfGas(l2, request.gasLimit),
      ]);
      return { l1: onL1, l2: onL2 };
    },
    async estimateFinalizationCost({ account, l2, index }) {
      const onL2 = createPublicActionsL2(l2);
      const status = await onL2.getWithdrawalStatus({ index });
      if (status.status === "executed") throw new OnestepError({ kind: "already-executed", index });
      if (status.status === "executable") {
        return costOfCall(client, "L1", account, executeCall(rollup, await onL2.getWithdrawalProof({ index })));
      }
      const confirmations = "unconfirmed" in status ? status.unconfirmed.length : 1;
      return costOfGas(client, finalizationGas({ ...status.withdrawal, confirmations }));
    },
  };
}

export type WalletActionsL1 = {
  /** Sends tokens to L2, with ETH and a call if asked for; allows the bridge to take them first, where it may not yet. */
  bridge(request: TransferRequest & WaitOptions): Promise<Transfer>;
  /** Mints ETH on L2 for `to`, the sender's account unless given. Resolves with the hash of the L1 transaction, as the others do. */
  depositEther(options: { readonly value: bigint; readonly to?: Address | undefined }): Promise<Hash>;
  /** Sends an L2 transaction from L1. */
  sendMessage(request: MessageRequest): Promise<Hash>;
  /** Forces a message in, and all before it. Rejects with a `not-overdue` or `already-included`. */
  forceInclude(options: { readonly index: number; readonly blockNumber?: number }): Promise<Hash>;
  confirmClaim(claim: Pick<Claim, "parentId" | "stateHash" | "traceRoot">): Promise<Hash>;
  executeWithdrawal(proof: WithdrawalProof): Promise<Hash>;
  /**
   * Pays a withdrawal that is `executable` or `confirmable`: confirms what claims it takes, waits for each, and executes. Rejects with a
   * `not-executable` or `already-executed`, or a `recipient-refuses`. `l2` is an endpoint of a node.
   */
  finalizeWithdrawal(
    options: {
      readonly index: number;
      readonly l2: Client;
      /** Called with every transaction that was sent. */
      readonly onSent?: ((what: "confirm" | "execute", hash: Hash) => void) | undefined;
    } & WaitOptions,
  ): Promise<Finalization>;
};

export function createWalletActionsL1(client: Client, sender: Sender, rollup: Rollup): WalletActionsL1 {
  const actions = createPublicActionsL1(client, rollup);
  const layer = { client, sender, layer: "L1", chainId: rollup.l1ChainId } as const;
  /** ETH goes to no contract that is not there. */
  const send = async (call: Call, gasFor?: (estimated: bigint) => bigint): Promise<Hash> => {
    await requireL1(client, rollup);
    return sendCall(layer, call, gasFor);
  };
  const confirmClaim: WalletActionsL1["confirmClaim"] = (claim) => send(confirmCall(rollup, claim));
  const executeWithdrawal: WalletActionsL1["executeWithdrawal"] = (proof) => send(executeCall(rollup, proof));

  return {
    async depositEther({ value, to }) {
      return send(depositCall(rollup, { value, to: to ?? (await sender.address()) }));
    },
    async sendMessage(request) {
      const call = messageCall(rollup, await sender.address(), request);
      return send(call, (estimated) => withDepositGas(estimated, request.gasLimit));
    },
    async bridge(request) {
      await requireL1(client, rollup);
      return sendTransfer(layer, rollup, request, request);
    },
    async forceInclude(options) {
      const status = await actions.getForcingStatus(options);
      const { index, l1Timestamp } = status;
      if (status.status === "included") throw new OnestepError({ kind: "already-included", index });
      if (status.status === "waiting") {
        throw new OnestepError({ kind: "not-overdue", index, forceableAt: status.forceableAt, l1Timestamp });
      }
      return send(forceIncludeCall(rollup, status.message));
    },
    confirmClaim,
    executeWithdrawal,
    async finalizeWithdrawal({ index, l2, onSent, ...options }) {
      const onL2 = createPublicActionsL2(l2);
      const confirmations: Hash[] = [];
      for (const claim of claimsToConfirm(await onL2.getWithdrawalStatus({ index }))) {
        const hash = await confirmClaim(claim).catch((error: unknown) => unlessConfirmedMeanwhile(error));
        if (hash === undefined) continue;
        onSent?.("confirm", hash);
        confirmations.push(hash);
        await awaitTransaction(client, "L1", hash, options);
      }
      const execution = await executeWithdrawal(await onL2.getWithdrawalProof({ index }));
      onSent?.("execute", execution);
      await awaitTransaction(client, "L1", execution, options);
      return { confirmations, execution };
    },
  };
}

/** Proposers confirm too: that somebody was faster is what was wanted. */
function unlessConfirmedMeanwhile(error: unknown): undefined {
  if (
    error instanceof OnestepError &&
    error.problem.kind === "refused" &&
    error.problem.errorName === "ClaimNotPending"
  ) {
    return undefined;
  }
  throw error;
}
