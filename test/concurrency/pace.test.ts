import { expect } from "chai";
import { createPace, createStepLoop } from "../../src/concurrency/index.ts";

describe("the pace of a loop", () => {
  it("is quick from the start and for a while after it was quickened, and slow otherwise", () => {
    let now = 0;
    const pace = createPace({ quick: 0.25, slow: 2, patience: 5 }, () => now);
    expect(pace.seconds()).to.equal(0.25);
    now = 4_999;
    expect(pace.seconds()).to.equal(0.25);
    now = 5_000;
    expect(pace.seconds()).to.equal(2);
    pace.quicken();
    expect(pace.seconds()).to.equal(0.25);
  });

  it("wakes who waits without being quick afterwards", () => {
    let now = 0;
    const pace = createPace({ quick: 1, slow: 2, patience: 5 }, () => now);
    let woken = 0;
    pace.onQuickened(() => woken++);
    now = 5_000;
    pace.wake();
    expect(woken).to.equal(1);
    expect(pace.seconds()).to.equal(2);
  });

  it("has the next step come at once when it is quickened, and leaves no listener behind", async () => {
    const pace = createPace({ quick: 3_600, slow: 3_600, patience: 1 });
    let steps = 0;
    let stepped: () => void = () => undefined;
    const loop = createStepLoop({
      step: () => {
        steps++;
        stepped();
        return Promise.resolve(false);
      },
      onError: () => undefined,
      interval: pace,
    });
    const nextStep = (): Promise<void> => new Promise((resolve) => (stepped = resolve));
    const first = nextStep();
    loop.start();
    await first;
    for (const expected of [2, 3]) {
      const next = nextStep();
      // The loop rests once the step has resolved.
      await new Promise((resolve) => setImmediate(resolve));
      pace.quicken();
      await next;
      expect(steps).to.equal(expected);
    }
    await loop.stop();
    pace.quicken();
    expect(steps).to.equal(3);
  });
});
