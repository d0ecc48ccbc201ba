import { onchainTable } from "ponder";

export const numberSet = onchainTable("number_set", (t) => ({
  id: t.text().primaryKey(),
  block: t.bigint().notNull(),
  number: t.bigint().notNull(),
}));
export const call = onchainTable("call", (t) => ({ id: t.text().primaryKey(), number: t.bigint().notNull() }));
export const deposit = onchainTable("deposit", (t) => ({
  id: t.text().primaryKey(),
  type: t.text().notNull(),
  nonce: t.integer().notNull(),
}));
export const block = onchainTable("block", (t) => ({ number: t.bigint().primaryKey(), hash: t.text().notNull() }));
