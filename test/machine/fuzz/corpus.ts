import { readFileSync, readdirSync } from "node:fs";
import type { FuzzAccount, FuzzBlock, FuzzCase, FuzzTransaction } from "./fuzz-case.ts";

export const CORPUS = new URL("corpus/", import.meta.url);

/** What makes a case worth keeping: a pair of step and outcome, all undefined opcodes, all PUSHes, DUPs and SWAPs taken as one. */
export function kindOfPair(pair: string): string {
  return pair.replace(/^undefined 0x[0-9a-f]+/, "undefined").replace(/^(PUSH|DUP|SWAP)\d+/, "$1");
}

/** The case in a file; what the file leaves out is as in most. */
export function readCase(file: URL | string): FuzzCase {
  const stored = JSON.parse(readFileSync(file, "utf8")) as StoredCase;
  const accounts = Object.entries(stored.accounts).map(
    ([address, account]) => [address, { ...USUAL_ACCOUNT, ...account }] as const,
  );
  return {
    ...stored,
    block: { ...USUAL_BLOCK, ...stored.block },
    accounts: Object.fromEntries(accounts),
    transactions: stored.transactions.map((transaction) => ({ ...USUAL_TRANSACTION, ...transaction })),
  };
}

/** Its JSON, without what is as in most. */
export function caseToJson(fuzzCase: FuzzCase): string {
  const accounts = Object.entries(fuzzCase.accounts).map(
    ([address, account]) => [address, withoutUsual(account, USUAL_ACCOUNT)] as const,
  );
  const stored: StoredCase = {
    ...fuzzCase,
    block: withoutUsual(fuzzCase.block, USUAL_BLOCK),
    accounts: Object.fromEntries(accounts),
    transactions: fuzzCase.transactions.map((transaction) => withoutUsual(transaction, USUAL_TRANSACTION)),
  };
  return JSON.stringify(stored);
}

/** The kept cases, by the names of their files. */
export function readCorpus(): [name: string, fuzzCase: FuzzCase][] {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => [name, readCase(new URL(name, CORPUS))]);
}

interface StoredCase extends Pick<FuzzCase, "what"> {
  readonly block: Partial<FuzzBlock>;
  readonly accounts: Readonly<Record<string, Partial<FuzzAccount>>>;
  readonly transactions: readonly Partial<FuzzTransaction>[];
}

const USUAL_BLOCK: FuzzBlock = {
  number: 1_000,
  timestamp: 1_800_000_000,
  coinbase: `0x${"c0".repeat(20)}`,
  gasLimit: "0x3938700",
  baseFee: "0x3b9aca00",
  prevRandao: `0x${"00".repeat(32)}`,
  dataPrice: "0x0",
  gasUsed: "0x0",
  transactionCount: 0,
};

const USUAL_ACCOUNT: FuzzAccount = { nonce: "0x1", balance: "0x0", code: [], storage: {} };

const USUAL_TRANSACTION: FuzzTransaction = {
  type: 2,
  from: 1,
  nonce: "0x0",
  fees: ["0x0", "0x3b9aca00"],
  gas: "0x30d40",
  to: null,
  value: "0x0",
  data: [],
  accessList: [],
  authorizations: [],
};

function withoutUsual<Item extends object>(item: Item, usual: Item): Partial<Item> {
  const unusual = Object.entries(item).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name as keyof Item]),
  );
  return Object.fromEntries(unusual) as Partial<Item>;
}
