import { formatQuantity } from "../../format/index.ts";
import { defineMethod } from "../../node.ts";

export const blockNumber = defineMethod("eth_blockNumber", [], (_, { chain }) =>
  formatQuantity(chain.store.getHeads().latest),
);
