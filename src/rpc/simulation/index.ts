export * from "./call.ts";
export * from "./create-access-list.ts";
export * from "./estimate-gas.ts";
export * from "./revert-reason.ts";
export * from "./simulate-blocks.ts";
export * from "./touched-accounts.ts";
