import { defineMethod } from "../../node.ts";

/** The node holds no keys. */
export const accounts = defineMethod("eth_accounts", [], () => []);
