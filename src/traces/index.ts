export { TraceUnavailableError } from "./errors.ts";
export type { TraceProblem } from "./errors.ts";
export { haltHash, loadHash } from "./boundary-states.ts";
export { createTraceFollower } from "./trace-follower.ts";
export type { TraceFollower, TraceFollowerOptions } from "./trace-follower.ts";
export { createTraceProvider } from "./trace-provider.ts";
export type { TraceProviderOptions } from "./trace-provider.ts";
export * from "./types.ts";
