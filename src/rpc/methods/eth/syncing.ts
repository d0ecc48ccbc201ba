import { defineMethod } from "../../node.ts";
import { formatSyncing } from "../../format/syncing.ts";

export const syncing = defineMethod("eth_syncing", [], (_, node) => formatSyncing(node));
