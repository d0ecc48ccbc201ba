import { pause } from "../concurrency/index.ts";
import type { Block } from "../rollup/index.ts";
import type { Mempool } from "./mempool.ts";

export type SequencerMode =
  /**
   * A block as soon as there is a transaction or deposit for it; what arrives while a block is built goes into the next.
   * Transactions that wait for a lower base fee need no blocks meanwhile: time alone lowers it. With `emptyAfter`, an empty
   * block when none came for so many seconds.
   */
  | { readonly kind: "on-demand"; readonly emptyAfter?: number }
  /** A block every `seconds`; with `empty`, also when there is nothing to put into it. */
  | { readonly kind: "interval"; readonly seconds: number; readonly empty: boolean }
  /** Only blocks that are asked for one by one. */
  | { readonly kind: "manual" };

/** Seconds without a block after which an empty one is made, where blocks are made on demand and may be empty. */
const IDLE_BLOCK_TIME = 1;

/** The mode of a sequencer with so many seconds between blocks, 0 for on demand; both may make empty blocks. */
export function chooseSequencerMode({
  blockTime,
  emptyBlocks,
}: {
  readonly blockTime: number;
  readonly emptyBlocks: boolean;
}): SequencerMode {
  if (blockTime > 0) return { kind: "interval", seconds: blockTime, empty: emptyBlocks };
  return emptyBlocks ? { kind: "on-demand", emptyAfter: IDLE_BLOCK_TIME } : { kind: "on-demand" };
}

/** What came of an attempt to build a block. */
export type Attempt = Block | "nothing" | "failed";

export interface BlockScheduling {
  readonly mempool: Pick<Mempool, "events" | "changes">;
  /** Builds a block if there is something to put into it, or if it may be empty. */
  readonly attempt: (empty: boolean) => Promise<Attempt>;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** The Inbox tells of no changes, nor do the gas bucket and the base fee; this is how often they are looked at, in milliseconds. */
const POLL_INTERVAL = 200;
/** Pause after a failure, in milliseconds. */
const FAILURE_PAUSE = 1_000;

/** Builds blocks by the mode until the signal is aborted. */
export async function scheduleBlocks(
  scheduling: BlockScheduling,
  mode: SequencerMode,
  signal: AbortSignal,
): Promise<void> {
  switch (mode.kind) {
    case "on-demand":
      return buildOnDemand(scheduling, mode, signal);
    case "interval":
      return buildAtInterval(scheduling, mode, signal);
    case "manual":
  }
}

async function buildOnDemand(
  { mempool, attempt, now }: BlockScheduling,
  { emptyAfter }: { readonly emptyAfter?: number },
  signal: AbortSignal,
): Promise<void> {
  const trigger = createTrigger();
  let builtAt = now();
  mempool.events.on("transaction", trigger.fire);
  mempool.changes.on("settled", trigger.fire);
  try {
    while (!signal.aborted) {
      trigger.reset();
      const outcome = await attempt(isEmptyDue({ now: now(), builtAt, emptyAfter }));
      const next = stepAfter(outcome);
      if (next === "again") builtAt = now();
      if (next === "pause") await pause(FAILURE_PAUSE, signal);
      else if (next === "wait") await trigger.wait(POLL_INTERVAL, signal);
    }
  } finally {
    mempool.events.off("transaction", trigger.fire);
    mempool.changes.off("settled", trigger.fire);
  }
}

async function buildAtInterval(
  { attempt, now }: BlockScheduling,
  { seconds, empty }: { readonly seconds: number; readonly empty: boolean },
  signal: AbortSignal,
): Promise<void> {
  let next = now();
  while (!signal.aborted) {
    await attempt(empty);
    next = nextTime(next, seconds, now());
    await pause(next - now(), signal);
  }
}

/** What an on-demand sequencer does after an attempt. */
export function stepAfter(outcome: Attempt): "again" | "wait" | "pause" {
  if (outcome === "failed") return "pause";
  return outcome === "nothing" ? "wait" : "again";
}

/** Whether an empty block is to be made, where one is after so many seconds; times in milliseconds. */
export function isEmptyDue(times: {
  readonly now: number;
  readonly builtAt: number;
  readonly emptyAfter: number | undefined;
}): boolean {
  const { now, builtAt, emptyAfter } = times;
  return emptyAfter !== undefined && now - builtAt >= emptyAfter * 1_000;
}

/** When the block after the one due at `due` is due, in milliseconds. Missed ones are not made up for. */
export function nextTime(due: number, seconds: number, now: number): number {
  return Math.max(due + seconds * 1_000, now);
}

/** Something that may happen while nobody waits for it, and counts as having happened until `reset`. */
interface Trigger {
  readonly fire: () => void;
  reset(): void;
  /** Resolves when it has fired since the reset, after a time in milliseconds, or when the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

function createTrigger(): Trigger {
  let fired = new AbortController();
  return {
    fire: () => fired.abort(),
    reset() {
      fired = new AbortController();
    },
    wait: (milliseconds, signal) => pause(milliseconds, AbortSignal.any([signal, fired.signal])),
  };
}
