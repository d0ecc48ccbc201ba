import { defineMethod } from "../../node.ts";

/** The node holds no keys, but for a devnet's well-known ones. */
export const accounts = defineMethod("eth_accounts", [], (_, { devnet }) => devnet?.accounts ?? []);
