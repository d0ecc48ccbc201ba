export * from "./call-tracer.ts";
export * from "./create-tracer.ts";
export * from "./prestate-tracer.ts";
export * from "./step-tracer.ts";
export * from "./struct-logger.ts";
export * from "./trace-transaction.ts";
export * from "./tracer.ts";
