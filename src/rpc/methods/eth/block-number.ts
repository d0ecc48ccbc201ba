import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";

export const blockNumber = defineMethod("eth_blockNumber", [], (_, { chain }) =>
  formatQuantity(chain.store.getHeads().latest),
);
