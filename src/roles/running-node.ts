import type { DisputesView } from "../challenger/index.ts";
import { BLOB_SIZE } from "../batch/index.ts";
import type { Interval } from "../concurrency/index.ts";
import { verifyRollupConfig } from "../deployment/index.ts";
import { createSenderRecovery } from "../ethereum/index.ts";
import type { SenderRecovery } from "../ethereum/index.ts";
import { createFeedClient } from "../feed/index.ts";
import {
  createBeaconBlobSource,
  createBlobArchive,
  createInboxReader,
  createL1Client,
  isUnanswered,
  untilAnswered,
} from "../l1/index.ts";
import type { BlobArchive, BlobSource, L1Client, L1Connection } from "../l1/index.ts";
import { createChain, createFollower, whyNotSynced } from "../node/index.ts";
import type { Chain, Follower, SyncStatus } from "../node/index.ts";
import { loadKzg } from "../primitives/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { createExecutionEngine } from "../reference/index.ts";
import type { EngineName } from "../reference/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { RpcServerOptions } from "../rpc/index.ts";
import { openNodeDatabase } from "../storage/index.ts";
import type { NodeDatabase } from "../storage/index.ts";
import { createTraceFollower, createTraceProvider } from "../traces/index.ts";
import type { TraceFollower, TraceProvider } from "../traces/index.ts";
import { createClosers } from "./closing.ts";
import type { Closers } from "./closing.ts";
import { followL1Clock } from "./l1-clock.ts";

export interface NodeOptions {
  readonly config: RollupConfig;
  /** Folder of the database; created if missing. */
  readonly dataDirectory: string;
  readonly l1RpcUrl: string;
  /** Where the blobs of L1 are served in the shape of the beacon API. */
  readonly l1BeaconUrl: string | undefined;
  /** Seconds between looks at L1. */
  readonly l1PollInterval: Interval;
  /** L1 blocks on top of one that make it final; undefined for what L1 itself calls finalized. */
  readonly l1FinalityDepth: number | undefined;
  /** Seconds without a new L1 block after which the node is not ready; undefined for never. */
  readonly l1LongestSilence?: number | undefined;
  /** Whether L1 is a development network of one's own, whose clock tells nothing of this machine's. */
  readonly l1ClockMayBeMoved?: boolean | undefined;
  /** What executes L2. */
  readonly engine: EngineName;
  /** Whether the other engine executes everything too; the node fails at the first difference. */
  readonly shadow: boolean;
  /** Whether it follows with traces, as whoever claims or disputes needs them. */
  readonly traces: boolean;
  /** Ends waiting for an L1 that does not answer. */
  readonly signal: AbortSignal;
}

/** A node that follows L1, which every role is first. What is added to it stops with it. */
export interface RunningNode {
  readonly config: RollupConfig;
  readonly chain: Chain;
  readonly client: L1Client;
  readonly database: NodeDatabase;
  readonly recovery: SenderRecovery;
  /** Blobs posted from this node. */
  readonly blobArchive: BlobArchive;
  /** Undefined if the node does not follow with traces. */
  readonly traces: TraceProvider | undefined;
  readonly instruments: Instruments;
  /** What executes calls on reader threads. */
  readonly readers: Pick<RpcServerOptions, "readers" | "onDifference">;
  syncStatus(): SyncStatus;
  /** Looks at L1 now, reads to its head and derives all there is. @throws as `Follower.syncOnce` */
  syncOnce(): Promise<SyncStatus>;
  /** Timestamp in seconds of the latest L1 block known. */
  l1Timestamp(): number | undefined;
  /** Resolves when the node is synced, as `whyNotSynced` has it. Rejects with the signal's reason. */
  waitUntilSynced(signal: AbortSignal): Promise<void>;
  /** Has something stopped before the node, and before what was added earlier. */
  onClose(name: string, close: () => Promise<void> | void): void;
  /** Disputes on L1, if a part that was added follows them. */
  readonly disputes: DisputesView | undefined;
  followDisputes(view: DisputesView): void;
  /** Traces beside `traces`, on threads of their own, for whoever must not keep others waiting. To be closed by who opens them. */
  openTraces(): TraceProvider;
  /** What keeps the parts that were added from being ready, in words. */
  problems(): readonly string[];
  addProblems(problems: () => readonly string[]): void;
  /** Resolves with the reason if the node can no longer run. */
  readonly failure: Promise<Error>;
  close(): Promise<void>;
}

