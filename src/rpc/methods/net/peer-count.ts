import { defineMethod } from "../../node.ts";

/** There is no peer-to-peer network: nodes follow L1. */
export const peerCount = defineMethod("net_peerCount", [], () => "0x0");
