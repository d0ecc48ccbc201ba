export * from "./corpus.ts";
export * from "./fuzz-case.ts";
export * from "./random-case.ts";
export * from "./run-case.ts";
export * from "./shrink.ts";
