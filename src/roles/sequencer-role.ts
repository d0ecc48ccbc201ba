import { createFeedServer } from "../feed/index.ts";
import type { Hex } from "../primitives/index.ts";
import {
  type Mempool,
  type SequencerMode,
  createMempool,
  createPoolState,
  createSequencer,
} from "../sequencer/index.ts";
import type { RunningNode } from "./running-node.ts";

export interface BlockBuildingOptions {
  readonly mode: SequencerMode;
  /** Bytes of a block's encoding, where a batch does not hold what a sequencer may make by default. */
  readonly maximumBlockBytes?: number | undefined;
  /** L1 blocks on top of a message's before it is executed. */
  readonly messageConfirmations: number;
  /** Whether blocks may be built now; always by default. */
  readonly mayBuild?: () => boolean;
}

export interface SequencerRoleOptions extends Omit<BlockBuildingOptions, "mayBuild"> {
  /** The operator's, which signs the feed. */
  readonly operatorKey: Hex;
  readonly host: string;
  /** 0 takes any free port. */
  readonly feedPort: number;
}

/** Adds mempool, block building and feed to a node. Blocks are built once the node has caught up with L1. */
export async function startSequencerRole(
  node: RunningNode,
  options: SequencerRoleOptions,
): Promise<{ readonly mempool: Mempool; readonly feedPort: number }> {
  const { chain, instruments } = node;
  const mempool = await openMempool(node);
  const feed = await createFeedServer(
    {
      chain,
      privateKey: options.operatorKey,
      listen: { kind: "port", port: options.feedPort, host: options.host },
    },
    instruments,
  );
  node.onClose("feed server", () => feed.close());
  startBuilding(node, mempool, options);
  return { mempool, feedPort: feed.port };
}

/** Adds mempool and block building to a node, for whoever signs no feed. */
export async function openBlockBuilding(
  node: RunningNode,
  options: BlockBuildingOptions,
): Promise<{ readonly mempool: Mempool }> {
  const mempool = await openMempool(node);
  startBuilding(node, mempool, options);
  return { mempool };
}

async function openMempool(node: RunningNode): Promise<Mempool> {
  const { chain, config, database, instruments, recovery } = node;
  const mempool = await createMempool(
    {
      chainId: config.genesis.chainId,
      state: createPoolState(chain),
      recovery,
      journal: database.records("mempool"),
    },
    instruments,
  );
  node.onClose("mempool", () => mempool.close());
  return mempool;
}

function startBuilding(node: RunningNode, mempool: Mempool, options: BlockBuildingOptions): void {
  const { mode, messageConfirmations, maximumBlockBytes, mayBuild } = options;
  const sequencer = createSequencer(
    {
      chain: node.chain,
      mempool,
      mode,
      messageConfirmations,
      ...(maximumBlockBytes === undefined ? {} : { maximumBlockBytes }),
      ...(mayBuild === undefined ? {} : { mayBuild }),
      l1Timestamp: () => node.l1Timestamp(),
      waitUntilSynced: (signal) => node.waitUntilSynced(signal),
    },
    node.instruments,
  );
  sequencer.start();
  node.addProblems(() => sequencer.problems());
  node.onClose("sequencer", () => sequencer.stop());
}
