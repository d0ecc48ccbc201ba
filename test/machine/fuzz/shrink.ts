import type { Address, Hex } from "../../../src/primitives/index.ts";
import type { FuzzAccount, FuzzCase, FuzzTransaction } from "./fuzz-case.ts";

/** A list somewhere in a case, of which items can be left out. */
interface Part {
  readonly items: (fuzzCase: FuzzCase) => readonly unknown[];
  readonly replace: (fuzzCase: FuzzCase, items: readonly unknown[]) => FuzzCase;
}

/**
 * Leaves out what it can so that the case stays interesting: transactions, accounts, pieces of code and data, and what else
 * there is. `isInteresting` is asked at most `attempts` times; it holds for `fuzzCase`.
 */
export async function shrinkCase(
  fuzzCase: FuzzCase,
  isInteresting: (candidate: FuzzCase) => Promise<boolean>,
  attempts = 400,
): Promise<FuzzCase> {
  let best = fuzzCase;
  let left = attempts;
  const accept = async (candidate: FuzzCase): Promise<boolean> => {
    if (left-- <= 0 || !(await isInteresting(candidate))) return false;
    best = candidate;
    return true;
  };

  const shorten = async ({ items, replace }: Part): Promise<void> => {
    for (let size = items(best).length; size >= 1; size = Math.floor(size / 2)) {
      for (let end = items(best).length; end > 0; end -= size) {
        const start = Math.max(0, end - size);
        await accept(replace(best, items(best).toSpliced(start, end - start)));
      }
    }
  };

  for (let before: FuzzCase | undefined; before !== best && left > 0;) {
    before = best;
    for (const part of partsOf(best)) await shorten(part);
    for (const simplify of SIMPLIFICATIONS) {
      const candidate = simplify(best);
      if (JSON.stringify(candidate) !== JSON.stringify(best)) await accept(candidate);
    }
  }
  return best;
}

function partsOf(fuzzCase: FuzzCase): Part[] {
  return [
    {
      items: ({ transactions }) => transactions,
      replace: (target, items) => ({ ...target, transactions: items as readonly FuzzTransaction[] }),
    },
    {
      items: ({ accounts }) => Object.entries(accounts),
      replace: (target, items) => ({ ...target, accounts: Object.fromEntries(items as [Address, FuzzAccount][]) }),
    },
    ...Object.keys(fuzzCase.accounts).flatMap((address) => partsOfAccount(address as Address)),
    ...fuzzCase.transactions.flatMap((_, index) => partsOfTransaction(index)),
  ];
}

/** Of one that may be gone by now. */
function partsOfAccount(address: Address): Part[] {
  const change = (target: FuzzCase, changed: Partial<FuzzAccount>): FuzzCase => {
    const account = target.accounts[address];
    if (account === undefined) return target;
    return { ...target, accounts: { ...target.accounts, [address]: { ...account, ...changed } } };
  };
  return [
    {
      items: ({ accounts }) => accounts[address]?.code ?? [],
      replace: (target, items) => change(target, { code: items as readonly Hex[] }),
    },
    {
      items: ({ accounts }) => Object.entries(accounts[address]?.storage ?? {}),
      replace: (target, items) => change(target, { storage: Object.fromEntries(items as [Hex, Hex][]) }),
    },
  ];
}

function partsOfTransaction(index: number): Part[] {
  return (["data", "accessList", "authorizations"] as const).map((field) => ({
    items: ({ transactions }) => transactions[index]?.[field] ?? [],
    replace: (target, items) => ({
      ...target,
      transactions: target.transactions.map((transaction, position) =>
        position === index ? { ...transaction, [field]: items } : transaction,
      ),
    }),
  }));
}

type Simplification = (fuzzCase: FuzzCase) => FuzzCase;

const SIMPLIFICATIONS: readonly Simplification[] = [
  inBlock({ dataPrice: "0x0" }),
  inBlock({ gasUsed: "0x0", transactionCount: 0 }),
  inBlock({ gasLimit: "0x3938700" }),
  inBlock({ number: 1_000, timestamp: 1_800_000_000, prevRandao: `0x${"00".repeat(32)}` }),
  inBlock({ coinbase: `0x${"c0".repeat(20)}` }),
  inBlock({ baseFee: "0x3b9aca00" }),
  inTransactions({ value: "0x0" }),
  inTransactions({ gas: "0x30d40" }),
  inTransactions({ fees: ["0x0", "0x3b9aca00"] }),
  (fuzzCase) => ({
    ...fuzzCase,
    transactions: fuzzCase.transactions.map(({ damage: _, ...transaction }) => transaction),
  }),
  (fuzzCase) =>
    inAccounts(fuzzCase, ({ balance, ...account }) => ({ ...account, balance: balance.length > 9 ? balance : "0x0" })),
];

function inBlock(changed: Partial<FuzzCase["block"]>): Simplification {
  return (fuzzCase) => ({ ...fuzzCase, block: { ...fuzzCase.block, ...changed } });
}

function inTransactions(changed: Partial<FuzzTransaction>): Simplification {
  return (fuzzCase) => ({
    ...fuzzCase,
    transactions: fuzzCase.transactions.map((transaction) => ({ ...transaction, ...changed })),
  });
}

function inAccounts(fuzzCase: FuzzCase, change: (account: FuzzAccount) => FuzzAccount): FuzzCase {
  const accounts = Object.entries(fuzzCase.accounts).map(([address, account]) => [address, change(account)] as const);
  return { ...fuzzCase, accounts: Object.fromEntries(accounts) };
}
