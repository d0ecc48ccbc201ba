import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_TIMESTAMP_LAG, MAXIMUM_TIMESTAMP_LEAD } from "../../src/rollup/index.ts";
import { blockTimestamp } from "../../src/sequencer/block-timestamp.ts";

describe("Timestamp of a sequenced block", () => {
  it("is the wall clock within 900 seconds after the latest L1 block", () => {
    expect(blockTimestamp({ parent: 1_000, wallClock: 1_500, l1Timestamp: 1_490 })).to.equal(1_500);
    expect(blockTimestamp({ parent: 1_000, wallClock: 9_000, l1Timestamp: 1_490 })).to.equal(2_390);
  });

  it("is L1's when the wall clock is behind it", () => {
    expect(blockTimestamp({ parent: 1_000, wallClock: 1_500, l1Timestamp: 100_000 })).to.equal(100_000);
  });

  it("never falls behind the parent", () => {
    expect(blockTimestamp({ parent: 5_000, wallClock: 1_500, l1Timestamp: 1_490 })).to.equal(5_000);
  });

  it("is what derivation makes of it in any batch posted within a day", () => {
    const time = fc.integer({ min: 1_000_000, max: 2_000_000 });
    fc.assert(
      fc.property(
        time,
        time,
        time,
        fc.integer({ min: 0, max: MAXIMUM_TIMESTAMP_LAG }),
        (parent, wallClock, l1Timestamp, delay) => {
          const timestamp = blockTimestamp({ parent, wallClock, l1Timestamp });
          const batch = l1Timestamp + delay;
          const clamped = Math.min(Math.max(timestamp, batch - MAXIMUM_TIMESTAMP_LAG), batch + MAXIMUM_TIMESTAMP_LEAD);
          expect(Math.max(parent, clamped)).to.equal(timestamp);
        },
      ),
    );
  });
});
