import { pino } from "pino";
import { Registry } from "prom-client";
import { openNode } from "../../src/roles/index.ts";
import type { NodeOptions, RunningNode } from "../../src/roles/index.ts";

/** A node in this process that knows a rollup's L1, and traces what it derives. It logs nothing below `level`. */
export function openTracingNode(
  options: Pick<NodeOptions, "config" | "dataDirectory" | "l1RpcUrl" | "l1BeaconUrl" | "l1PollInterval">,
  level: "silent" | "warn" = "silent",
): Promise<RunningNode> {
  return openNode(
    {
      ...options,
      l1FinalityDepth: 1,
      engine: "machine",
      shadow: false,
      traces: true,
      signal: new AbortController().signal,
    },
    { logger: pino({ level }), metrics: new Registry() },
  );
}
