import { privateKeyToAccount } from "viem/accounts";
import { maximumBlockBytesFor } from "../batcher/index.ts";
import type { DataKind } from "../batcher/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Hex } from "../primitives/index.ts";
import type { Mempool, SequencerMode } from "../sequencer/index.ts";
import { startBatcherRole } from "./l1-writing-roles.ts";
import { watchOperatorSilence, whyNotSequencing } from "./operator-silence.ts";
import type { RunningNode } from "./running-node.ts";
import { openSequencer } from "./sequencer-role.ts";

export interface SelfSequencerRoleOptions {
  /** Of an account that posts batches and is not the operator's; it needs ETH for gas. */
  readonly posterKey: Hex;
  readonly mode: SequencerMode;
  readonly dataKind: DataKind;
  /** Seconds of age of the oldest block not posted at which a batch is posted. */
  readonly batchInterval: number;
  /** Seconds between looks at what is to be done. */
  readonly pollingInterval: number;
  /** L1 blocks on top of a message's before it is executed. */
  readonly messageConfirmations: number;
  readonly host: string;
  /** Where to serve the posted blobs as a beacon API; 0 for any port, undefined for not at all. */
  readonly blobServerPort: number | undefined;
}

/** The operator's key has a sequencer and a batcher of its own. */
export class OperatorKeyError extends Error {
  override readonly name = "OperatorKeyError";
}

/**
 * Adds to a node what goes on when the operator does not: a pool that takes transactions, and, while the operator is silent,
 * blocks of them and batches of the blocks. Nobody is asked: the Inbox takes batches from anyone then. Nothing of it is final
 * before its batch is on L1, as others may do the same, and the operator may come back. @throws OperatorKeyError
 */
export async function startSelfSequencerRole(
  node: RunningNode,
  options: SelfSequencerRoleOptions,
): Promise<{ readonly mempool: Mempool; readonly blobServerPort: number | undefined }> {
  const account = toAddress(privateKeyToAccount(options.posterKey).address);
  if (account === node.config.parameters.operator) {
    throw new OperatorKeyError(
      `${account} is the rollup's operator, which need not wait for its own silence: run a sequencer and a batcher with its key`,
    );
  }
  const silence = watchOperatorSilence(node, options.pollingInterval);
  node.addProblems(() => {
    const reason = whyNotSequencing(silence());
    return reason === undefined ? [] : [reason];
  });
  const { mempool, sequencer } = await openSequencer(node, {
    mode: options.mode,
    messageConfirmations: options.messageConfirmations,
    maximumBlockBytes: maximumBlockBytesFor(options.dataKind),
    mayBuild: () => silence().kind === "long-enough",
  });
  sequencer.start();
  const { blobServerPort } = await startBatcherRole(node, {
    posterKey: options.posterKey,
    dataKind: options.dataKind,
    interval: options.batchInterval,
    pollingInterval: options.pollingInterval,
    host: options.host,
    blobServerPort: options.blobServerPort,
  });
  return { mempool, blobServerPort };
}
