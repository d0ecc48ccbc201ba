import { defineMethod } from "../../node.ts";

/** The rollup's configuration, in the JSON a node reads it from: wei as decimal strings. */
export const config = defineMethod("rollup_config", [], (_, { chain }) =>
  JSON.parse(
    JSON.stringify(chain.config, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
  ),
);
