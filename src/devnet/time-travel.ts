import { MAXIMUM_TIMESTAMP_LAG } from "../rollup/index.ts";
import type { RunningNode } from "../roles/index.ts";
import { rejected } from "../rpc/index.ts";
import { blockTimestamp, earliestTimestamp } from "../sequencer/index.ts";
import { postAllBlocks } from "./batch-flush.ts";
import { L1RequestError, toQuantity } from "./l1-requests.ts";
import type { L1Requests } from "./l1-requests.ts";
import type { RestartableRoles } from "./restartable-roles.ts";

/** Moves the clocks of both layers together: a block of L2 may be 15 minutes ahead of L1's time, and a day behind. */
export interface TimeTravel {
  /** As {@link DevnetControl.mine}. */
  mine(request: { readonly count: number; readonly interval: number; readonly timestamp?: number }): Promise<void>;
  /** Moves both clocks on; gives the seconds they are ahead of the wall clock. */
  increase(seconds: number): Promise<number>;
  /** As {@link DevnetControl.setNextTimestamp}. */
  setNext(timestamp: number): Promise<void>;
}

/** The end of the year 9999. The contracts keep seconds in 40 bits. */
const LAST_TIMESTAMP = 253_402_300_799;
/** Blocks of one call: 1,000 took 8 s on a busy machine, and clients wait a minute. */
const MAXIMUM_BLOCKS = 4_096;
/** Seconds that blocks which are not posted yet may span, so that there is time to post them, and blocks built in between. */
const UNPOSTED_SPAN = MAXIMUM_TIMESTAMP_LAG / 2;
const CHUNK_BLOCKS = 1_000;
/** Empty blocks that are stored in one transaction. */
const STORED_TOGETHER = 64;
/** Seconds that blocks mined one by one may get ahead of L1 before its clock is moved. */
const SMALL_LEAD = 600;
/** Attempts to have L1 take a timestamp, which it refuses if it has just made a block that is later. */
const ATTEMPTS = 5;

export function createTimeTravel(node: RunningNode, roles: RestartableRoles, l1: L1Requests): TimeTravel {
  const { chain } = node;

  /** Moves L1's clock on until its latest block is not before `timestamp`. */
  async function moveL1To(timestamp: number): Promise<void> {
    for (let attempt = 1; (await l1.timestamp("latest")) < timestamp; attempt++) {
      try {
        if (timestamp > (await l1.timestamp("pending"))) {
          await l1.send("evm_setNextBlockTimestamp", [toQuantity(timestamp)]);
        }
        await l1.send("evm_mine", []);
      } catch (error) {
        if (!(error instanceof L1RequestError) || attempt >= ATTEMPTS) throw error;
      }
    }
    await node.syncOnce();
  }

  /** Posts what would be more than a day old by then: derivation would give it another timestamp. */
  async function postBefore(timestamp: number, oldest = Infinity): Promise<void> {
    const { safe, latest } = chain.store.getHeads();
    const unposted = safe < latest ? (chain.store.getSummary(safe + 1)?.header.timestamp ?? 0) : Infinity;
    if (timestamp - Math.min(unposted, oldest) > UNPOSTED_SPAN) await postAllBlocks(node, roles);
  }

  function times() {
    const l1Timestamp = node.l1Timestamp();
    if (l1Timestamp === undefined) throw rejected("L1 has not been read yet");
    return { parent: chain.latest().header.timestamp, l1Timestamp, wallClock: Math.floor(Date.now() / 1_000) };
  }

  function check(timestamp: number): void {
    if (timestamp > LAST_TIMESTAMP) throw rejected(`expected a timestamp up to ${LAST_TIMESTAMP}, got ${timestamp}`);
    const bounds = times();
    if (timestamp < bounds.parent) {
      throw rejected(`timestamp ${timestamp} is lower than the previous block's timestamp ${bounds.parent}`);
    }
    if (timestamp < earliestTimestamp(bounds)) {
      throw rejected(
        `timestamp ${timestamp} is too far behind L1's, ${bounds.l1Timestamp}: nodes take blocks of a day before it; ` +
          "mine a block first (evm_mine), which has the present time",
      );
    }
  }

  async function setNext(timestamp: number): Promise<void> {
    await node.syncOnce();
    check(timestamp);
    await postBefore(timestamp);
    // Before L1 moves, which may be a reason for a block by itself.
    roles.current().sequencer.plannedTimestamp = timestamp;
    if (timestamp > times().l1Timestamp) await moveL1To(timestamp);
  }

  /** Builds the block of each timestamp; the first takes what waits in pool and Inbox. */
  async function build(timestamps: readonly number[]): Promise<void> {
    const { sequencer } = roles.current();
    const [first, ...others] = timestamps;
    const block = await sequencer.buildBlock({ empty: true, timestamp: first });
    let built = block === undefined ? 0 : 1;
    for (let next = 0; built === 1 + next && next < others.length; next += STORED_TOGETHER) {
      built += (await sequencer.buildEmptyBlocks(others.slice(next, next + STORED_TOGETHER))).length;
    }
    if (built < timestamps.length) {
      throw rejected(
        `no block could be built at ${timestamps[built] ?? 0}: L1 is not known, or the gas bucket is empty`,
      );
    }
  }

  return {
    setNext,
    async increase(seconds) {
      await node.syncOnce();
      const target = blockTimestamp(times()) + seconds;
      check(target);
      await postBefore(target);
      await moveL1To(target);
      return target - Math.floor(Date.now() / 1_000);
    },
    async mine({ count, interval, timestamp }) {
      if (count > MAXIMUM_BLOCKS) throw rejected(`expected at most ${MAXIMUM_BLOCKS} blocks at a time, got ${count}`);
      if (count === 0) return;
      await node.syncOnce();
      if (timestamp !== undefined) check(timestamp);
      const { sequencer } = roles.current();
      const present = blockTimestamp(times());
      const planned = timestamp ?? sequencer.plannedTimestamp;
      const first = planned ?? Math.max(present, chain.latest().header.timestamp + 1);
      if (first + (count - 1) * interval > LAST_TIMESTAMP) {
        throw rejected(`expected timestamps up to ${LAST_TIMESTAMP}, got ${count} blocks every ${interval} s`);
      }
      const isMoving = planned !== undefined || (count > 1 && interval > 0);
      const perChunk = Math.max(1, Math.min(CHUNK_BLOCKS, Math.floor(UNPOSTED_SPAN / Math.max(1, interval))));
      const wasRunning = sequencer.mode.kind !== "manual";
      await sequencer.stop();
      try {
        for (let done = 0; done < count; done += perChunk) {
          const length = Math.min(perChunk, count - done);
          const timestamps = Array.from({ length }, (_, index) => first + (done + index) * interval);
          const last = timestamps.at(-1) as number;
          await postBefore(last);
          const { l1Timestamp } = times();
          if (isMoving ? last > l1Timestamp : last > l1Timestamp + SMALL_LEAD) await moveL1To(last);
          await build(timestamps);
        }
      } finally {
        if (wasRunning) sequencer.start();
      }
    },
  };
}
