import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";

export const chainId = defineMethod("eth_chainId", [], (_, { chain }) => formatQuantity(chain.config.genesis.chainId));
