export * from "./block-state.ts";
export * from "./commitments.ts";
export * from "./driver.ts";
export * from "./machine.ts";
export * from "./phase.ts";
export { prepareMachine } from "./precompiles.ts";
