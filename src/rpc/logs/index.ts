export * from "./filters.ts";
export * from "./live-logs.ts";
export * from "./query.ts";
