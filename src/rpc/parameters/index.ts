export * from "./block-parameter.ts";
export * from "./call-parameter.ts";
export * from "./log-filter.ts";
export * from "./scalars.ts";
export * from "./simulate-parameter.ts";
export * from "./trace-parameter.ts";
