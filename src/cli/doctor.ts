import { createPublicClient, formatEther, http, parseAbi } from "viem";
import type { PublicClient } from "viem";
import { createPublicActionsL1, createPublicActionsL2, parseRollup } from "../client/index.ts";
import type { Rollup } from "../client/index.ts";
import { readClaims } from "./claims-on-l1.ts";
import { seconds } from "./message-text.ts";
import { formatDuration } from "./narration.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly level: "ok" | "warning" | "problem";
  readonly subject: string;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface Patient {
  readonly l1RpcUrl: string;
  readonly rpcUrl: string;
  readonly rollupConfig: string | undefined;
}

/** Seconds that clocks may be apart. */
const CLOCK_TOLERANCE = 60;
/** Seconds without an L1 block that are unusual. */
const L1_SILENCE = 300;
/** L1 gas of a batch, a claim or a confirmation, roughly (benchmarks/gas.md), and how many an account should be able to pay for. */
const GAS_OF_A_TRANSACTION = 120_000n;
const COMFORTABLE_TRANSACTIONS = 200n;
/** Blocks of one `eth_getLogs` that nodes like to ask for. */
const LOG_RANGE = 5_000n;
/** Seconds after which a claim that could be confirmed should be. */
const CONFIRMING_TIME = 3_600;

type Explain = <T>(run: () => Promise<T>) => Promise<T>;

/** Looks at one thing after the other; what fails is a finding, too. */
export async function* examine(patient: Patient, explain: Explain): AsyncGenerator<Finding> {
  const l1 = createPublicClient({ transport: http(patient.l1RpcUrl), cacheTime: 0 });
  const l2 = createPublicClient({ transport: http(patient.rpcUrl), cacheTime: 0 });
  const attempt = async (
    subject: string,
    look: () => Promise<readonly Finding[]>,
    advice?: string,
  ): Promise<readonly Finding[]> => {
    try {
      return await explain(look);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return [{ level: "problem", subject, text, ...(advice === undefined ? {} : { advice }) }];
    }
  };

  let config: unknown;
  let rollup: Rollup | undefined;
  yield* await attempt(
    "rollup",
    async () => {
      config = patient.rollupConfig === undefined ? await askConfig(l2) : await readConfig(patient.rollupConfig);
      rollup = parseRollup(config);
      const from = patient.rollupConfig ?? "the L2 endpoint";
      return [{ level: "ok", subject: "rollup", text: `${rollup.contracts.rollup} by ${from}` }];
    },
    "give --rpc-url of a node of the rollup, or --rollup-config",
  );
  yield* await attempt(
    "L1 endpoint",
    () => examineL1(l1, rollup),
    "give --l1-rpc-url of the rollup's L1; a role waits for it to answer",
  );
  if (rollup === undefined) return;
  const known = rollup;
  const onL1 = createPublicActionsL1(l1, known);
  const onL2 = createPublicActionsL2(l2);
  yield* await attempt("contracts", () => examineContracts(l1, config));
  yield* await attempt("clock", () => examineClocks(onL1, l1, l2));
  yield* await attempt("L2 node", () => examineNode(onL2, l2, known));
  yield* await attempt("operator", () => examineOperator(l1, known));
  yield* await attempt("messages", () => examineMessages(onL1, l1, known));
  yield* await attempt("claims", () =>
    examineClaims({ rollup: known, l1: { ...onL1, client: l1 }, l2: { ...onL2, client: l2 } }, l1),
  );
  yield* await attempt("disputes", () => examineDisputes(patient.rpcUrl));
}

