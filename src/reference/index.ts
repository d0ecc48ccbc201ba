export * from "./create-execution-engine.ts";
