import { InconsistentL1Error, createLogRangeReader, readL1Block } from "../l1/index.ts";
import type { L1Block, L1Client } from "../l1/index.ts";
import type { Log } from "viem";
import type { L1BlockReference } from "../storage/index.ts";
import { applyEvents } from "./apply-events.ts";
import type { DisputeContracts } from "./calls.ts";
import type { DisputeEvent } from "./dispute-event.ts";
import { ImpossibleEventError } from "./dispute-event.ts";
import { EMPTY_DISPUTE_STATE } from "./dispute-state.ts";
import type { DisputeParameters, DisputeState } from "./dispute-state.ts";
import { DISPUTE_TOPICS, readDisputeLog } from "./read-log.ts";

/** Follows the events of disputes on L1. */
export interface DisputeLog {
  /**
   * Reads up to the head, and undoes what L1 took back. Rejects if L1 gives no logs, or ones that cannot be; what was read until
   * then stays, or is read anew.
   */
  read(head: L1Block): Promise<DisputeState>;
  /** As of the last read. */
  state(): DisputeState;
  /** Has the next read begin anew. */
  forget(): void;
}

export interface DisputeLogOptions {
  readonly client: L1Client;
  readonly contracts: DisputeContracts;
  readonly heights: Pick<DisputeParameters, "claimTraceHeight" | "unitTraceHeight">;
  /** L1 block of the rollup's deployment. */
  readonly startBlock: number;
  /** Most blocks of one `eth_getLogs`. */
  readonly logRange: number;
  /** Called where L1 took back blocks, with the last that is left of those read. */
  readonly onReorganisation: (kept: number) => void;
}

/** Blocks up to which logs were read that are remembered: a reorganisation is undone to the last of them that is left. */
const KEPT_REFERENCES = 1_024;

export function createDisputeLog(options: DisputeLogOptions): DisputeLog {
  const { client, contracts, heights, startBlock, logRange, onReorganisation } = options;
  const rangeOf = (contract: keyof DisputeContracts) =>
    createLogRangeReader({
      client,
      address: contracts[contract],
      topics: DISPUTE_TOPICS[contract],
      maximumRange: logRange,
    });
  const chainLogs = rangeOf("stateCommitmentChain");
  const gameLogs = rangeOf("challengeGame");
  let references: readonly L1BlockReference[] = [];
  let events: readonly DisputeEvent[] = [];
  let state: DisputeState = EMPTY_DISPUTE_STATE;

  async function isThere({ number, hash }: L1BlockReference): Promise<boolean> {
    return (await readL1Block(client, number))?.hash === hash;
  }

  /** Forgets what is not on L1 any more. */
  async function undo(head: L1Block): Promise<void> {
    let kept = references;
    for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
      if (last.number <= head.number && (await isThere(last))) break;
      kept = kept.slice(0, -1);
    }
    if (kept.length === references.length) return;
    restart(kept, kept.at(-1)?.number ?? startBlock - 1);
  }

  function restart(kept: readonly L1BlockReference[], lastBlock: number): void {
    references = kept;
    events = events.filter(({ origin }) => origin.blockNumber <= lastBlock);
    state = applyEvents(EMPTY_DISPUTE_STATE, events, heights);
    onReorganisation(lastBlock);
  }

  /** Events from a block to one that the endpoint chose. */
  async function readRange(from: number, to: number) {
    const ofChain = await chainLogs.read(from, to);
    const ofGame = await gameLogs.read(from, ofChain.last);
    const { last, lastHash: hash } = ofGame;
    const logs = [...ofChain.logs, ...ofGame.logs].filter((log) => Number(log.blockNumber) <= last);
    const timestamps = await readTimestamps(logs);
    const found = logs.flatMap((log) => {
      const event = readDisputeLog(log, contracts, timestamps.get(Number(log.blockNumber)) ?? Number.NaN);
      return event === undefined ? [] : [event];
    });
    found.sort((a, b) => a.origin.blockNumber - b.origin.blockNumber || a.origin.logIndex - b.origin.logIndex);
    return { reference: { number: last, hash }, found };
  }

  async function readTimestamps(logs: readonly Log[]): Promise<ReadonlyMap<number, number>> {
    const timestamps = new Map<number, number>();
    for (const { blockNumber, blockHash } of logs) {
      const number = Number(blockNumber);
      if (timestamps.has(number)) continue;
      const block = await readL1Block(client, number);
      if (block === undefined || block.hash !== blockHash) {
        throw new InconsistentL1Error(`L1 block ${number} has a log of block ${String(blockHash)}`);
      }
      timestamps.set(number, block.timestamp);
    }
    return timestamps;
  }

  return {
    state: () => state,
    forget: () => restart([], startBlock - 1),
    async read(head) {
      await undo(head);
      for (;;) {
        const previous = references.at(-1);
        const from = previous === undefined ? startBlock : previous.number + 1;
        if (from > head.number) return state;
        const { reference, found } = await readRange(from, head.number);
        // The logs are of one chain, and it is the one that was read before, if both ends of the range still are.
        const isSame = (await isThere(reference)) && (previous === undefined || (await isThere(previous)));
        if (!isSame) throw new InconsistentL1Error("L1 reorganised while its logs were read");
        try {
          state = applyEvents(state, found, heights);
        } catch (error) {
          // Logs may have been hidden before, or another chain's got in: all is read again.
          if (error instanceof ImpossibleEventError) restart([], startBlock - 1);
          throw error;
        }
        events = [...events, ...found];
        references = [...references, reference].slice(-KEPT_REFERENCES);
      }
    },
  };
}
