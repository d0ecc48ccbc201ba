export * from "./append-only-merkle-tree.ts";
export * from "./binary-search.ts";
export * from "./bytes.ts";
export * from "./events.ts";
export * from "./hex.ts";
export * from "./keccak.ts";
export * from "./kzg.ts";
export * from "./logger.ts";
export * as webAssembly from "./webassembly.ts";
