import type { Reward } from "./oracle.ts";

/** What the game must hold, kept the plain way: every pool, what was paid of it, and what every account is owed. */
export function createLedger(options: {
  readonly claimBond: bigint;
  readonly unitBond: bigint;
  readonly claimHeight: number;
  readonly unitHeight: number;
}) {
  const { claimBond, unitBond, claimHeight, unitHeight } = options;
  const pools = new Map<string, { taken: bigint; returned: bigint; rewarded: bigint }>();
  const owed = new Map<string, bigint>();
  const paidFor = new Set<string>();
  const poolOf = (id: string) => {
    const pool = pools.get(id) ?? { taken: 0n, returned: 0n, rewarded: 0n };
    pools.set(id, pool);
    return pool;
  };
  const credit = (account: string, amount: bigint): void => {
    owed.set(account, (owed.get(account) ?? 0n) + amount);
  };

  function reward(id: string, lost: bigint, rewards: readonly Reward[], amounts: Record<Reward["kind"], bigint>): void {
    const pool = poolOf(id);
    for (const { key, kind, player } of rewards) {
      if (paidFor.has(key) || lost / 2n - pool.rewarded < amounts[kind]) continue;
      paidFor.add(key);
      pool.rewarded += amounts[kind];
      credit(player, amounts[kind]);
    }
  }

  return {
    opened: (unitTrace: string): void => {
      poolOf(unitTrace).taken += unitBond;
    },
    lost: (parentId: string): void => {
      poolOf(parentId).taken += claimBond;
    },
    unitDecided(unitTrace: string, opener: string): void {
      poolOf(unitTrace).returned += unitBond;
      credit(opener, unitBond);
    },
    collected(parentId: string, rewards: readonly Reward[]): void {
      const span = claimBond / BigInt(4 * claimHeight);
      reward(parentId, poolOf(parentId).taken, rewards, { span, proof: 0n });
    },
    unitCollected(unitTrace: string, rewards: readonly Reward[]): void {
      const amounts = { span: unitBond / BigInt(8 * unitHeight), proof: unitBond / 4n };
      reward(unitTrace, poolOf(unitTrace).taken - unitBond, rewards, amounts);
    },
    /** Paid from outside, without a bond for it. */
    credited: credit,
    withdrawn: (account: string): void => {
      owed.delete(account);
    },
    owed: (account: string): bigint => owed.get(account) ?? 0n,
    accounts: (): readonly string[] => [...owed.keys()],
    /** Wei: bonds of units that nobody has back, bonds that were lost, less what was paid of both, and what is owed. */
    balance: (): bigint =>
      [...pools.values()].reduce((sum, { taken, returned, rewarded }) => sum + taken - returned - rewarded, 0n) +
      [...owed.values()].reduce((sum, amount) => sum + amount, 0n),
  };
}

export type Ledger = ReturnType<typeof createLedger>;
