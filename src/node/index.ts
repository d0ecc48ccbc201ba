export { createChain } from "./chain.ts";
export type { ChainOptions } from "./chain.ts";
export { derivedStateAt, genesisState } from "./derived-state.ts";
export { createFollower } from "./follower.ts";
export type { Follower, FollowerOptions } from "./follower.ts";
export * from "./types.ts";
export * from "./synced.ts";
