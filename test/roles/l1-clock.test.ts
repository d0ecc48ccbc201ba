import { expect } from "chai";
import { EventEmitter } from "node:events";
import type { InboxReader, InboxReaderStatus } from "../../src/l1/index.ts";
import { followL1Clock } from "../../src/roles/index.ts";
import { capturedLog } from "../captured-log.ts";

describe("L1's clock", () => {
  /** Seconds. */
  const WALL_CLOCK = 1_800_000_000;

  function follow(mayBeMoved: boolean) {
    const events: InboxReader["events"] = new EventEmitter();
    const { instruments, all } = capturedLog();
    let now = WALL_CLOCK;
    const clock = followL1Clock({ events }, { mayBeMoved, now: () => now * 1_000 }, instruments);
    const see = (l1Timestamp: number | undefined, at = WALL_CLOCK): void => {
      now = at;
      const noBlocks = { l1Head: undefined, synced: undefined, finalized: undefined };
      const noAges = { headAge: undefined, readAge: undefined };
      const status: InboxReaderStatus = { ...noBlocks, ...noAges, caughtUp: true, l1Timestamp, problem: undefined };
      events.emit("polled", status);
    };
    return { clock, see, warnings: () => all.filter(({ level }) => level === 40) };
  }

  it("is that of the latest block seen", () => {
    const { clock, see } = follow(false);
    expect(clock()).to.equal(undefined);
    see(WALL_CLOCK - 12);
    see(WALL_CLOCK);
    expect(clock()).to.equal(WALL_CLOCK);
  });

  it("is warned of once while it is ahead of this machine's, with the seconds, and again when it is so again", () => {
    const { see, warnings } = follow(false);
    see(WALL_CLOCK + 30);
    expect(warnings()).to.eql([]);
    for (let look = 0; look < 5; look++) see(WALL_CLOCK + 31 + look, WALL_CLOCK + look);
    expect(warnings().map(({ seconds }) => seconds)).to.eql([31]);
    see(WALL_CLOCK + 10);
    see(WALL_CLOCK + 90);
    expect(warnings().map(({ seconds }) => seconds)).to.eql([31, 90]);
  });

  it("is not warned of where it is behind, unknown, or may be moved", () => {
    const { see, warnings } = follow(false);
    see(WALL_CLOCK - 10_000);
    see(undefined);
    expect(warnings()).to.eql([]);
    const moved = follow(true);
    moved.see(WALL_CLOCK + 10_000);
    expect(moved.warnings()).to.eql([]);
  });
});
