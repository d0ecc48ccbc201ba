import type { EngineOptions, ExecutionEngine } from "../src/execution/index.ts";
import type { Instruments } from "../src/primitives/index.ts";
import { ENGINE_NAMES, createExecutionEngine } from "../src/reference/index.ts";
import type { EngineName } from "../src/reference/index.ts";

const SHADOW = "shadow";

/**
 * The execution engine of a test: the machine, or what `ONESTEP_ENGINE` says, `machine`, `ethereumjs`, or `shadow` (the
 * machine, with ethereumjs beside it).
 */
export function createTestEngine(options: EngineOptions, instruments: Instruments): ExecutionEngine {
  const engine = chosenEngine();
  if (engine === SHADOW)
    return createExecutionEngine({ ...options, engine: "machine", onDifference: () => undefined }, instruments);
  return createExecutionEngine({ ...options, engine }, instruments);
}

/** The same choice for reader threads. */
export function readerEngine(): { readonly engine: EngineName; readonly shadow: boolean } {
  const engine = chosenEngine();
  return engine === SHADOW ? { engine: "machine", shadow: true } : { engine, shadow: false };
}

/** The same choice as settings of a process, in its environment. */
export function engineEnvironment(): Readonly<Record<string, string>> {
  const engine = chosenEngine();
  return engine === SHADOW ? { ONESTEP_SHADOW: "true" } : { ONESTEP_ENGINE: engine };
}

function chosenEngine(): EngineName | typeof SHADOW {
  const engine = process.env["ONESTEP_ENGINE"] ?? "machine";
  if (engine !== SHADOW && !isEngineName(engine))
    throw new RangeError(`expected ONESTEP_ENGINE to be machine, ethereumjs or shadow, got ${engine}`);
  return engine;
}

function isEngineName(name: string): name is EngineName {
  return ENGINE_NAMES.some((known) => known === name);
}
