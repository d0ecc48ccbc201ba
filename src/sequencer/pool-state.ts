import type { EventEmitter } from "node:events";
import { EMPTY_CODE_HASH_HEX, delegationOf } from "../ethereum/index.ts";
import { readEnvironmentAfter } from "../execution/index.ts";
import type { Chain, ChainEvents } from "../node/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { baseFeeOf, minimumBaseFee, nextGasExcess } from "../rollup/index.ts";
import type { SenderAccount } from "./pooled-transaction.ts";
import type { PoolEnvironment } from "./transaction-validation.ts";

/** What the mempool needs to know of the chain, always as of its latest block. */
export interface PoolState {
  latestHash(): Hash;
  environment(): Promise<PoolEnvironment>;
  account(sender: Address): Promise<SenderAccount>;
  /** Number of the canonical block that holds the transaction. */
  blockOf(transaction: Hash): number | undefined;
  finalized(): number;
  /** Hashes of the transactions of a canonical block. */
  transactionsOf(block: number): readonly Hash[];
  readonly events: EventEmitter<ChainEvents>;
}

/** The mempool's view of a node's chain. */
export function createPoolState(chain: Chain): PoolState {
  const { engine, store } = chain;

  return {
    latestHash: () => chain.latest().hash,
    async environment() {
      const { header } = chain.latest();
      const { dataPrice } = await readEnvironmentAfter(engine, header, header.timestamp);
      return {
        baseFeeAt: (timestamp) => {
          const excess = nextGasExcess(header, Math.max(timestamp, header.timestamp));
          return baseFeeOf(excess, header.gasPerSecond, dataPrice);
        },
        minimumBaseFee: minimumBaseFee(dataPrice),
        dataPrice,
        blockGasLimit: header.gasCapacity,
      };
    },
    async account(sender) {
      const { stateRoot } = chain.latest().header;
      const account = await engine.getAccount(stateRoot, sender);
      if (account === undefined) return { nonce: 0n, balance: 0n, code: "none" };
      const { nonce, balance, codeHash } = account;
      if (codeHash === EMPTY_CODE_HASH_HEX) return { nonce, balance, code: "none" };
      const delegation = delegationOf(await engine.getCode(stateRoot, sender));
      return { nonce, balance, code: delegation === undefined ? "contract" : "delegation" };
    },
    blockOf: (transaction) => store.getTransactionLocation(transaction)?.blockNumber,
    finalized: () => store.getHeads().finalized,
    transactionsOf: (block) => store.getBlock(block)?.transactions.map(({ hash }) => hash) ?? [],
    events: chain.events,
  };
}
