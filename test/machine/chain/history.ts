import { blobsToPayload, elementPoint, openPayload, payloadToBlobs } from "../../../src/batch/index.ts";
import { deriveBlocks, payloadBlocks } from "../../../src/derivation/index.ts";
import type { BlockResult, DerivationCursor } from "../../../src/derivation/index.ts";
import { createMemoryStateDatabase, openStateView } from "../../../src/ethereum/index.ts";
import type { StateDatabase } from "../../../src/ethereum/index.ts";
import { BlockState, executeBlock, stateOf } from "../../../src/execution/index.ts";
import type { ChainSource } from "../../../src/machine/index.ts";
import { loadKzg, versionedHash } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import {
  blobsHash,
  calldataHash,
  createGenesis,
  hashMessage,
  initializeState,
  loadPredeployCode,
} from "../../../src/rollup/index.ts";
import type {
  BatchRecord,
  Block,
  ChainState,
  ContextMessage,
  DepositMessage,
  InboxMessage,
} from "../../../src/rollup/index.ts";
import { createTestEngine } from "../../engine.ts";
import { CHAIN_ID, GENESIS_TIMESTAMP, GWEI, hash, instruments, wallet } from "../../execution/harness.ts";
import { L1_BRIDGES } from "../../predeploys.ts";

/** L1 time of the first batches. */
export const L1_TIME = GENESIS_TIMESTAMP + 100;

export interface HistoryOptions {
  readonly balances?: Readonly<Record<Address, bigint>>;
  readonly gasPerSecond?: bigint;
  readonly code?: Readonly<Record<Address, Hex>>;
  readonly messages?: readonly InboxMessage[];
  readonly batches: readonly BatchFields[];
}

export interface BatchFields {
  readonly payload?: Uint8Array;
  readonly kind?: BatchRecord["kind"];
  /** All messages before it by default. */
  readonly messagesUpTo?: number;
  /** Seconds after the batch before; 12 by default. */
  readonly elapsed?: number;
}

/** An Inbox with what it gives, as the engine of the node executes it. */
export interface History {
  readonly genesis: Block;
  /** The chain before the first batch. */
  readonly before: ChainState;
  readonly state: StateDatabase;
  readonly messages: readonly InboxMessage[];
  readonly batches: readonly (BatchRecord & {
    readonly payload: Uint8Array;
    readonly blobs: readonly Uint8Array[];
    readonly commitments: readonly Uint8Array[];
  })[];
  /** By batch. */
  readonly blocks: readonly (readonly Block[])[];
  /**
   * What a machine reads of it. What it writes is its own. The elements of blobs come without proofs, which take a while to make,
   * unless they are asked for.
   */
  source(options?: { readonly provesElements: boolean }): TestSource;
}

export interface TestSource extends ChainSource {
  /** The root of the open state with its changes so far, whose nodes are in the history's database then. */
  stateRoot(): Hash;
}

export function deposit(
  index: number,
  fields: Partial<Omit<DepositMessage, "kind" | "hash" | "index">>,
): DepositMessage {
  const sender = fields.sender ?? wallet(0).address;
  const body = {
    kind: "deposit",
    index,
    enqueuedAt: L1_TIME,
    sender,
    to: sender,
    mint: 0n,
    value: 0n,
    gasLimit: 0n,
    refundTo: sender,
    data: new Uint8Array(),
    ...fields,
  } as const;
  return { ...body, hash: hashMessage(body) };
}

export function context(
  index: number,
  fields: Partial<Omit<ContextMessage, "kind" | "hash" | "index">> = {},
): ContextMessage {
  const body = {
    kind: "context",
    index,
    enqueuedAt: L1_TIME,
    number: 17 + index,
    timestamp: L1_TIME,
    baseFee: GWEI,
    blobBaseFee: 30n * GWEI,
    parentHash: hash(7 + index),
    ...fields,
  } as const;
  return { ...body, hash: hashMessage(body) };
}