/**
 * Waits until L1 answers, checks the configuration against it, opens the database, and begins to follow L1. Rejects if the
 * folder is of another rollup or in use, if L1 is another chain or has no such rollup, and with the signal's reason.
 */
export async function openNode(options: NodeOptions, instruments: Instruments): Promise<RunningNode> {
  const { config } = options;
  const { logger } = instruments;
  const closers = createClosers(instruments);
  try {
    const connection = await createL1Client(
      { url: options.l1RpcUrl, chainId: config.l1ChainId, wait: options.signal },
      instruments,
    );
    closers.add("L1 connection", () => connection.close());
    const { client } = connection;
    await verifyOnceAnswered(connection, options, instruments);
    const database = await openNodeDatabase(
      { folder: options.dataDirectory, genesisHash: config.genesisHash },
      instruments,
    );
    closers.add("database", () => database.close());
    const recovery = createSenderRecovery({ chainId: config.genesis.chainId }, instruments);
    closers.add("sender recovery", () => recovery.close());
    let fail: (reason: Error) => void = () => undefined;
    const failure = new Promise<Error>((resolve) => {
      fail = resolve;
    });
    const engine = createExecutionEngine(
      {
        chainId: config.genesis.chainId,
        state: database.chain.state,
        engine: options.engine,
        ...(options.shadow ? { onDifference: fail } : {}),
      },
      instruments,
    );
    const chain = await createChain({ config, engine, store: database.chain, inbox: database.inbox }, instruments);
    const tracing = options.traces ? startTraces(options, database, closers, instruments) : undefined;
    const kzg = await loadKzg();
    const blobArchive = createBlobArchive({ records: database.records("blobs"), kzg });
    const beacon =
      options.l1BeaconUrl === undefined
        ? undefined
        : createBeaconBlobSource({ urls: [options.l1BeaconUrl], kzg }, instruments);
    // The first commitment prepares the trusted setup, for seconds: rather now than when callers wait for answers.
    if (beacon !== undefined) await kzg.blobToCommitment(new Uint8Array(BLOB_SIZE));
    const reader = createInboxReader(
      {
        config,
        client,
        inbox: database.inbox,
        blobs: firstOwnThenBeacon(blobArchive, beacon),
        finality:
          options.l1FinalityDepth === undefined
            ? { kind: "tag" }
            : { kind: "confirmations", depth: options.l1FinalityDepth },
        pollInterval: options.l1PollInterval,
        longestSilence: options.l1LongestSilence,
        ...(await readLagSettings(client)),
      },
      instruments,
    );
    const follower = createFollower({ chain, reader, recovery }, instruments);
    const l1Clock = followL1Clock(reader, { mayBeMoved: options.l1ClockMayBeMoved ?? false }, instruments);
    follower.start();
    closers.add("follower", () => follower.stop());
    reader.start();
    closers.add("L1 reader", () => reader.stop());
    const { latest, safe, finalized } = chain.store.getHeads();
    const problems: (() => readonly string[])[] = [];
    let disputes: RunningNode["disputes"];
    logger.info({ latest, safe, finalized, chainId: config.genesis.chainId }, "node opened");
    return {
      config,
      chain,
      client,
      database,
      recovery,
      blobArchive,
      traces: tracing?.provider,
      instruments,
      readers: {
        readers: { folder: options.dataDirectory, engine: options.engine, shadow: options.shadow },
        onDifference: fail,
      },
      syncStatus: () => ({ ...follower.status(), tracedBatchCount: tracing?.follower.tracedBatchCount() }),
      syncOnce: () => follower.syncOnce(),
      l1Timestamp: l1Clock,
      waitUntilSynced: (signal) => waitUntilSynced(follower, signal),
      onClose: (name, close) => {
        closers.add(name, close);
      },
      get disputes() {
        return disputes;
      },
      followDisputes: (view) => {
        disputes = view;
      },
      openTraces: () => createTraceProvider({ folder: options.dataDirectory, config }, instruments),
      problems: () => problems.flatMap((of) => of()),
      addProblems: (of) => {
        problems.push(of);
      },
      failure,
      async close() {
        // First, so that no part waits for an answer; nothing is lost that a kill would not lose either.
        await connection.close();
        await closers.closeAll();
      },
    };
  } catch (error) {
    await closers.closeAll().catch(() => undefined);
    throw error;
  }
}