async function examineL1(l1: PublicClient, rollup: Rollup | undefined): Promise<readonly Finding[]> {
  const chainId = await l1.getChainId();
  const subject = "L1 endpoint";
  if (rollup !== undefined && rollup.l1ChainId !== chainId) {
    const text = `is of chain ${chainId}, the rollup is on chain ${rollup.l1ChainId}`;
    return [{ level: "problem", subject, text, advice: "give --l1-rpc-url of the rollup's L1" }];
  }
  const head = await l1.getBlock();
  const version = await l1.request({ method: "web3_clientVersion" }).catch(() => "unknown version");
  const quirk = async (asked: Promise<unknown>, text: string, advice: string): Promise<readonly Finding[]> => {
    try {
      await asked;
      return [];
    } catch {
      return [{ level: "warning", subject: "L1 quirk", text, advice }];
    }
  };
  const from = head.number > LOG_RANGE ? head.number - LOG_RANGE : 0n;
  const syncing = await l1
    .request<{ Method: "eth_syncing"; Parameters: readonly []; ReturnType: unknown }>({
      method: "eth_syncing",
      params: [],
    })
    .catch(() => false);
  const quirks = [
    ...(syncing === false
      ? []
      : [
          {
            level: "warning",
            subject: "L1 quirk",
            text: "it is still syncing",
            advice: "wait, or ask another endpoint",
          } as const,
        ]),
    ...(await quirk(
      l1.getBlock({ blockTag: "finalized" }),
      "it names no finalized block",
      "no L2 block becomes final, and a proposer does not claim: give the roles --l1-finality-depth",
    )),
    ...(await quirk(
      l1.getBlock({ blockTag: "pending" }),
      "it has no pending block",
      "times are told by the latest block, a block late",
    )),
    ...(await quirk(
      l1.getBlobBaseFee(),
      "it has no eth_blobBaseFee",
      "--data-availability auto posts calldata; blobs takes another endpoint",
    )),
    ...(await quirk(
      l1.getLogs({
        fromBlock: from,
        toBlock: head.number,
        ...(rollup === undefined ? {} : { address: rollup.contracts.inbox }),
      }),
      `it refuses logs of ${head.number - from} blocks at once`,
      "nodes ask for less at a time, and take longer to catch up",
    )),
  ];
  return [
    { level: "ok", subject, text: `chain ${chainId}, block ${head.number}, ${String(version)}` },
    ...(quirks.length === 0 ? [{ level: "ok", subject: "L1 quirks", text: "none found" } as const] : quirks),
  ];
}

async function examineContracts(l1: PublicClient, config: unknown): Promise<readonly Finding[]> {
  const [{ differencesOf, verifyRollup }, { rollupConfigSchema }] = await Promise.all([
    import("../deployment/index.ts"),
    import("../rollup/index.ts"),
  ]);
  const report = await verifyRollup(l1, rollupConfigSchema.parse(config));
  const differences = differencesOf(report.subjects);
  const checks = report.subjects.reduce((count, subject) => count + subject.checks.length, 0);
  if (differences.length === 0) {
    return [
      { level: "ok", subject: "contracts", text: `${checks} checks: code, immutables and genesis are this build's` },
    ];
  }
  return differences.map((text) => ({
    level: "problem",
    subject: "contracts",
    text,
    advice:
      "this is not what this version deploys: `onestep verify` prints all of it; use the version that deployed it",
  }));
}

async function examineClocks(
  { getL1Timestamp }: { getL1Timestamp(): Promise<number> },
  l1: PublicClient,
  l2: PublicClient,
): Promise<readonly Finding[]> {
  const [next, head, l2Head] = await Promise.all([getL1Timestamp(), l1.getBlock(), l2.getBlock()]);
  const now = Date.now() / 1_000;
  const skew = Math.round(next - now);
  const idle = Math.round(now - Number(head.timestamp));
  const ahead = Number(l2Head.timestamp) - next;
  const findings: Finding[] = [];
  if (skew > CLOCK_TOLERANCE) {
    findings.push({
      level: "warning",
      subject: "clock",
      text: `L1's clock is ${formatDuration(skew)} ahead of this machine's`,
      advice: "usual where a development network's clock was moved; otherwise set this machine's",
    });
  } else if (idle > L1_SILENCE) {
    findings.push({
      level: "warning",
      subject: "clock",
      text: `L1's latest block is ${formatDuration(idle)} old`,
      advice: "is the endpoint stuck, or does this network mine with transactions only?",
    });
  } else
    findings.push({
      level: "ok",
      subject: "clock",
      text: `L1's time is ${seconds(next)}, ${Math.abs(skew)} s from this machine's`,
    });
  if (ahead > CLOCK_TOLERANCE) {
    findings.push({
      level: "warning",
      subject: "clock",
      text: `L2's latest block is ${formatDuration(ahead)} ahead of L1`,
      advice: "the sequencer's clock is ahead; batches put the blocks at L1's time",
    });
  }
  return findings;
}

