export * from "./exclusive-runner.ts";
export * from "./lasting-failure.ts";
export * from "./pace.ts";
export * from "./pause.ts";
export * from "./read-write-lock.ts";
export * from "./step-loop.ts";
