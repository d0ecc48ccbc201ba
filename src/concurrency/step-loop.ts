import type { Pace } from "./pace.ts";
import { pause } from "./pause.ts";

/** A step that is repeated until it is stopped. */
export interface StepLoop {
  /** Does nothing if it runs already. */
  start(): void;
  /** Resolves when the step under way has ended. */
  stop(): Promise<void>;
}

export interface StepLoopOptions {
  /** Resolves to whether the next step follows at once. Its errors go to `onError` and do not end the loop. */
  readonly step: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
  /** Whether an error says that there is nothing left to step for: it ends the loop silently. None does by default. */
  readonly endsLoop?: (error: unknown) => boolean;
  /** Seconds between steps; a function is asked each time, and a pace may have the next come sooner. */
  readonly interval: number | (() => number) | Pace;
}

export function createStepLoop({ step, onError, endsLoop = () => false, interval }: StepLoopOptions): StepLoop {
  let running: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let again = false;
      try {
        again = await step();
      } catch (error) {
        if (endsLoop(error)) return;
        onError(error);
      }
      if (!again) await rest(interval, signal);
    }
  }

  return {
    start() {
      if (running !== undefined) return;
      const controller = new AbortController();
      running = { controller, done: run(controller.signal) };
    },
    async stop() {
      const stopping = running;
      running = undefined;
      stopping?.controller.abort();
      await stopping?.done;
    },
  };
}

async function rest(interval: StepLoopOptions["interval"], signal: AbortSignal): Promise<void> {
  if (typeof interval !== "object") {
    await pause((typeof interval === "number" ? interval : interval()) * 1000, signal);
    return;
  }
  const waking = new AbortController();
  const forget = interval.onQuickened(() => {
    waking.abort();
  });
  await pause(interval.seconds() * 1000, AbortSignal.any([signal, waking.signal]));
  forget();
}
