import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { encodePayload } from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { bigintToBytes32, bytesToHex, concatBytes, hexToBytes, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { openNodeDatabaseReader } from "../../src/storage/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import { createTraceAnswering } from "../../src/traces/trace-answering.ts";
import type { TraceAnswering } from "../../src/traces/trace-answering.ts";
import type { OpenedClaim, TracedBatches } from "../../src/traces/trace-protocol.ts";
import { SIMULATED_CHAIN_ID } from "../../test/l1/simulated-rollup-config.ts";
import { assemble } from "../../test/machine/assemble.ts";
import { openFollowedChain } from "../worst-case/follower.ts";
import type { FollowedChain } from "../worst-case/follower.ts";
import { writeLargeState } from "../worst-case/large-state.ts";
import { timed } from "./timing.ts";

export const TRANSACTIONS_PER_BLOCK = 250;
export const BLOCKS_PER_BATCH = 4;
const SENDERS = 50;

/** The token in the large state, and what a transfer of it does. */
export const TOKEN: Address = `0x${"70".repeat(18)}0001`;

/**
 * What a transfer of an ERC-20 token does: `recipient (32)`; the balance of the caller falls by 1, that of the recipient grows, and there is
 * a log. Balances are slots 0, 1 and so on of the large state, in the place of a mapping's.
 */
const TOKEN_CODE = assemble(
  "0 CALLDATALOAD 32 CALLDATALOAD",
  "DUP1 SLOAD 1 SWAP1 SUB SWAP1 SSTORE",
  "DUP1 SLOAD 1 ADD DUP2 SSTORE",
  1,
  "0 MSTORE CALLER",
  BigInt(`0x${"dd".repeat(32)}`),
  "32 0 LOG3 STOP",
);

/** A node's chain on a large state, with what answers questions about its traces. */
export interface TracedChain {
  readonly chain: FollowedChain;
  readonly answering: TraceAnswering;
  /** A transaction of one of the senders, who have all the ETH they need. */
  sign(
    index: number,
    fields: { readonly to: Address; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint },
  ): Promise<Uint8Array>;
  /** Has the node derive batches of these transactions; gives the CPU seconds it takes. */
  derive(transactions: readonly Uint8Array[]): Promise<number>;
  /** Traces all there is. */
  follow(): Promise<{ readonly units: number; readonly seconds: number }>;
  /** Opens the claim about a range of batches, as they are stored now. */
  openClaim(fromBatch: number, toBatch: number): Promise<OpenedClaim>;
  close(): Promise<void>;
}

/** @param accounts how many there are in the state, and holders of the token; @param codes of other contracts at genesis */
export async function openTracedChain(
  accounts: number,
  codes: Readonly<Record<Address, Uint8Array>>,
): Promise<TracedChain> {
  const senders = Array.from({ length: SENDERS }, (_, index) =>
    privateKeyToAccount(bytesToHex(bigintToBytes32(BigInt(0x5e4d + index)))),
  );
  const nonces = new Map<PrivateKeyAccount, number>();
  const chain = await openChain();
  const { config, folder } = chain;
  const database = openNodeDatabaseReader({ folder, genesisHash: config.genesisHash });
  const answering = await createTraceAnswering({ config, database });

  async function openChain(): Promise<FollowedChain> {
    const balances = Object.fromEntries(senders.map(({ address }) => [toAddress(address), 10n ** 27n]));
    const opened = await openFollowedChain({
      balances,
      codes,
      writeState: (store, root) =>
        writeLargeState({
          database: store,
          root,
          accounts,
          slots: accounts,
          holder: { address: TOKEN, code: TOKEN_CODE },
          contracts: 0,
          codeOf: () => new Uint8Array(),
        }),
    });
    // Batch 0 became a block that nobody has executed, so nobody can trace it.
    const { chain: store, inbox, traces } = opened.database;
    const first = store.getDerivedBatch(0);
    if (first === undefined) throw new Error("expected batch 0 to be derived");
    const state = {
      blockHash: first.lastBlockHash,
      outboxRoot: first.outboxRoot,
      batchCount: 1,
      messageCount: first.nextMessage,
    };
    await traces.appendBatches([{ batch: 0, hashes: hexToBytes(loadHash(state)) }], inbox.rewindCount());
    return opened;
  }

  return {
    chain,
    answering,
    async sign(index, fields) {
      const sender = senders[index % SENDERS];
      if (sender === undefined) throw new RangeError(`expected an index, got ${index}`);
      const nonce = nonces.get(sender) ?? 0;
      nonces.set(sender, nonce + 1);
      return hexToBytes(
        await sender.signTransaction({
          type: "eip1559",
          chainId: SIMULATED_CHAIN_ID,
          nonce,
          maxFeePerGas: 10n ** 15n,
          maxPriorityFeePerGas: 1n,
          ...fields,
        }),
      );
    },
    async derive(transactions) {
      let { timestamp } = chain.latest().header;
      const blocks: EncodedBlock[] = [];
      for (let at = 0; at < transactions.length; at += TRANSACTIONS_PER_BLOCK) {
        timestamp += 1;
        blocks.push({ timestamp, messages: 0, transactions: transactions.slice(at, at + TRANSACTIONS_PER_BLOCK) });
      }
      for (let at = 0; at < blocks.length; at += BLOCKS_PER_BATCH) {
        while (chain.l1.head().timestamp < timestamp) chain.l1.mine();
        chain.l1.mine({ kind: "batch", payload: encodePayload(blocks.slice(at, at + BLOCKS_PER_BATCH)) });
      }
      const before = chain.latest().header.number;
      const { seconds } = await timed(() => chain.follow());
      let included = 0;
      for (let number = before + 1; number <= chain.latest().header.number; number++)
        included += chain.block(number).transactions.length;
      if (included !== transactions.length)
        throw new Error(`expected ${transactions.length} transactions to be included, got ${included}`);
      return seconds;
    },
    async follow() {
      const { traces, chain: store } = chain.database;
      const before = traces.unitCount();
      let seconds = 0;
      while (traces.batchCount() < store.derivedBatchCount()) {
        database.refresh();
        const first = traces.batchCount();
        const turn = await timed(() => answering.answer({ kind: "trace-batches", first }));
        seconds += turn.seconds;
        const traced = turn.result as TracedBatches;
        if (traced.kind !== "traced") throw new Error(JSON.stringify(traced));
        await traces.appendBatches(traced.batches, traced.rewindCount);
      }
      return { units: traces.unitCount() - before, seconds };
    },
    async openClaim(fromBatch, toBatch) {
      database.refresh();
      return (await answering.answer({ kind: "open-claim", range: { fromBatch, toBatch } })) as OpenedClaim;
    },
    async close() {
      await database.close();
      await chain.close();
    },
  };
}

/** Calldata of a transfer of the token from a slot to another. */
export function tokenTransfer(from: number, to: number): Hex {
  return bytesToHex(concatBytes([from, to].map((slot) => bigintToBytes32(BigInt(slot)))));
}
