import { createTroubleReporter } from "../l1/index.ts";
import type { InboxReader } from "../l1/index.ts";
import type { Instruments } from "../primitives/index.ts";

/** Seconds that L1's latest block may be ahead of this machine's clock. */
const TOLERANCE = 30;

/**
 * Timestamp in seconds of L1's head as of a reader's last look, when what L1 has up to it had been read; undefined before. Unless L1's clock may be moved, warns while it is
 * ahead of this machine's, which is then slow. That L1 is behind says nothing of clocks: it may have stopped.
 */
export function followL1Clock(
  { events }: Pick<InboxReader, "events">,
  { mayBeMoved, now = Date.now }: { readonly mayBeMoved: boolean; readonly now?: () => number },
  { logger }: Pick<Instruments, "logger">,
): () => number | undefined {
  const trouble = createTroubleReporter(now);
  let known: number | undefined;
  events.on("polled", ({ l1Timestamp }) => {
    known = l1Timestamp;
    if (mayBeMoved || l1Timestamp === undefined) return;
    const ahead = Math.round(l1Timestamp - now() / 1_000);
    if (ahead <= TOLERANCE) {
      trouble.over();
      return;
    }
    trouble.report("ahead", (again) => {
      logger.warn(
        { seconds: ahead, ...again },
        "L1's latest block is ahead of this machine's clock: set the clock, unless L1 is a development network whose time was moved",
      );
    });
  });
  return () => known;
}
