export * from "./describe-value.ts";
export * from "./dispatcher.ts";
export * from "./errors.ts";
export * from "./identifier.ts";
export * from "./method.ts";
