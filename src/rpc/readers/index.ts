export { createReaderPool } from "./reader-pool.ts";
export type { ReaderPool, ReaderPoolOptions } from "./reader-pool.ts";
export type { ReaderKind, ReaderSettings } from "./reader-protocol.ts";
