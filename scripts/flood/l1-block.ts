/** Gas of an L1 block. */
export const L1_BLOCK_GAS = 60_000_000;
/** Seconds from one L1 block to the next. */
export const L1_BLOCK_TIME = 12;
/** Most gas of an L1 transaction (EIP-7825). */
const MAXIMUM_TRANSACTION_GAS = 2 ** 24;

/** L1 gas of posting units of one kind: a transaction costs so much, and more for each unit in it. */
export interface PostingCost {
  readonly perTransaction: number;
  readonly perUnit: number;
}

/** A unit of one kind and one of the other. */
export function both(left: PostingCost, right: PostingCost): PostingCost {
  return {
    perTransaction: left.perTransaction + right.perTransaction,
    perUnit: left.perUnit + right.perUnit,
  };
}

/** How many units the transactions have that make the most of so much L1 gas, one number for each of them. */
export function fillBlock({ perTransaction, perUnit }: PostingCost, gas: number): readonly number[] {
  const transactions: number[] = [];
  let left = gas;
  for (;;) {
    const units = Math.floor((Math.min(left, MAXIMUM_TRANSACTION_GAS) - perTransaction) / perUnit);
    if (units < 1) return transactions;
    transactions.push(units);
    left -= perTransaction + units * perUnit;
  }
}

/** L1 gas that transactions of so many units take. */
export function gasOf({ perTransaction, perUnit }: PostingCost, transactions: readonly number[]): number {
  return transactions.reduce((sum, units) => sum + perTransaction + units * perUnit, 0);
}

/**
 * How far a node that has one processor for it is behind after the last of L1 blocks, in seconds, if following them takes
 * it these seconds one after the other: each can be followed when it is there.
 */
export function lagAfter(work: readonly number[]): number {
  return work.reduce((lag, seconds) => Math.max(0, lag + seconds - L1_BLOCK_TIME), 0);
}
