import { defineMethod } from "../../node.ts";

export const clientVersion = defineMethod("web3_clientVersion", [], (_, node) => node.clientVersion);
