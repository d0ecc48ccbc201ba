import { z } from "zod";
import { decodeTransaction, InvalidTransactionError } from "../ethereum/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Chain, SubmissionOutcome, TransactionPool } from "../node/index.ts";
import { bytesToHex, createEvents } from "../primitives/index.ts";
import type { Address, Hash, Logger } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { RPC_ERROR, RpcError } from "./protocol/errors.ts";

export interface ForwardingPoolOptions {
  /** JSON-RPC over HTTP of the sequencer. */
  readonly url: string;
  readonly chain: Chain;
  /** Milliseconds to wait for the sequencer's answer; 15,000 by default. */
  readonly timeout?: number;
  /** Forwarded transactions remembered until they are in a block; 10,000 by default. */
  readonly remembered?: number;
  /** Milliseconds after which a forwarded transaction that is in no block is forgotten; 600,000 by default. */
  readonly lifetime?: number;
}

/** A pool that holds nothing itself: a replica's way to the sequencer. */
export interface ForwardingPool extends TransactionPool {
  /** Stops following the chain. */
  close(): void;
}

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
});

/**
 * Forwards transactions to the sequencer. Its errors are passed on as they are, as {@link RpcError}; so `submit` gives
 * "accepted" or throws. What was forwarded is remembered until a block holds it, so that this node can answer for it
 * (`eth_getTransactionByHash`, pending nonces).
 */
export function createForwardingPool(
  options: ForwardingPoolOptions,
  { logger }: { readonly logger: Logger },
): ForwardingPool {
  const { url, chain, timeout = 15_000, remembered = 10_000, lifetime = 600_000 } = options;
  const { chainId } = chain.config.genesis;
  const forwarded = new Map<Hash, { readonly transaction: SignedTransaction; readonly at: number }>();
  const events: TransactionPool["events"] = createEvents("forwarding pool", { logger });

  const onBlock = ({ transactions }: Block): void => {
    for (const { hash } of transactions) forwarded.delete(hash);
    // In order of arrival, so the first one young enough ends it.
    for (const [hash, { at }] of forwarded) {
      if (Date.now() - at <= lifetime) break;
      forwarded.delete(hash);
    }
  };
  chain.events.on("block", onBlock);

  async function forward(raw: Uint8Array): Promise<unknown> {
    let answer: z.output<typeof answerSchema>;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_sendRawTransaction", params: [bytesToHex(raw)] }),
        signal: AbortSignal.timeout(timeout),
      });
      answer = answerSchema.parse(await response.json());
    } catch (error) {
      logger.warn({ err: error }, "the sequencer did not answer");
      throw new RpcError(
        RPC_ERROR.rejected,
        "the sequencer cannot be reached; the transaction may or may not have been accepted",
      );
    }
    if (answer.error !== undefined) throw new RpcError(answer.error.code, answer.error.message, answer.error.data);
    return answer.result;
  }

  async function submit(raw: Uint8Array): Promise<SubmissionOutcome> {
    let transaction: SignedTransaction;
    try {
      transaction = decodeTransaction(raw, chainId);
    } catch (error) {
      if (error instanceof InvalidTransactionError)
        return { kind: "rejected", reason: { kind: "invalid", message: error.message } };
      throw error;
    }
    const { hash } = transaction;
    const result = await forward(raw);
    if (result !== hash) logger.warn({ hash, result }, "the sequencer gave another transaction hash");
    if (chain.store.getTransactionLocation(hash) === undefined && !forwarded.has(hash)) {
      forwarded.set(hash, { transaction, at: Date.now() });
      const [oldest] = forwarded.keys();
      if (forwarded.size > remembered && oldest !== undefined) forwarded.delete(oldest);
      events.emit("transaction", transaction);
    }
    return { kind: "accepted", hash };
  }

  function ofSender(sender: Address): bigint[] {
    return [...forwarded.values()]
      .filter(({ transaction }) => transaction.sender === sender)
      .map(({ transaction }) => transaction.nonce)
      .sort((left, right) => (left < right ? -1 : 1));
  }

  return {
    submit,
    events,
    get: (hash) => forwarded.get(hash)?.transaction,
    pendingNonce(sender) {
      let next: bigint | undefined;
      for (const nonce of ofSender(sender)) {
        if (next !== undefined && nonce > next) break;
        next = nonce + 1n;
      }
      return next;
    },
    content: () => ({ pending: [...forwarded.values()].map(({ transaction }) => transaction), queued: [] }),
    close: () => void chain.events.off("block", onBlock),
  };
}
