import type { EngineOptions, ExecutionEngine } from "../src/chain/index.ts";
import { ENGINE_NAMES, createExecutionEngine } from "../src/machine/index.ts";
import type { EngineName } from "../src/machine/index.ts";
import type { Instruments } from "../src/primitives/index.ts";

const SHADOW = "shadow";

/**
 * The execution engine of a test: the machine, or what `ONESTEP_ENGINE` says, `machine`, `ethereumjs`, or `shadow` (the
 * machine, with ethereumjs beside it).
 */
export function createTestEngine(options: EngineOptions, instruments: Instruments): ExecutionEngine {
  const engine = process.env["ONESTEP_ENGINE"] ?? "machine";
  if (engine === SHADOW)
    return createExecutionEngine({ ...options, engine: "machine", onDifference: () => undefined }, instruments);
  if (!isEngineName(engine))
    throw new RangeError(`expected ONESTEP_ENGINE to be machine, ethereumjs or shadow, got ${engine}`);
  return createExecutionEngine({ ...options, engine }, instruments);
}

function isEngineName(name: string): name is EngineName {
  return ENGINE_NAMES.some((known) => known === name);
}
