export * from "./devnet.ts";
export * from "./l1-node.ts";
export { StateFileError, dumpFolder } from "./state-file.ts";
