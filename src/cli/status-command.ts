import { getBlock } from "viem/actions";
import { OnestepError, executionTime } from "../client/index.ts";
import type { ExecutionTime, MessageStatus, WithdrawalStatus } from "../client/index.ts";
import type { Hash } from "../primitives/index.ts";
import { readClaims } from "./claims-on-l1.ts";
import type { ListedClaim } from "./claims-on-l1.ts";
import { defineCommand } from "./command.ts";
import type { ArgumentDefinition } from "./command.ts";
import { withLayers } from "./layers.ts";
import type { Layers } from "./layers.ts";
import {
  describeExecutionTime,
  describeMessage,
  describeProgress,
  describeWithdrawal,
  seconds,
} from "./message-text.ts";
import { formatDuration, narrate } from "./narration.ts";
import { formatTable } from "./output.ts";
import { indexOrHashText } from "./setting-types.ts";
import { jsonSetting, layerSettings } from "./user-settings.ts";

const argument: ArgumentDefinition<number | Hash | undefined> = {
  name: "what",
  description: "index or hash of a message or withdrawal, or hash of the transaction that sent it, on either layer",
  schema: indexOrHashText,
  optional: true,
};

export const statusCommand = defineCommand({
  name: "status",
  summary: "print how far a deposit, message or withdrawal is; without an argument, the state of the rollup",
  details:
    "A hash may be of an L1 transaction, an L2 transaction, or a message. An index stands for the message to L2 and the withdrawal of that number, " +
    "whichever there is. Ends with exit code 1 if there is nothing.",
  examples: [
    ["onestep status", "heads, claims, and how far L2 is behind"],
    ["onestep status 0x…", "a deposit by its L1 transaction, or a withdrawal by its L2 transaction"],
    ["onestep status 0 --json", "for scripts"],
  ],
  argument,
  settings: { ...layerSettings, ...jsonSetting },
  run: (values, { argument: wanted }) =>
    withLayers(values, async (layers) => {
      const { finish } = narrate(values.json);
      if (wanted === undefined) {
        const state = await readState(layers);
        finish(state, describeState(state));
        return;
      }
      const found = await find(layers, wanted);
      finish({ messages: found.messages, withdrawals: found.withdrawals }, [
        ...found.messages.map(describeMessage),
        ...found.withdrawals.flatMap(({ time, ...status }) => [
          describeWithdrawal(status),
          `  ${describeProgress(status)}`,
          ...(time.kind === "past" || time.kind === "now" ? [] : [`  ${describeExecutionTime(time)}`]),
        ]),
      ]);
    }),
});

interface Found {
  readonly messages: readonly MessageStatus[];
  readonly withdrawals: readonly (WithdrawalStatus & { readonly time: ExecutionTime })[];
}

/** Everything that an index or a hash may stand for. Rejects if it stands for nothing. */
async function find({ l1, l2 }: Layers, wanted: number | Hash): Promise<Found> {
  const message = await orNothing(
    l2.getMessageStatus(typeof wanted === "number" ? { index: wanted } : { hash: wanted }),
  );
  const sentFromL1 =
    typeof wanted === "number" ? undefined : await orNothing(l1.getMessages({ hash: wanted }), "nothing-sent");
  const sentFromL2 =
    typeof wanted === "number"
      ? [{ index: wanted }]
      : await orNothing(l2.getWithdrawals({ hash: wanted }), "nothing-sent");
  const messages = [
    ...(message === undefined ? [] : [message]),
    ...(await Promise.all((sentFromL1 ?? []).map(({ index }) => l2.getMessageStatus({ index })))),
  ];
  const statuses = await Promise.all(
    (sentFromL2 ?? []).map(({ index }) => orNothing(l2.getWithdrawalStatus({ index }))),
  );
  const withdrawals = statuses
    .filter((status) => status !== undefined)
    .map((status) => ({ ...status, time: executionTime(status) }));
  if (messages.length + withdrawals.length > 0) return { messages, withdrawals };
  if (typeof wanted === "number") {
    throw new Error(`there is neither a message ${wanted} to L2 nor a withdrawal ${wanted}`);
  }
  throw new Error(
    `nothing between the layers has to do with ${wanted}: it is no message, and no transaction in a block of L1 or L2 that sent one`,
  );
}

const NOTHING: readonly OnestepError["problem"]["kind"][] = [
  "unknown-message",
  "unknown-transaction",
  "unknown-withdrawal",
];

async function orNothing<T>(
  asked: Promise<T>,
  ...more: readonly OnestepError["problem"]["kind"][]
): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof OnestepError && [...NOTHING, ...more].includes(error.problem.kind)) return undefined;
    throw error;
  }
}

/** Claims of which the state of the rollup tells. */
const SHOWN_CLAIMS = 5;

async function readState({ rollup, l1, l2 }: Layers) {
  const [sync, l1Timestamp, safe, latest] = await Promise.all([
    l2.getSyncStatus(),
    l1.getL1Timestamp(),
    getBlock(l2.client, { blockTag: "safe" }),
    getBlock(l2.client, { blockTag: "latest" }),
  ]);
  const claims = await readClaims({ rollup, l1, l2 }, { limit: SHOWN_CLAIMS });
  const age = (timestamp: bigint): number => Math.max(0, l1Timestamp - Number(timestamp));
  return {
    l1: { chainId: rollup.l1ChainId, timestamp: l1Timestamp, head: sync.l1Head, synced: sync.l1Synced },
    l2: {
      chainId: rollup.l2ChainId,
      synced: sync.synced,
      reason: sync.reason,
      latest: { ...sync.latest, timestamp: Number(latest.timestamp) },
      safe: { ...sync.safe, timestamp: Number(safe.timestamp) },
      finalized: sync.finalized,
    },
    batches: { read: sync.batchCount, derived: sync.derivedBatchCount },
    messages: sync.messageCount,
    /** Blocks that only the sequencer vouches for, and the seconds of L1 time since the last that L1 does. */
    lag: {
      blocks: sync.latest.number - sync.safe.number,
      seconds: sync.latest.number > sync.safe.number ? age(safe.timestamp) : 0,
    },
    claims,
  };
}

type State = Awaited<ReturnType<typeof readState>>;

function describeState({ l1, l2, batches, messages, lag, claims }: State): readonly string[] {
  const head = (name: string, { number, hash }: { number: number; hash: string }) => [`  ${name}`, `${number}`, hash];
  return [
    `L1 (chain ${l1.chainId}): block ${l1.head?.number ?? "unknown"}, time ${seconds(l1.timestamp)}; the node has read block ${l1.synced?.number ?? "none"}`,
    `L2 (chain ${l2.chainId}): ${l2.synced ? "the node is synced" : `the node is not synced: ${l2.reason ?? "unknown"}`}`,
    formatTable([head("latest", l2.latest), head("safe", l2.safe), head("finalized", l2.finalized)]),
    `  ${lag.blocks} blocks are not in a batch on L1 yet${lag.blocks > 0 ? `; the last that is, is ${formatDuration(lag.seconds)} old` : ""}`,
    `batches ${batches.read} (derived ${batches.derived}), messages ${messages}`,
    claims.length === 0 ? "no claims yet" : "latest claims",
    ...(claims.length === 0 ? [] : [formatTable(claims.map(describeClaim))]),
  ];
}

/** The columns of a claim in a table. */
export function describeClaim({ id, batchCount, verdict, status, confirmableAt }: ListedClaim): readonly string[] {
  const when = status === "pending" ? `confirmable at ${seconds(confirmableAt)}` : "";
  return [`  ${id}`, `batches: ${batchCount}`, verdict, status, when];
}
