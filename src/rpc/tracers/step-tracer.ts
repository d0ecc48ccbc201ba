import { formatStep } from "../../machine/index.ts";
import { formatQuantity } from "../format/scalars.ts";
import { RPC_ERROR, RpcError, limitExceeded } from "../protocol/errors.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

interface Step {
  readonly index: number;
  readonly name: string;
  readonly next: string;
  readonly depth?: number;
  readonly pc?: number;
  readonly gas?: number;
  readonly gasAfter?: number;
  /** What the instruction takes, top first. */
  readonly operands?: readonly string[];
  readonly changes: readonly string[];
  /** All of it, to be printed. */
  readonly text: string;
}

/** One entry per step of the machine (docs/machine.md §6): what a dispute would end in. */
export function createStepTracer({ limit }: { readonly limit: number }, { maximumSteps, meter }: TraceContext): Tracer {
  const steps: Step[] = [];
  let taken = 0;
  let isFull = false;

  return {
    observer: {
      onMachineStep: (report) => {
        taken++;
        if (isFull || (limit > 0 && steps.length >= limit)) return;
        const { index, name, next, frame, changes } = report;
        const text = formatStep(report);
        steps.push({
          index,
          name,
          next,
          ...(frame && {
            depth: frame.depth,
            pc: frame.pc,
            gas: frame.gas[0],
            gasAfter: frame.gas[1],
            operands: frame.operands.map(formatQuantity),
          }),
          changes,
          text,
        });
        isFull = !meter.grow(2 * text.length + 150) || steps.length > maximumSteps;
      },
    },
    result: ({ gasUsed, failed }) => {
      if (steps.length > maximumSteps)
        throw limitExceeded(`trace too large: more than ${maximumSteps} steps; ask for less by the option limit`);
      meter.check();
      if (taken === 0)
        throw new RpcError(
          RPC_ERROR.invalidParams,
          "stepTracer shows signed transactions on a node that runs with the engine machine; this was not one",
        );
      return { gas: Number(gasUsed), failed, stepCount: taken, steps };
    },
  };
}
