export { createChain } from "./chain.ts";
export type { ChainOptions } from "./chain.ts";
export * from "./types.ts";
