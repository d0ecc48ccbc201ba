import { formatStep } from "../../machine/index.ts";
import type { StepReport } from "../../machine/index.ts";
import { formatQuantity } from "../format/scalars.ts";
import { limitExceeded, RPC_ERROR, RpcError } from "../protocol/errors.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

/** A step of the machine (docs/machine.md §6), as answers have it. */
export interface Step {
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

/** Keeps steps of the machine for an answer. */
export interface StepCollector {
  /** The first of those it was given, as many as the answer has. */
  readonly steps: readonly Step[];
  /** False once it keeps no more. */
  take(report: StepReport): boolean;
  /** Throws {@link RpcError} if they outgrew what an answer may have. */
  check(): void;
}

/** @param limit steps to keep; 0 for all */
export function createStepCollector(
  limit: number,
  { maximumSteps, meter }: Pick<TraceContext, "maximumSteps" | "meter">,
): StepCollector {
  const steps: Step[] = [];
  let isFull = false;
  return {
    steps,
    take(report) {
      if (isFull || (limit > 0 && steps.length >= limit)) return false;
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
      return !isFull;
    },
    check() {
      if (steps.length > maximumSteps)
        throw limitExceeded(`trace too large: more than ${maximumSteps} steps; ask for less by the option limit`);
      meter.check();
    },
  };
}

/** One entry per step of the machine: what a dispute would end in. */
export function createStepTracer({ limit }: { readonly limit: number }, context: TraceContext): Tracer {
  const collector = createStepCollector(limit, context);
  let taken = 0;

  return {
    observer: {
      onMachineStep: (report) => {
        taken++;
        collector.take(report);
      },
    },
    result: ({ gasUsed, failed }) => {
      collector.check();
      if (taken === 0)
        throw new RpcError(
          RPC_ERROR.invalidParams,
          "stepTracer shows transactions on a node that runs with the engine machine, and deposits once their block is in a batch",
        );
      return { gas: Number(gasUsed), failed, stepCount: taken, steps: collector.steps };
    },
  };
}
