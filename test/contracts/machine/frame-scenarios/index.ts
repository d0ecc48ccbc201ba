import type { Scenario } from "../frame-steps.ts";
import * as calls from "./calls.ts";
import * as creations from "./creations.ts";
import * as precompiles from "./precompiles.ts";
import * as storage from "./storage.ts";

/** The scenarios anywhere in tables, lists and modules of them. */
function scenariosIn(value: unknown): Scenario[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return "accounts" in value ? [value as Scenario] : Object.values(value).flatMap(scenariosIn);
}

export const PRECOMPILE_SCENARIOS = scenariosIn(precompiles);

/** All that tests of the five verifiers run. Together they have every kind of step. */
export const FRAME_SCENARIOS = scenariosIn([storage, calls, creations, precompiles]);
