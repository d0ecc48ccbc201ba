import { defineMethod } from "../../node.ts";
import { formatSyncing } from "../../format/index.ts";

export const syncing = defineMethod("eth_syncing", [], (_, node) => formatSyncing(node));
