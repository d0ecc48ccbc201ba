import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicClient, http } from "viem";
import { readRollupConfig } from "../../src/deployment/index.ts";
import { inboxAbi } from "../../src/l1/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";
import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";
import { until } from "../../test/end-to-end/onestep-process.ts";
import { openTracingNode } from "../../test/end-to-end/tracing-node.ts";
import { createStepChecker } from "../conformance/step-checker.ts";
import { readClaims } from "./claims-on-l1.ts";
import { checkClaimEnds, createClaimStepCheck } from "./claim-steps.ts";
import { addTo } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { createInboxUsers } from "./inbox-users.ts";
import { startPlayingDevnet } from "./playing-devnet.ts";
import type { PlayingDevnet } from "./playing-devnet.ts";
import { sampleSteps } from "./sample-steps.ts";

export interface ReplayDevnetOptions {
  /** What its batcher posts. */
  readonly dataAvailability: "calldata" | "blobs";
  readonly randomness: Randomness;
  /** Steps taken on-chain besides those of each phase, kind and claim. */
  readonly randomSteps: number;
}

/** Milliseconds. */
const PATIENCE = 300_000;

/**
 * Plays on a devnet, and follows what it posted to its Inbox: by a fresh node that reads nothing but L1, by all steps of the
 * machine in proving mode, and some of them, with the witnesses of the node's provider of traces, on that L1, against that
 * Inbox. Gives the differences there are; adds to `figures`.
 */
