import { Counter, Gauge } from "prom-client";
import type { Registry } from "../primitives/index.ts";

/** What is counted of a batcher. */
export interface BatcherMetrics {
  readonly posted: Counter<"kind">;
  readonly payloadBytes: Counter<"kind">;
  readonly unpostedBlocks: Gauge;
  readonly inFlight: Gauge;
}

export function createBatcherMetrics(registry: Registry): BatcherMetrics {
  const registers = [registry];
  return {
    posted: new Counter({
      name: "onestep_batcher_batches_total",
      help: "Batches posted, by kind of data",
      labelNames: ["kind"],
      registers,
    }),
    payloadBytes: new Counter({
      name: "onestep_batcher_payload_bytes_total",
      help: "Payload bytes posted, by kind of data",
      labelNames: ["kind"],
      registers,
    }),
    unpostedBlocks: new Gauge({
      name: "onestep_batcher_unposted_blocks",
      help: "L2 blocks in no batch yet",
      registers,
    }),
    inFlight: new Gauge({
      name: "onestep_batcher_in_flight_batches",
      help: "Batches sent and not yet derived",
      registers,
    }),
  };
}