export async function createHistory(options: HistoryOptions): Promise<History> {
  const genesisConfig = createGenesis({
    chainId: CHAIN_ID,
    timestamp: GENESIS_TIMESTAMP,
    gasPerSecond: options.gasPerSecond ?? 1_000_000n,
    feeRecipient: wallet(999).address,
    l1Bridges: L1_BRIDGES,
    predeployCode: await loadPredeployCode(),
    balances: options.balances ?? {},
  });
  for (const [address, code] of Object.entries(options.code ?? {})) {
    genesisConfig.alloc[address as Address] = { ...genesisConfig.alloc[address as Address], nonce: 1, code };
  }
  const state = createMemoryStateDatabase();
  const engine = createTestEngine({ chainId: CHAIN_ID, state }, instruments());
  const genesis = await initializeState(genesisConfig, state);
  const messages = options.messages ?? [];

  const kzg = await loadKzg();
  let timestamp = L1_TIME;
  const batches: History["batches"][number][] = [];
  for (const { payload = new Uint8Array(), kind = "calldata", elapsed = 12, messagesUpTo } of options.batches) {
    timestamp += elapsed;
    const blobs = kind === "blobs" ? payloadToBlobs(payload).map(withHighBytes) : [];
    const commitments = await Promise.all(blobs.map((blob) => kzg.blobToCommitment(blob)));
    batches.push({
      kind,
      dataHash: kind === "blobs" ? blobsHash(commitments.map(versionedHash)) : calldataHash(payload),
      messagesUpTo: messagesUpTo ?? messages.length,
      number: 100 + batches.length,
      timestamp,
      payload: kind === "blobs" ? blobsToPayload(blobs) : payload,
      blobs,
      commitments,
    });
  }

  // Today's node: derivation by payloadBlocks and deriveBlocks, execution by the engine.
  const { gasCapacity, gasPerSecond, gasLevel } = genesis.header;
  const rules = { gasCapacity, gasPerSecond };
  let cursor: DerivationCursor = { nextBatch: 0, nextMessage: 0, parentTimestamp: genesis.header.timestamp, gasLevel };
  let parent = genesis;
  const blocks: Block[][] = [];
  for (const [index, record] of batches.entries()) {
    const batch = { ...record, index };
    const content = payloadBlocks(cursor, batch, openPayload(record.payload), rules);
    const derivation = deriveBlocks(cursor, batch, content, (position) => messages[position]!, rules);
    const ofBatch: Block[] = [];
    let result: BlockResult = { gasLevel: cursor.gasLevel, isCut: false };
    for (;;) {
      const next = derivation.next(result);
      if (next.done === true) {
        cursor = next.value;
        break;
      }
      const { block, isCut } = await executeBlock(engine, parent, next.value, CHAIN_ID);
      ofBatch.push(block);
      parent = block;
      result = { gasLevel: block.header.gasLevel, isCut };
    }
    blocks.push(ofBatch);
  }

  const source: History["source"] = ({ provesElements } = { provesElements: false }) => {
    let view = openStateView(state, genesis.header.stateRoot);
    let opened = new BlockState(() => view);
    const stateRoot = () => {
      const { root, entries } = openStateView(state, view.root()).advance(opened.changes());
      void state.putMany(entries);
      return root;
    };
    return {
      chainId: BigInt(CHAIN_ID),
      batch: (index) => batches[index]!,
      payload: (index) => batches[index]!.payload,
      versionedHashes: (index) => batches[index]!.commitments.map(versionedHash),
      element: (index, position) => {
        const { blobs, commitments } = batches[index]!;
        const blob = blobs[Math.floor(position / 4096)]!;
        const element = position % 4096;
        return {
          value: blob.slice(32 * element, 32 * element + 32),
          commitment: commitments[Math.floor(position / 4096)]!,
          proof: provesElements ? kzg.computeProof!(blob, elementPoint(element)) : new Uint8Array(48),
        };
      },
      message: (index) => messages[index]!,
      header: (blockHash) => [genesis, ...blocks.flat()].find((block) => block.hash === blockHash)!.header,
      openState: (root) => {
        view = openStateView(state, root);
        opened = new BlockState(() => view);
        return stateOf(opened);
      },
      sealState: stateRoot,
      stateRoot,
    };
  };

  const before = { blockHash: genesis.hash, outboxRoot: genesis.header.outboxRoot, batchCount: 0, messageCount: 0 };
  return { genesis, before, state, messages, batches, blocks, source };
}

/** A blob whose elements have bytes that are no part of the payload. */
function withHighBytes(blob: Uint8Array): Uint8Array {
  return blob.map((byte, index) => (index % 32 === 0 ? (index / 32) % 0x73 : byte));
}
