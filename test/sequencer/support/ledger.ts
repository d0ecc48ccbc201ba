import { EventEmitter } from "node:events";
import { decodeTransaction } from "../../../src/ethereum/index.ts";
import type { SignedTransaction } from "../../../src/ethereum/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../src/primitives/index.ts";
import type { Block, BlockTransaction } from "../../../src/rollup/index.ts";
import type { PoolState, SenderAccount } from "../../../src/sequencer/index.ts";
import { maximumCost } from "../../../src/sequencer/transaction-fees.ts";
import { CHAIN_ID } from "./wallets.ts";

/** Accounts and blocks without execution: a transaction uses a nonce and costs the most it may. For mempool tests. */
export function createLedger() {
  let forks = 0;
  const events: PoolState["events"] = new EventEmitter();
  const snapshots: Map<Address, SenderAccount>[] = [new Map()];
  const blocks: Block[] = [makeBlock(0, [])];
  const locations = new Map<Hash, number>();
  let finalized = 0;
  const environment = {
    baseFeeAt: () => 1_000_000_000n,
    minimumBaseFee: 10_000_000n,
    dataPrice: 0n,
    blockGasLimit: 60_000_000n,
  };

  function makeBlock(number: number, transactions: BlockTransaction[]): Block {
    const hash: Hash = `0x${(number * 1_000 + forks).toString(16).padStart(64, "0")}`;
    const header = {
      parentHash: ZERO_HASH,
      coinbase: ZERO_ADDRESS,
      stateRoot: ZERO_HASH,
      transactionsRoot: ZERO_HASH,
      receiptsRoot: ZERO_HASH,
      logsBloom: `0x${"00".repeat(256)}` as const,
      number,
      gasLimit: 60_000_000n,
      gasUsed: 0n,
      gasCapacity: 60_000_000n,
      gasPerSecond: 1_000_000_000n,
      gasLevel: 60_000_000n,
      gasExcess: 0n,
      timestamp: number,
      prevRandao: ZERO_HASH,
      baseFeePerGas: 1_000_000_000n,
      outboxRoot: ZERO_HASH,
    };
    return { hash, header, transactions, receipts: [], firstMessage: 0, nextMessage: 0 };
  }

  const accounts = () => snapshots.at(-1)!;
  const accountOf = (address: Address): SenderAccount =>
    accounts().get(address) ?? { nonce: 0n, balance: 0n, code: "none" };

  const state: PoolState = {
    latestHash: () => blocks.at(-1)!.hash,
    environment: async () => ({ ...environment }),
    account: async (address) => accountOf(address),
    blockOf: (hash) => locations.get(hash),
    finalized: () => finalized,
    transactionsOf: (number) => blocks[number]?.transactions.map(({ hash }) => hash) ?? [],
    events,
  };

  return {
    state,
    environment,
    accountOf,
    /** Changes accounts in the latest state, without an event. */
    set(address: Address, account: Partial<SenderAccount>): void {
      accounts().set(address, { ...accountOf(address), ...account });
    },
    /** Appends a block of these transactions; `changes` are what contracts did in it. */
    mine(
      transactions: readonly SignedTransaction[],
      changes: readonly (readonly [Address, Partial<SenderAccount>])[] = [],
    ): Block {
      snapshots.push(new Map(accounts()));
      for (const transaction of transactions) {
        const { balance, nonce } = accountOf(transaction.sender);
        this.set(transaction.sender, { nonce: nonce + 1n, balance: balance - maximumCost(transaction) });
      }
      for (const [address, change] of changes) this.set(address, change);
      const entries = transactions.map(({ hash, raw, sender }) => ({ kind: "signed" as const, hash, raw, sender }));
      const block = makeBlock(blocks.length, entries);
      blocks.push(block);
      for (const { hash } of transactions) locations.set(hash, block.header.number);
      events.emit("block", block);
      return block;
    },
    mineRaw(raws: readonly Uint8Array[]): Block {
      return this.mine(raws.map((raw) => decodeTransaction(raw, CHAIN_ID)));
    },
    /** Removes the blocks from `number` on. */
    reorg(number: number): void {
      forks += 1;
      const removed = blocks.splice(number);
      snapshots.splice(number);
      for (const block of removed) for (const { hash } of block.transactions) locations.delete(hash);
      events.emit("reorg", removed);
    },
    finalize(number: number): void {
      finalized = number;
      events.emit("finalized", number);
    },
  };
}
