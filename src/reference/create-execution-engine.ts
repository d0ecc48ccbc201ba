import { createEngine, createMachineExecutor } from "../execution/index.ts";
import type { EngineOptions, ExecutionEngine } from "../execution/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { createShadowEngine } from "./shadow-engine.ts";
import type { EngineDifferenceError, ShadowedEngine } from "./shadow-engine.ts";

export const ENGINE_NAMES = ["machine", "ethereumjs"] as const satisfies readonly ExecutionEngine["name"][];
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface ExecutionEngineOptions extends EngineOptions {
  readonly engine: EngineName;
  /** Given, everything runs on the other engine too, and the first difference is told here and ends all execution. */
  readonly onDifference?: (error: EngineDifferenceError) => void;
}

/** The execution engine of a node. */
export function createExecutionEngine(options: ExecutionEngineOptions, instruments: Instruments): ExecutionEngine {
  const { engine, onDifference, chainId, state } = options;
  const engines: Readonly<Record<EngineName, ShadowedEngine>> = {
    machine: { name: "machine", createExecutor: createMachineExecutor },
    ethereumjs: {
      name: "ethereumjs",
      // Loaded where it runs: ethereumjs is most of what a node would load, in each of its threads.
      createExecutor: async () => (await import("./ethereumjs-executor.ts")).createEthereumjsExecutor(chainId),
    },
  };
  const primary = engines[engine];
  if (onDifference === undefined) return createEngine({ chainId, state, ...primary }, instruments);
  const secondary = engines[engine === "machine" ? "ethereumjs" : "machine"];
  return createShadowEngine({ chainId, state, primary, secondary, onDifference }, instruments);
}
