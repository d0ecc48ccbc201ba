export * from "./filters.ts";
export * from "./query.ts";
