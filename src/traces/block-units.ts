import { setImmediate as nextTurn } from "node:timers/promises";
import { TRANSACTION_LENGTH_SIZE } from "../batch/index.ts";
import type { SkipReason } from "../ethereum/index.ts";
import { Phase, isBoundary, prepareMachine, reportSteps, start, step } from "../machine/index.ts";
import type { Chain, Machine, StepReport } from "../machine/index.ts";
import { bytesToHex, keccak256 } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { headerHash } from "../rollup/index.ts";
import type { BatchRecord, BlockHeader, InboxMessage } from "../rollup/index.ts";
import { openBatch } from "./batch-run.ts";
import type { TraceReading } from "./claim-units.ts";
import { TraceUnavailableError } from "./errors.ts";

/** What a unit of a block has been (docs/machine.md §16). */
export type UnitContent =
  | {
      readonly kind: "LoadBatch";
      readonly batch: BatchRecord;
      /** Bytes. */
      readonly payloadLength: number;
    }
  | {
      readonly kind: "BeginBlock";
      readonly number: number;
      /** Seconds. */
      readonly timestamp: number;
      /** Whether messages imply it; if not, the payload has it. */
      readonly isImplied: boolean;
      /** How many it may take, and how many the payload lists. */
      readonly messages: number;
      readonly transactions: number;
      /** Gas in the bucket. */
      readonly gasLeft: bigint;
    }
  | {
      readonly kind: "Message";
      readonly message: InboxMessage;
      readonly outcome:
        | { readonly kind: "written" }
        | { readonly kind: "executed"; readonly status: 0 | 1; readonly gasUsed: bigint }
        /** A deposit that minted and refunded, but did not run. */
        | { readonly kind: "not-run"; readonly reason: SkipReason }
        /** It weighs more than the block may still take: the next one takes it. */
        | { readonly kind: "postponed" };
    }
  | {
      readonly kind: "Transaction";
      /** Undefined where the payload ended instead. */
      readonly hash: Hash | undefined;
      readonly outcome:
        | { readonly kind: "included"; readonly status: 0 | 1; readonly gasUsed: bigint }
        | { readonly kind: "skipped"; readonly reason: SkipReason }
        /** Nothing more is read of the payload: it has no transaction there, or one that the bucket does not pay for. */
        | { readonly kind: "payload-ended" };
    }
  | { readonly kind: "EndBlock"; readonly hash: Hash; readonly header: BlockHeader };

/** A unit of a block that has run. */
export interface BlockUnit {
  /** Among the units of its batch: its entry in the trace of a claim that begins with the batch (docs/machine.md §12). */
  readonly index: number;
  readonly content: UnitContent;
  /** Steps of its trace. */
  readonly stepCount: number;
  /** The boundary state after it, where this node has traced the batch. */
  readonly stateHash: Hash | undefined;
}

export interface BlockUnitsOptions {
  /** Whether the unit that loads the batch comes first, before those of the block. */
  readonly withLoadBatch: boolean;
  /** Asked before each unit. What it gives is told of each step until it says false; the rest is only counted. */
  readonly onUnit: (kind: UnitContent["kind"]) => ((report: StepReport) => boolean) | undefined;
  readonly signal: AbortSignal;
}

/** Goes through derived blocks unit by unit, in the steps of the machine. */
export interface BlockUnits {
  /**
   * The units of a block of this batch, each after it has run. The blocks of the batch before it are passed over.
   * @throws TraceUnavailableError if the batch is superseded meanwhile; the reason of the signal once it is aborted
   */
  run(header: BlockHeader, batch: number, options: BlockUnitsOptions): AsyncGenerator<BlockUnit>;
}

/** Milliseconds between turns of the event loop in which others may go on, or give up. */
const TURN = 50;

const HASH_SIZE = 32;

export async function createBlockUnits(reading: TraceReading): Promise<BlockUnits> {
  await prepareMachine();
  const { chain, inbox, traces } = reading.database;

  /** Lets others go on, if it is time for it; what is read of the database afterwards may be another state of it. */
  function createPause(batch: number, signal: AbortSignal): () => Promise<void> {
    const lastBlockHash = chain.getDerivedBatch(batch)?.lastBlockHash;
    const rewindCount = inbox.rewindCount();
    let last = performance.now();
    return async () => {
      if (performance.now() - last < TURN) return;
      await nextTurn();
      signal.throwIfAborted();
      const isSame =
        inbox.rewindCount() === rewindCount && chain.getDerivedBatch(batch)?.lastBlockHash === lastBlockHash;
      if (!isSame) throw new TraceUnavailableError({ kind: "superseded" });
      last = performance.now();
    };
  }

  function storedHash(batch: number, index: number): Hash | undefined {
    const traced = traces.getBatch(batch);
    return traced && bytesToHex(traces.readUnits(traced.firstUnit + index, 1).subarray(0, HASH_SIZE));
  }

  return {
    async *run(header, batch, { withLoadBatch, onUnit, signal }) {
      const pause = createPause(batch, signal);
      const { machine, runUnit, passBlock } = openBatch(batch, reading);
      let index = 0;

      function runInSteps(): BlockUnit {
        const describe = watchUnit(machine);
        machine.isProving = true;
        const stepCount = takeSteps(machine, onUnit(kindOf(machine)));
        machine.isProving = false;
        const content = describe();
        return { index, content, stepCount, stateHash: storedHash(batch, index) };
      }

      if (withLoadBatch) {
        yield runInSteps();
        index++;
      }
      if (index === 0) {
        runUnit();
        index++;
      }
      while (!isBefore(machine, header)) {
        const units = machine.phase === Phase.BeginBlock ? passBlock() : 0;
        if (units === 0)
          throw new Error(`the machine comes through batch ${batch} without a block on ${header.parentHash}`);
        index += units;
        await pause();
      }
      const { sealed } = machine;
      for (; machine.sealed === sealed; index++) {
        await pause();
        yield runInSteps();
      }
      const [own, expected] = [machine.sealed?.hash, headerHash(header)];
      if (own !== expected) throw new Error(`the machine makes block ${header.number} ${own}, the node ${expected}`);
    },
  };
}

