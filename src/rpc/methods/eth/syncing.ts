import { formatSyncing } from "../../format/syncing.ts";
import { defineMethod } from "../../node.ts";

export const syncing = defineMethod("eth_syncing", [], (_, node) => formatSyncing(node));
