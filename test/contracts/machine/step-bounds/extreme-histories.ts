import { Phase, isBoundary, stepName } from "../../../../src/machine/index.ts";
import type { ChainInput, ProvenStep } from "../../../../src/machine/index.ts";
import { hexToBytes } from "../../../../src/primitives/index.ts";
import { encodePayload } from "../../../../src/batch/index.ts";
import { batchHash } from "../../../../src/rollup/index.ts";
import { CHAIN_ID, ETHER, account, wallet } from "../../../execution/harness.ts";
import { L1_TIME, context, createHistory, deposit } from "../../../machine/chain/history.ts";
import type { BatchFields, HistoryOptions } from "../../../machine/chain/history.ts";
import { HISTORIES } from "../../../machine/chain/histories.ts";
import { runProving } from "../../../machine/chain/run-history.ts";
import { MESSAGE_HISTORIES } from "../message-histories.ts";
import type { StepMeter } from "./step-meter.ts";

/** A step of a unit of a chain. */
export interface HistoryStep extends ProvenStep {
  /** The phase; "start of …" where the start of a unit is a step of its own. */
  readonly name: string;
  readonly cause: string;
  readonly input: ChainInput;
}

/** Bytes of a payload that an Inbox takes as calldata. */
const MOST_CALLDATA = 65_536;
/** Steps of a name that are taken of each history. */
const FIRST = 4;
/** Phases of transactions whose step opens something of the chain, or is different in one. */
const DIFFERENT_IN_A_CHAIN: readonly Phase[] = [
  Phase.CountCalldata,
  Phase.Validate,
  Phase.Settle,
  Phase.Flush,
  Phase.EndTransaction,
];

const GREATEST = 2n ** 256n - 1n;

const SIZES: Readonly<Record<string, HistoryOptions>> = {
  "a deposit with 65,536 bytes of data, no zeros": {
    messages: [
      deposit(0, {
        sender: wallet(7).address,
        mint: ETHER,
        value: 1n,
        gasLimit: 2n ** 24n,
        to: account(1),
        refundTo: account(2),
        data: Uint8Array.from({ length: 65_536 }, (_, index) => 1 + ((index * 7_919) % 255)),
      }),
    ],
    batches: [{}],
  },
  "contexts with the greatest numbers": {
    messages: [0, 1].map((index) =>
      context(index, {
        number: Number.MAX_SAFE_INTEGER,
        timestamp: Number.MAX_SAFE_INTEGER,
        baseFee: GREATEST,
        blobBaseFee: GREATEST / 16n,
        parentHash: `0x${"ff".repeat(32)}`,
      }),
    ),
    batches: [
      { payload: encodePayload([{ timestamp: L1_TIME + 12, messages: 1, transactions: [] }]), elapsed: 80_000 },
      {
        payload: encodePayload([
          { timestamp: L1_TIME + 70_000, messages: 1, transactions: [hexToBytes(`0x${"ff".repeat(65)}`)] },
        ]),
      },
    ],
  },
};

/** Histories with large messages and numbers, and those that have every kind of step. */
export const EXTREME_HISTORIES: Readonly<Record<string, HistoryOptions>> = {
  ...SIZES,
  ...HISTORIES,
  ...MESSAGE_HISTORIES,
};

/** As blobs what is too long for calldata. */
function asInboxTakesIt(batch: BatchFields): BatchFields {
  return (batch.payload?.length ?? 0) > MOST_CALLDATA ? { ...batch, kind: "blobs" } : batch;
}

/** The first steps of each phase of a chain in a history, but for elements of blobs, to be measured by `meter`. */
export async function historySteps(meter: StepMeter, cause: string, options: HistoryOptions): Promise<HistoryStep[]> {
  const history = await createHistory({ ...options, batches: options.batches.map(asInboxTakesIt) });
  const inbox = await meter.deployInbox({
    chainId: CHAIN_ID,
    batchHashes: history.batches.map(batchHash),
    messageHashes: history.messages.map(({ hash }) => hash),
  });
  const input = { inbox, target: history.batches.length };
  const counts = new Map<string, number>();
  const steps: HistoryStep[] = [];
  const names = Object.keys(Phase);
  runProving(history, (prover) => {
    const { machine } = prover;
    while (!prover.isDone()) {
      const { phase } = machine;
      const plain = stepName(machine);
      const name = plain === "start" ? `start of ${names[phase]}` : plain;
      const isOfChain = isBoundary(phase) || phase >= Phase.ReadCalldata || DIFFERENT_IN_A_CHAIN.includes(phase);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      if (!isOfChain || phase === Phase.ReadElement || count >= FIRST) prover.step();
      else steps.push({ ...prover.prove(), name, cause, input });
    }
  });
  return steps;
}