/** Whether the block comes next. */
function isBefore({ phase, chain }: Machine, { parentHash }: BlockHeader): boolean {
  return phase === Phase.BeginBlock && chain?.kind === "in-batch" && chain.blockHash === parentHash;
}

/** Runs the unit that comes next, and gives the number of its steps. */
function takeSteps(machine: Machine, onStep: ((report: StepReport) => boolean) | undefined): number {
  let count = 0;
  if (onStep === undefined) {
    start(machine);
    count++;
  } else {
    for (const report of reportSteps(machine)) {
      count++;
      if (!onStep(report)) break;
    }
  }
  for (; !isBoundary(machine.phase); count++) step(machine);
  return count;
}

function kindOf({ phase }: Machine): UnitContent["kind"] {
  switch (phase) {
    case Phase.LoadBatch:
      return "LoadBatch";
    case Phase.BeginBlock:
      return "BeginBlock";
    case Phase.Message:
      return "Message";
    case Phase.Transaction:
      return "Transaction";
    case Phase.EndBlock:
      return "EndBlock";
    default:
      throw new Error(`phase ${phase} is no begin of a unit of a batch`);
  }
}

/** Looks at a machine before a unit; gives what tells afterwards what the unit was. */
function watchUnit(machine: Machine): () => UnitContent {
  const kind = kindOf(machine);
  const { source, chain } = machine;
  if (source === undefined || chain === undefined) throw new Error("expected a machine of a chain");
  if (chain.kind === "between-batches") {
    const { batchCount } = chain.state;
    return () => ({
      kind: "LoadBatch",
      batch: source.batch(batchCount),
      payloadLength: inBatch(machine).stream?.inflater.payload.length ?? 0,
    });
  }
  // The machine goes on with the same object until the batch is over.
  const before = { ...chain };
  switch (kind) {
    case "LoadBatch":
      throw new Error("expected a machine between two batches");
    case "BeginBlock":
      return () => {
        const { blockCount, messagesEnd, messageCount, transactionsLeft, gasLeft } = chain;
        return {
          kind,
          number: Number(machine.environment.number),
          timestamp: Number(machine.environment.timestamp),
          isImplied: blockCount === before.blockCount,
          messages: messagesEnd - messageCount,
          transactions: transactionsLeft,
          gasLeft,
        };
      };
    case "Message": {
      const message = source.message(chain.messageCount);
      return () => ({ kind, message, outcome: messageOutcome(message, before, machine) });
    }
    case "Transaction":
      return () => transactionContent(before, machine);
    case "EndBlock":
      return () => {
        const { sealed } = machine;
        if (sealed === undefined) throw new Error("a block that was not sealed");
        return { kind, ...sealed };
      };
  }
}

function inBatch({ chain }: Machine): Chain {
  if (chain?.kind !== "in-batch") throw new Error("expected a machine in a batch");
  return chain;
}

type Outcome<Kind extends UnitContent["kind"]> = Extract<
  UnitContent,
  { readonly kind: Kind; readonly outcome: object }
>["outcome"];

function messageOutcome({ kind }: InboxMessage, before: Chain, machine: Machine): Outcome<"Message"> {
  if (inBatch(machine).messageCount === before.messageCount) return { kind: "postponed" };
  if (kind === "context") return { kind: "written" };
  const { skipReason } = machine;
  return skipReason === undefined
    ? { kind: "executed", ...outcomeOf(machine) }
    : { kind: "not-run", reason: skipReason };
}

function transactionContent({ stream, position }: Chain, machine: Machine): UnitContent {
  const end = inBatch(machine).position;
  if (stream === undefined || end === position)
    return { kind: "Transaction", hash: undefined, outcome: { kind: "payload-ended" } };
  const hash = keccak256(stream.inflater.output().subarray(position + TRANSACTION_LENGTH_SIZE, end));
  const { skipReason } = machine;
  if (skipReason !== undefined) return { kind: "Transaction", hash, outcome: { kind: "skipped", reason: skipReason } };
  return { kind: "Transaction", hash, outcome: { kind: "included", ...outcomeOf(machine) } };
}

function outcomeOf({ included }: Machine): { readonly status: 0 | 1; readonly gasUsed: bigint } {
  if (included === undefined) throw new Error("a transaction without an outcome");
  const { status, gasUsed } = included.transaction;
  return { status, gasUsed: BigInt(gasUsed) };
}
