import type { ExecutionObserver } from "../../execution/index.ts";
import type { Tracer } from "./tracer.ts";

/** Several tracers at once; the answer has theirs by name. */
export function createMuxTracer(tracers: ReadonlyMap<string, Tracer>): Tracer {
  return {
    observer: observeTogether([...tracers.values()].map(({ observer }) => observer)),
    result: (transaction) =>
      Object.fromEntries([...tracers].map(([name, tracer]) => [name, tracer.result(transaction)])),
  };
}

/** Tells all of them of everything; whoever watches machine steps watches alone, and is none of these. */
function observeTogether(observers: readonly ExecutionObserver[]): ExecutionObserver {
  const listening = (name: Exclude<keyof ExecutionObserver, "onMachineStep">): boolean =>
    observers.some((observer) => observer[name] !== undefined);
  return {
    onTransactionStart: (start) => observers.forEach((observer) => observer.onTransactionStart?.(start)),
    onTransactionEnd: (end) => observers.forEach((observer) => observer.onTransactionEnd?.(end)),
    ...(listening("onStep") ? { onStep: (step) => observers.forEach((observer) => observer.onStep?.(step)) } : {}),
    ...(listening("onCallStart")
      ? { onCallStart: (call) => observers.forEach((observer) => observer.onCallStart?.(call)) }
      : {}),
    ...(listening("onCallEnd")
      ? { onCallEnd: (end) => observers.forEach((observer) => observer.onCallEnd?.(end)) }
      : {}),
  };
}
