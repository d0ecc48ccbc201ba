import { defineMethod } from "../../node.ts";

/** The chain id in decimal. */
export const version = defineMethod("net_version", [], (_, { chain }) => String(chain.config.genesis.chainId));
