import { createEngine } from "../chain/index.ts";
import type { EngineOptions, ExecutionEngine } from "../chain/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { createMachineExecutor } from "./executor.ts";

/** The execution engine on the machine, in fast mode. */
export function createMachineEngine(options: EngineOptions, instruments: Instruments): ExecutionEngine {
  return createEngine({ ...options, name: "machine", createExecutor: createMachineExecutor }, instruments);
}