/** Traces the chain behind its head, and answers about the traces. */
function startTraces(
  { config, dataDirectory: folder }: NodeOptions,
  database: NodeDatabase,
  closers: Closers,
  instruments: Instruments,
): { readonly follower: TraceFollower; readonly provider: TraceProvider } {
  const follower = createTraceFollower({ database, folder, config }, instruments);
  const provider = createTraceProvider({ folder, config }, instruments);
  closers.add("traces", () => provider.close());
  follower.start();
  closers.add("trace follower", () => follower.stop());
  return { follower, provider };
}

/** Checks the configuration against L1 when L1 answers, and has come as far as the rollup's deployment. */
async function verifyOnceAnswered(
  { client, endpoint }: L1Connection,
  { config, signal }: NodeOptions,
  { logger }: Instruments,
): Promise<void> {
  await untilAnswered(
    async () => {
      const head = await client.getBlockNumber();
      if (head < config.l1StartBlock) {
        throw new L1BehindError(`it is at block ${head}, the rollup was deployed in block ${config.l1StartBlock}`);
      }
      await verifyRollupConfig(client, config);
    },
    {
      what: `the rollup's contracts on the L1 endpoint ${endpoint}`,
      isFinal: (error) => !(error instanceof L1BehindError) && !isUnanswered(error),
      signal,
      logger,
    },
  );
}

/** The L1 endpoint has not come to the rollup's deployment. */
class L1BehindError extends Error {
  override readonly name = "L1BehindError";
}

/** Executes the sequencer's signed blocks on a node before their batch is on L1. */
export function startFeedClient(node: RunningNode, url: string): void {
  const { chain, config, recovery, instruments } = node;
  const client = createFeedClient({ url, chain, signer: config.parameters.operator, recovery }, instruments);
  client.start();
  node.onClose("feed client", () => client.stop());
}

function firstOwnThenBeacon(archive: BlobArchive, beacon: BlobSource | undefined): BlobSource {
  return {
    getBlobs: (request) => {
      const own = request.versionedHashes.every((hash) => archive.get(hash) !== undefined);
      return own || beacon === undefined ? archive.getBlobs(request) : beacon.getBlobs(request);
    },
  };
}

/** What development nodes call themselves: each is one process, so what it does not have any more was reverted. */
const DEVELOPMENT_NODE = /^(hardhatnetwork|anvil)\b/i;

/** How long an L1 whose head is lower than what was read may merely lag behind, where it is not the default. */
async function readLagSettings(client: L1Client): Promise<{ readonly lagTolerance?: number }> {
  const version: unknown = await client.request({ method: "web3_clientVersion" }).catch(() => undefined);
  return typeof version === "string" && DEVELOPMENT_NODE.test(version) ? { lagTolerance: 0 } : {};
}

async function waitUntilSynced(follower: Follower, signal: AbortSignal): Promise<void> {
  while (whyNotSynced(follower.status()) !== undefined) {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      }, SYNC_CHECK_INTERVAL);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }
}

/** Milliseconds between looks whether a node has caught up. */
const SYNC_CHECK_INTERVAL = 50;
