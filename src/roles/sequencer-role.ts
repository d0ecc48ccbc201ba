import { createFeedServer } from "../feed/index.ts";
import type { Hex } from "../primitives/index.ts";
import {
  type Mempool,
  type Sequencer,
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

export type SequencerRoleOptions = Omit<BlockBuildingOptions, "mayBuild">;

export interface FeedRoleOptions {
  /** The operator's, which signs the feed. */
  readonly operatorKey: Hex;
  readonly host: string;
  /** 0 takes any free port. */
  readonly feedPort: number;
}

/** Adds mempool, block building and feed to a node. Blocks are built once the node has caught up with L1. */
export async function startSequencerRole(
  node: RunningNode,
  options: SequencerRoleOptions & FeedRoleOptions,
): Promise<{ readonly mempool: Mempool; readonly feedPort: number }> {
  const { mempool, sequencer } = await openSequencer(node, options);
  const { feedPort } = await startFeed(node, options);
  sequencer.start();
  return { mempool, feedPort };
}

/** Adds the feed of a node's blocks. */
export async function startFeed(
  { chain, instruments, onClose }: RunningNode,
  { operatorKey, host, feedPort }: FeedRoleOptions,
): Promise<{ readonly feedPort: number }> {
  const feed = await createFeedServer(
    { chain, privateKey: operatorKey, listen: { kind: "port", port: feedPort, host } },
    instruments,
  );
  onClose("feed server", () => feed.close());
  return { feedPort: feed.port };
}

/** Adds mempool and block building to a node. The sequencer is to be started. */
export async function openSequencer(
  node: RunningNode,
  options: BlockBuildingOptions,
): Promise<{ readonly mempool: Mempool; readonly sequencer: Sequencer }> {
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
  node.addProblems(() => sequencer.problems());
  node.onClose("sequencer", () => sequencer.stop());
  return { mempool, sequencer };
}
