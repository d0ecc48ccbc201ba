import { expect } from "chai";
import { createLastingFailure } from "../../src/concurrency/index.ts";

describe("A failure that lasts", () => {
  it("is a problem after a minute, with its latest reason, until something succeeds", () => {
    let now = 0;
    const failure = createLastingFailure("nothing could be sent", () => now);
    failure.failed("L1 does not answer");
    expect(failure.problems()).to.eql([]);
    now = 59_999;
    failure.failed("L1 refuses");
    expect(failure.problems()).to.eql([]);
    now = 60_000;
    expect(failure.problems()).to.eql(["nothing could be sent for 60 s: L1 refuses"]);
    failure.succeeded();
    expect(failure.problems()).to.eql([]);
    failure.failed("L1 refuses");
    now = 100_000;
    expect(failure.problems()).to.eql([]);
  });
});
