export * from "./block-state.ts";
export * from "./commitments.ts";
export { rawSlice } from "./decoding.ts";
export * from "./driver.ts";
export * from "./engine.ts";
export { createMachineExecutor, toEnvironment } from "./executor.ts";
export * from "./machine.ts";
export * from "./phase.ts";
export { prepareMachine } from "./precompiles.ts";
