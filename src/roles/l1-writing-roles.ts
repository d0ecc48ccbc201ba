import { formatEther } from "viem";
import { type Batcher, type DataKind, createBatcher } from "../batcher/index.ts";
import type { Interval } from "../concurrency/index.ts";
import {
  type L1TransactionStatus,
  type TransactionManager,
  createBeaconServer,
  challengeGameAbi,
  createTransactionManager,
  inboxAbi,
  stateCommitmentChainAbi,
  waitsForFunds,
} from "../l1/index.ts";
import type { Hex } from "../primitives/index.ts";
import { type Proposer, createProposer } from "../proposer/index.ts";
import type { RunningNode } from "./running-node.ts";

export interface BatcherRoleOptions {
  /** The operator's, or that of anybody who may post while the operator is silent. */
  readonly posterKey: Hex;
  readonly dataKind: DataKind;
  /** Seconds of age of the oldest block not posted at which a batch is posted. */
  readonly interval: number;
  /** Seconds between looks at what is to be done. */
  readonly pollingInterval: Interval;
}

export interface BlobServerOptions {
  readonly host: string;
  /** Where to serve the posted blobs as a beacon API; 0 for any port. */
  readonly blobServerPort: number;
}

/** Adds the posting of batches to a node, and the serving of their blobs where a port is given. */
export async function startBatcherRole(
  node: RunningNode,
  options: BatcherRoleOptions & Pick<BlobServerOptions, "host"> & { readonly blobServerPort: number | undefined },
): Promise<{ readonly batcher: Batcher; readonly blobServerPort: number | undefined }> {
  const { host, blobServerPort: port } = options;
  const blobServerPort = port === undefined ? undefined : await startBlobServer(node, { host, blobServerPort: port });
  return { batcher: await startBatcher(node, options), blobServerPort };
}

/** Serves the blobs posted from a node as a beacon API. Gives the port. */
export async function startBlobServer(
  { blobArchive, onClose }: RunningNode,
  { host, blobServerPort: port }: BlobServerOptions,
): Promise<number | undefined> {
  const server = createBeaconServer({ archive: blobArchive });
  await server.listen({ host, port });
  onClose("blob server", () => server.close());
  const address = server.server.address();
  return typeof address === "object" ? address?.port : undefined;
}

/** Adds the posting of batches to a node. */
export async function startBatcher(node: RunningNode, options: BatcherRoleOptions): Promise<Batcher> {
  const { chain, client, database, instruments } = node;
  const transactions = await openTransactions(node, "batcher", options.posterKey, options.pollingInterval);
  const batcher = createBatcher(
    {
      chain,
      client,
      transactions,
      records: database.records("batcher"),
      blobArchive: node.blobArchive,
      dataKind: options.dataKind,
      interval: options.interval,
      pollingInterval: options.pollingInterval,
    },
    instruments,
  );
  batcher.start();
  node.addProblems(() => batcher.problems());
  node.onClose("batcher", () => batcher.stop());
  return batcher;
}

export interface ProposerRoleOptions {
  readonly proposerKey: Hex;
  /** Least seconds of L1 time between a claim and its child. */
  readonly interval: number;
  /** Whether to propose nothing more, and to get the last bond back; default false. */
  readonly retiring?: boolean;
  /** Seconds between looks at what is to be done. */
  readonly pollingInterval: Interval;
}

/** Adds the claiming of states to a node, which follows with traces. */
export async function startProposerRole(node: RunningNode, options: ProposerRoleOptions): Promise<Proposer> {
  const { chain, client, database, traces, instruments } = node;
  if (traces === undefined) throw new Error("expected a node with traces, to claim states with");
  const transactions = await openTransactions(node, "proposer", options.proposerKey, options.pollingInterval);
  const proposer = createProposer(
    {
      chain,
      client,
      traces,
      transactions,
      records: database.records("proposer"),
      interval: options.interval,
      retiring: options.retiring ?? false,
      pollingInterval: options.pollingInterval,
    },
    instruments,
  );
  proposer.start();
  node.addProblems(() => proposer.problems());
  node.onClose("proposer", () => proposer.stop());
  return proposer;
}

/** In words, that a role's account cannot pay for what it has to send; empty if it can. */
export function fundsProblems(role: string, statuses: readonly L1TransactionStatus[]): readonly string[] {
  const [first] = statuses.filter(waitsForFunds);
  if (first === undefined) return [];
  const { account, balance, required } = first.trouble;
  return [
    `the ${role} waits for ETH: its account ${account} has ${formatEther(balance)} ETH on L1, its next transaction may cost ` +
      `${formatEther(required)}`,
  ];
}

/** The L1 transactions of a role, on records of its own. */
export async function openTransactions(
  node: RunningNode,
  role: string,
  privateKey: Hex,
  pollingInterval: Interval,
): Promise<TransactionManager> {
  const { client, config, database, instruments } = node;
  const transactions = await createTransactionManager(
    {
      client,
      chainId: config.l1ChainId,
      privateKey,
      records: database.records(`${role}/l1-transactions`),
      abis: [inboxAbi, stateCommitmentChainAbi, challengeGameAbi],
      pollingInterval,
    },
    instruments,
  );
  transactions.start();
  node.onClose(`${role}'s L1 transactions`, () => transactions.stop());
  node.addProblems(() => fundsProblems(role, transactions.statuses()));
  return transactions;
}
