import type { ReadingMethod } from "../node.ts";
import { traceMethods } from "./debug/trace.ts";
import { call } from "./eth/call.ts";
import { createAccessList } from "./eth/create-access-list.ts";
import { estimateGas } from "./eth/estimate-gas.ts";
import { simulateV1 } from "./eth/simulate-v1.ts";
import { otsTraceMethods } from "./ots/traces.ts";
import { traceUnitsMethod } from "./rollup/trace-units.ts";
import { parityTraceMethods } from "./trace/traces.ts";

/** Methods that execute EVM code. A file of their own, so that the threads they run on load no more than they need. */
export const EXECUTING_METHODS: readonly ReadingMethod[] = [
  call,
  createAccessList,
  estimateGas,
  simulateV1,
  ...otsTraceMethods,
  ...parityTraceMethods,
  ...traceMethods,
  traceUnitsMethod,
];
