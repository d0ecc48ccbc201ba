import { pause } from "../concurrency/index.ts";
import type { Block } from "../rollup/index.ts";
import type { Mempool } from "./mempool.ts";

export type SequencerMode =
  /**
   * A block as soon as there is a transaction or deposit for it; what arrives while a block is built goes into the next.
   * Transactions that wait for a lower base fee need no blocks meanwhile: time alone lowers it.
   */
  | { readonly kind: "on-demand" }
  /** A block every `seconds`; with `empty`, also when there is nothing to put into it. */
  | { readonly kind: "interval"; readonly seconds: number; readonly empty: boolean };

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
  if (mode.kind === "on-demand") await buildOnDemand(scheduling, signal);
  else await buildAtInterval(scheduling, mode, signal);
}

async function buildOnDemand({ mempool, attempt }: BlockScheduling, signal: AbortSignal): Promise<void> {
  const trigger = createTrigger();
  mempool.events.on("transaction", trigger.fire);
  mempool.changes.on("settled", trigger.fire);
  try {
    while (!signal.aborted) {
      trigger.reset();
      const next = stepAfter(await attempt(false));
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
