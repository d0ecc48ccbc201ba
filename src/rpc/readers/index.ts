export { createReaderPool } from "./reader-pool.ts";
export type { ReaderPool, ReaderPoolOptions } from "./reader-pool.ts";
export type { ReaderSettings } from "./reader-protocol.ts";
