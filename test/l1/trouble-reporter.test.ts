import { expect } from "chai";
import { createTroubleReporter } from "../../src/l1/index.ts";

describe("A report of trouble that lasts", () => {
  it("is written at once, then at growing intervals with how often it came, and at once if it is another", () => {
    let now = 0;
    const lines: [number, string, object][] = [];
    const trouble = createTroubleReporter(() => now);
    const report = (reason: string) => trouble.report(reason, (again) => lines.push([now, reason, again]));
    for (; now < 300_000; now += 1_000) report("no blobs");
    report("no L1");
    expect(lines).to.eql([
      [0, "no blobs", {}],
      [60_000, "no blobs", { timesBefore: 60 }],
      [180_000, "no blobs", { timesBefore: 180 }],
      [300_000, "no L1", {}],
    ]);
  });

  it("ends with one line, and only if there was trouble", () => {
    const trouble = createTroubleReporter(() => 0);
    let ends = 0;
    const over = () => trouble.over(() => ends++);
    over();
    trouble.report("no L1", () => undefined);
    over();
    over();
    expect(ends).to.equal(1);
  });
});
