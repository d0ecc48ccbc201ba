export * from "./closing.ts";
export * from "./l1-writing-roles.ts";
export * from "./rpc-role.ts";
export * from "./running-node.ts";
export * from "./sequencer-role.ts";