async function examineNode(
  onL2: ReturnType<typeof createPublicActionsL2>,
  l2: PublicClient,
  { l2ChainId, genesisHash }: Rollup,
): Promise<readonly Finding[]> {
  const subject = "L2 node";
  const [chainId, genesis, sync] = await Promise.all([
    l2.getChainId(),
    l2.getBlock({ blockNumber: 0n }),
    onL2.getSyncStatus(),
  ]);
  const advice = "give --rpc-url of a node of this rollup";
  if (chainId !== l2ChainId) {
    return [{ level: "problem", subject, text: `is of chain ${chainId}, the rollup's L2 is ${l2ChainId}`, advice }];
  }
  if (genesis.hash !== genesisHash) {
    return [
      { level: "problem", subject, text: `begins with block ${genesis.hash}, the rollup with ${genesisHash}`, advice },
    ];
  }
  const unposted = sync.latest.number - sync.safe.number;
  const heads = `latest ${sync.latest.number}, safe ${sync.safe.number}, finalized ${sync.finalized.number}`;
  const behind = sync.batchCount - sync.derivedBatchCount;
  return [
    sync.synced
      ? { level: "ok", subject, text: `synced; ${heads}` }
      : {
          level: "problem",
          subject,
          text: `not synced: ${sync.reason ?? "unknown"}; ${heads}`,
          advice: "what it says is old; wait, and see its log if it does not catch up",
        },
    behind > 0
      ? {
          level: "warning",
          subject: "lag",
          text: `${behind} batches are not derived yet`,
          advice: "wait, or give the node more processor",
        }
      : {
          level: "ok",
          subject: "lag",
          text: `${unposted} blocks are not in a batch on L1 yet, all batches are derived`,
        },
  ];
}

const inboxReads = parseAbi([
  "function lastOperatorBatchAt() view returns (uint256)",
  "function messagesRead() view returns (uint256)",
  "function messageCount() view returns (uint256)",
]);

async function examineOperator(l1: PublicClient, { contracts, parameters }: Rollup): Promise<readonly Finding[]> {
  const { operator, selfSequencingDelay } = parameters;
  const [lastBatchAt, head] = await Promise.all([
    l1.readContract({ address: contracts.inbox, abi: inboxReads, functionName: "lastOperatorBatchAt" }),
    l1.getBlock(),
  ]);
  const silence = Number(head.timestamp - lastBatchAt);
  return [
    await examineBalance(l1, "operator", operator),
    silence > selfSequencingDelay
      ? {
          level: "problem",
          subject: "operator",
          text: `has posted nothing for ${formatDuration(silence)}`,
          advice:
            "anybody may post batches now: run a batcher with a key of your own; `onestep force` works in any case",
        }
      : { level: "ok", subject: "operator", text: `posted its last batch ${formatDuration(silence)} ago` },
  ];
}

async function examineBalance(l1: PublicClient, role: string, address: `0x${string}`): Promise<Finding> {
  const [balance, gasPrice] = await Promise.all([l1.getBalance({ address }), l1.getGasPrice()]);
  const transactions = balance / (GAS_OF_A_TRANSACTION * gasPrice || 1n);
  const text = `${address} has ${formatEther(balance)} ETH on L1`;
  if (transactions >= COMFORTABLE_TRANSACTIONS) return { level: "ok", subject: role, text };
  return {
    level: transactions === 0n ? "problem" : "warning",
    subject: role,
    text: `${text}, enough for ${transactions} transactions`,
    advice: "send it ETH",
  };
}

async function examineMessages(
  onL1: ReturnType<typeof createPublicActionsL1>,
  l1: PublicClient,
  { contracts }: Rollup,
): Promise<readonly Finding[]> {
  const read = (functionName: "messagesRead" | "messageCount"): Promise<bigint> =>
    l1.readContract({ address: contracts.inbox, abi: inboxReads, functionName });
  const [included, count] = await Promise.all([read("messagesRead"), read("messageCount")]);
  const subject = "messages";
  const waiting = Number(count - included);
  if (waiting <= 0) return [{ level: "ok", subject, text: `all ${count} are in batches` }];
  const first = await onL1.getForcingStatus({ index: Number(included) });
  if (first.status !== "overdue") {
    return [{ level: "ok", subject, text: `${waiting} of ${count} are not in a batch yet, none overdue` }];
  }
  const overdue = formatDuration(first.l1Timestamp - first.forceableAt);
  return [
    {
      level: "problem",
      subject,
      text: `message ${first.index} is overdue for ${overdue}: the operator leaves it out`,
      advice: `onestep force ${first.index}`,
    },
  ];
}

