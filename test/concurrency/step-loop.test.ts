import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { createStepLoop } from "../../src/concurrency/index.ts";
import type { StepLoopOptions } from "../../src/concurrency/index.ts";

/** Runs a loop whose steps come to these outcomes and, after them, to nothing; gives what happened. */
async function runLoop(outcomes: readonly (boolean | Error)[], options: Partial<StepLoopOptions> = {}) {
  const errors: unknown[] = [];
  const remaining = [...outcomes];
  let steps = 0;
  const loop = createStepLoop({
    step: async () => {
      steps++;
      const outcome = remaining.shift() ?? false;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    onError: (error) => errors.push(error),
    interval: 3600,
    ...options,
  });
  loop.start();
  loop.start();
  await delay(100);
  await loop.stop();
  return { steps, errors };
}

describe("Step loop", () => {
  it("steps again at once only when the step asks for it", async () => {
    expect((await runLoop([true, true, false])).steps).to.equal(3);
  });

  it("asks for the interval after each step, in seconds", async () => {
    const intervals = [0.001, 0.001, 3600];
    const { steps } = await runLoop([], { interval: () => intervals.shift() ?? 3600 });
    expect(steps).to.equal(3);
  });

  it("reports errors and goes on", async () => {
    const error = new Error("L1 is down");
    const { steps, errors } = await runLoop([error, false], { interval: 0.001 });
    expect(steps).to.be.greaterThan(1);
    expect(errors).to.eql([error]);
  });

  it("is ended silently by an error that says so", async () => {
    const end = new Error("closed");
    const { steps, errors } = await runLoop([end], { interval: 0.001, endsLoop: (error) => error === end });
    expect(steps).to.equal(1);
    expect(errors).to.eql([]);
  });

  it("is stopped when the step under way has ended, and can be started again", async () => {
    let ended = 0;
    const loop = createStepLoop({
      step: async () => {
        await delay(10);
        ended++;
        return false;
      },
      onError: () => undefined,
      interval: 3600,
    });
    loop.start();
    await loop.stop();
    expect(ended).to.equal(1);
    loop.start();
    await loop.stop();
    expect(ended).to.equal(2);
  });
});
