import { defineMethod } from "../../node.ts";

const NAMESPACES = ["debug", "eth", "net", "ots", "rollup", "rpc", "trace", "txpool", "web3"] as const;

export const modules = defineMethod("rpc_modules", [], () =>
  Object.fromEntries(NAMESPACES.map((name) => [name, "1.0"])),
);
