export type { MetricDefinition } from "./metric-definition.ts";
export * from "./metric-list.ts";
export * from "./register-metrics.ts";
