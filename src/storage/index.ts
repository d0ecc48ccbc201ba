export { commitFailure } from "./environment.ts";
export { DatabaseOpenError } from "./errors.ts";
export type { DatabaseProblem } from "./errors.ts";
export { bloomTest, findLogsOfBlock, matchesFilter } from "./log-search.ts";
export { DATABASE_VERSION, openNodeDatabase, openNodeDatabaseReader } from "./node-database.ts";
export type { NodeDatabaseOptions } from "./node-database.ts";
export * from "./types.ts";