export async function replayDevnet(
  { dataAvailability, randomness, randomSteps }: ReplayDevnetOptions,
  figures: Figures,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "onestep-devnet-campaign-"));
  const flags = ["--data-availability", dataAvailability, "--batch-interval", "1", "--propose-interval", "1"];
  const seconds = createStopwatch(figures);
  const devnet = await startPlayingDevnet({ folder, flags });
  try {
    const covered = await play(devnet, randomness);
    seconds("playing on the devnet");
    const node = await openFollower(devnet, join(folder, "follower"));
    try {
      await until(
        "the follower to trace everything",
        PATIENCE,
        () => (node.syncStatus().tracedBatchCount ?? 0) >= covered,
      );
      seconds("following and tracing");
      return await replay({ devnet, node, randomness, randomSteps, figures, seconds });
    } finally {
      await node.close();
    }
  } catch (error) {
    console.error(devnet.log().split("\n").slice(-40).join("\n"));
    throw error;
  } finally {
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays on both layers, until all is in claims; gives the number of batches they cover. */
async function play(devnet: PlayingDevnet, randomness: Randomness): Promise<number> {
  const { reader, info } = devnet;
  const users = createInboxUsers(devnet);
  const l1 = createPublicClient({ transport: http(info.l1.rpcUrl), cacheTime: 0 });
  const untilSafe = () =>
    until("all L2 blocks to be in batches", PATIENCE, async () => {
      const [safe, latest] = await Promise.all([
        reader.getBlock({ blockTag: "safe" }),
        reader.getBlockNumber({ cacheTime: 0 }),
      ]);
      return safe.number === latest;
    });

  await Promise.all([devnet.playScenarios(), users.sendMessages()]);
  await untilSafe();
  await users.forceMessages();
  await untilSafe();
  await users.postGarbage(randomness);
  // The devnet goes on after what others did.
  await users.sendMessages();
  await untilSafe();
  const { inbox: address, stateCommitmentChain } = info.contracts;
  const posted = Number(await l1.readContract({ address, abi: inboxAbi, functionName: "batchCount" }));
  await until(`claims to cover ${posted} batches`, PATIENCE, async () => {
    const claims = await readClaims(l1, stateCommitmentChain);
    return (claims.at(-1)?.toBatch ?? 0) >= posted;
  });
  return posted;
}

/** A node in this process, of an empty folder, that knows the devnet's L1 and where its blobs are. */
function openFollower({ info }: PlayingDevnet, dataDirectory: string): Promise<RunningNode> {
  return openTracingNode(
    {
      config: readRollupConfig(info.rollupConfig),
      dataDirectory,
      l1RpcUrl: info.l1.rpcUrl,
      l1BeaconUrl: info.l2.beaconUrl,
      l1PollInterval: 0.5,
    },
    "warn",
  );
}

interface Replay extends Pick<ReplayDevnetOptions, "randomness" | "randomSteps"> {
  readonly devnet: PlayingDevnet;
  readonly node: RunningNode;
  readonly figures: Figures;
  readonly seconds: (what: string) => void;
}

async function replay({ devnet, node, randomness, randomSteps, figures, seconds }: Replay): Promise<string[]> {
  const { inbox, stateCommitmentChain } = devnet.info.contracts;
  const { traces, database } = node;
  if (traces === undefined) throw new Error("expected a node with traces");
  const l1 = createPublicClient({ transport: http(devnet.info.l1.rpcUrl), cacheTime: 0 });
  const traced = database.traces.batchCount();
  const claims = (await readClaims(l1, stateCommitmentChain)).filter(({ toBatch }) => toBatch <= traced);
  const batchCount = claims.at(-1)?.toBatch ?? 0;
  const differences = await compareBlocks(devnet, node, batchCount, figures);
  seconds("comparing blocks");

  const sample = sampleSteps(node, { claims, randomness, randomSteps, figures });
  differences.push(...sample.differences);
  seconds("stepping through all units");

  const opened = await Promise.all(claims.map((claim) => traces.openClaim(claim)));
  differences.push(...(await checkClaimEnds(claims, opened)));
  addTo(figures, "claims", claims.length);
  const checker = await createStepChecker({ l1RpcUrl: devnet.info.l1.rpcUrl });
  try {
    const hashes = { chainId: devnet.info.l2.chainId, batchHashes: [], messageHashes: [] };
    const emptyInbox = await checker.deployInbox(hashes);
    seconds("opening claims and deploying the prover");
    const check = createClaimStepCheck({ checker, inbox, emptyInbox, randomness, figures });
    for (const { claim: index, unit, steps } of sample.units) {
      const claim = opened[index];
      if (claim === undefined) throw new Error(`expected claim ${index}`);
      differences.push(...(await check({ claim, unit, steps })));
    }
    seconds("proving steps and taking them on-chain");
  } finally {
    await checker.close();
  }
  return differences;
}

/** Whether the follower has the blocks of the devnet, up to the end of a batch. */
async function compareBlocks(
  { reader }: PlayingDevnet,
  { chain, database }: RunningNode,
  batchCount: number,
  figures: Figures,
): Promise<string[]> {
  const differences: string[] = [];
  const lastHash = database.chain.getDerivedBatch(batchCount - 1)?.lastBlockHash;
  const last = lastHash && database.chain.getHeaderByHash(lastHash)?.number;
  if (last === undefined) throw new Error(`expected batch ${batchCount - 1} to be derived`);
  for (let number = 0; number <= last; number++) {
    const { hash } = await reader.getBlock({ blockNumber: BigInt(number) });
    const own = chain.store.getBlockHash(number);
    if (own !== hash) differences.push(`block ${number} is ${hash} on the devnet, ${own} by its L1`);
  }
  addTo(figures, "blocks", last);
  for (let batch = 0; batch < batchCount; batch++) {
    const record = database.inbox.getBatchRecord(batch);
    if (record === undefined) throw new Error(`expected batch ${batch} in the Inbox`);
    addTo(figures, `batches of ${record.kind}`);
  }
  return differences;
}

/** Adds the seconds since the last call to the figures. */
function createStopwatch(figures: Figures): (what: string) => void {
  let last = performance.now();
  return (what) => {
    const now = performance.now();
    addTo(figures, `seconds: ${what}`, Math.round((now - last) / 1000));
    last = now;
  };
}