async function examineClaims(layers: Parameters<typeof readClaims>[0], l1: PublicClient): Promise<readonly Finding[]> {
  const claims = await readClaims(layers, { limit: 200 });
  const subject = "claims";
  const last = claims.at(-1);
  if (last === undefined) return [{ level: "ok", subject, text: "none yet" }];
  const now = await layers.l1.getL1Timestamp();
  const findings: Finding[] = [];
  for (const { id, verdict, status, confirmableAt } of claims) {
    const isOpen = status === "pending" || status === "confirmable" || status === "disputed";
    if (verdict === "wrong" && status === "confirmed") {
      findings.push({
        level: "problem",
        subject,
        text: `${id} is wrong and confirmed`,
        advice: "L1 holds something else right than this node: tell everybody",
      });
    } else if (verdict === "wrong" && isOpen && status !== "disputed") {
      findings.push({
        level: "problem",
        subject,
        text: `${id} is wrong and stands alone; it can be confirmed from ${seconds(confirmableAt)} on`,
        advice: "run a challenger: onestep challenger",
      });
    } else if (status === "disputed" && verdict !== "wrong") {
      findings.push({
        level: "warning",
        subject,
        text: `${id} (${verdict}) is disputed`,
        advice: `onestep dispute show ${id}`,
      });
    } else if (status === "confirmable" && now - confirmableAt > CONFIRMING_TIME) {
      findings.push({
        level: "warning",
        subject,
        text: `${id} could be confirmed since ${seconds(confirmableAt)}, and nobody has`,
        advice: "the proposer is not running, or has no ETH; `onestep finalize` confirms what it needs",
      });
    }
  }
  const confirmed = claims.filter(({ status }) => status === "confirmed").length;
  const age = formatDuration(now - last.proposedAt);
  return [
    ...(findings.length > 0
      ? findings
      : [
          {
            level: "ok",
            subject,
            text: `the last of ${last.batchCount} batches, ${age} ago; ${confirmed} confirmed`,
          } as const,
        ]),
    await examineBalance(l1, "proposer", last.proposer as `0x${string}`),
  ];
}

async function examineDisputes(rpcUrl: string): Promise<readonly Finding[]> {
  const subject = "disputes";
  const [{ askDisputes }, { NodeRefusalError }] = await Promise.all([
    import("./dispute-answers.ts"),
    import("./ask-node.ts"),
  ]);
  try {
    const disputes = await askDisputes(rpcUrl);
    const open = disputes.filter(({ winner }) => winner === null);
    if (disputes.some(({ hasConflictingProofs }) => hasConflictingProofs)) {
      return [
        {
          level: "problem",
          subject,
          text: "two states were proven to follow from one",
          advice: "the prover is not sound: tell everybody",
        },
      ];
    }
    if (open.length === 0) return [{ level: "ok", subject, text: `none open, ${disputes.length} decided` }];
    return open.map(({ parentId, moves }) => ({
      level: "warning",
      subject,
      text: `the children of ${parentId} are disputed, with ${moves.length} moves`,
      advice: `onestep dispute show ${parentId}`,
    }));
  } catch (error) {
    if (!(error instanceof NodeRefusalError)) throw error;
    return [
      {
        level: "warning",
        subject,
        text: "this node runs no challenger",
        advice: "who plays against wrong claims? onestep challenger",
      },
    ];
  }
}

async function askConfig(l2: PublicClient): Promise<unknown> {
  return l2.request<{ Method: "rollup_config"; Parameters: readonly []; ReturnType: unknown }>({
    method: "rollup_config",
    params: [],
  });
}

async function readConfig(path: string): Promise<unknown> {
  const { readFile } = await import("node:fs/promises");
  return JSON.parse(await readFile(path, "utf8"));
}
