import { defineMethod } from "../../node.ts";

export const coinbase = defineMethod("eth_coinbase", [], (_, { chain }) => chain.latest().header.coinbase);
