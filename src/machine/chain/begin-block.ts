import { BLOCK_HEAD_SIZE, MAXIMUM_BLOCKS, decodeBlockHead } from "../../batch/index.ts";
import { BLOCK_HASH_HISTORY_ADDRESS, BLOCK_HASH_HISTORY_LENGTH } from "../../ethereum/index.ts";
import { ZERO_HASH, bigintToBytes32, bytesToHex } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import {
  FEE_VAULT_ADDRESS,
  L1_CONTEXT_ADDRESS,
  L1_CONTEXT_KEYS,
  clampTimestamp,
  encodeHeader,
  nextGasExcess,
  nextGasLimit,
  paysForBlock,
  pricesOf,
} from "../../rollup/index.ts";
import type { BlockHeader, BucketOfParent } from "../../rollup/index.ts";
import { newBlockProgress } from "../block-progress.ts";
import type { Machine } from "../machine.ts";
import { tellSlice } from "../memory.ts";
import { isEmptyEntry } from "../overlay.ts";
import type { StateSource } from "../overlay.ts";
import { Phase } from "../phase.ts";
import { modifySlot, needAccount, needSlot } from "../state-access.ts";
import type { StateSink } from "../state-sink.ts";
import { endPayload } from "./chain.ts";
import type { BatchProgress, Chain } from "./chain.ts";
import { readContent } from "./inflate.ts";
import { chainOf, flushThen, nextBetweenBlocks, nextWithinBlock, sourceOf } from "./next-unit.ts";

// The unit `BeginBlock` (docs/machine.md §16): the head of a block of the payload, or a block that messages imply, up to the
// first of its messages or transactions.

/** What a Chain says of a block that begins. */
type BlockExtent = Pick<Chain, "messagesEnd" | "transactionsLeft">;

/** What a block of a payload begins with. */
type BlockHead = ReturnType<typeof decodeBlockHead>;

export function stepReadBlockHead(machine: Machine): void {
  const chain = chainOf(machine);
  machine.recorder?.chain();
  const head = readBlockHead<"inflating">(chain, (position, length) => {
    const read = readContent(machine, position, length);
    if (typeof read === "object" && machine.recorder !== undefined) tellSlice(machine.recorder, read, 0, length);
    return typeof read === "object" ? read.bytes : read;
  });
  if (head === "inflating") return;
  if (isBatchOver(chain)) return nextBetweenBlocks(machine);

  const parent = openParent(machine);
  const block = chooseBlock(chain, parent, head);
  if (block === undefined) return nextBetweenBlocks(machine);
  const source = sourceOf(machine);
  beginBlock(machine, parent, { chainId: source.chainId, ...block }, source.openState(parent.stateRoot));
}

/**
 * The head of the block that comes next in the payload; undefined if there is none, at which the payload ends. "inflating" if
 * `read` says so, which then is all that has happened.
 */
export function readBlockHead<Pause extends "inflating">(
  chain: BatchProgress,
  read: (position: number, length: number) => Uint8Array | "missing" | Pause,
): BlockHead | undefined | Pause {
  if (chain.stream !== undefined && chain.blockCount === MAXIMUM_BLOCKS) endPayload(chain);
  if (chain.stream === undefined) return undefined;
  const bytes = read(chain.position, BLOCK_HEAD_SIZE);
  if (bytes === "missing") {
    endPayload(chain);
    return undefined;
  }
  return typeof bytes === "string" ? bytes : decodeBlockHead(bytes);
}

/**
 * The block that comes next (specification §3): that of the payload with this head, if the bucket pays for it, at which the
 * payload ends if it does not; else one that messages imply. Undefined if the batch is over.
 */
export function chooseBlock(
  chain: BatchProgress,
  parent: BucketOfParent,
  head: BlockHead | undefined,
): (BlockExtent & { readonly timestamp: number }) | undefined {
  if (head !== undefined) {
    const timestamp = clampTimestamp(head.timestamp, parent.timestamp, chain.batchTimestamp);
    if (paysForBlock(parent, timestamp)) {
      chain.position += BLOCK_HEAD_SIZE;
      chain.blockCount += 1;
      const messagesEnd = Math.min(chain.messageCount + head.messages, chain.messagesUpTo);
      return { timestamp, transactionsLeft: head.transactionCount, messagesEnd };
    }
    endPayload(chain);
  }
  if (isBatchOver(chain)) return undefined;
  const timestamp = Math.max(parent.timestamp, chain.batchTimestamp);
  return { timestamp, transactionsLeft: 0, messagesEnd: chain.messagesUpTo };
}

function isBatchOver({ stream, messageCount, messagesUpTo }: BatchProgress): boolean {
  return stream === undefined && messageCount >= messagesUpTo;
}

/** What a block that was chosen has: its messages and transactions, room for their weights, and gas. Gives its gas limit. */
export function enterBlock(
  chain: BatchProgress,
  parent: BucketOfParent,
  { timestamp, ...extent }: BlockExtent & { readonly timestamp: number },
): bigint {
  const gasLimit = nextGasLimit(parent, timestamp);
  Object.assign(chain, { ...extent, messageWeight: parent.gasCapacity, gasLeft: gasLimit });
  return gasLimit;
}

function openParent(machine: Machine): BlockHeader {
  const { sealed, recorder } = machine;
  const { blockHash } = chainOf(machine);
  const parent = sealed?.hash === blockHash ? sealed.header : sourceOf(machine).header(blockHash);
  recorder?.preimage(() => encodeHeader(parent));
  return parent;
}

/**
 * A child of `parent` begins at `timestamp` (seconds), on `state`, which is the parent's: sets what the parent alone tells of
 * it. The next step is `OpenBlock`.
 */
export function beginBlock(
  machine: Machine,
  parent: BlockHeader,
  { timestamp, chainId, ...extent }: BlockExtent & { readonly timestamp: number; readonly chainId: bigint },
  { state, sink }: { readonly state: StateSource; readonly sink: StateSink },
): void {
  const chain = chainOf(machine);
  const gasLimit = enterBlock(chain, parent, { timestamp, ...extent });
  Object.assign(chain, {
    depositGas: 0n,
    gasExcess: nextGasExcess(parent, timestamp),
    gasCapacity: parent.gasCapacity,
    gasPerSecond: parent.gasPerSecond,
  } satisfies Partial<Chain>);
  machine.environment = {
    number: parent.number + 1,
    timestamp,
    coinbase: FEE_VAULT_ADDRESS,
    gasLimit,
    baseFee: 0n,
    prevRandao: ZERO_HASH,
    chainId,
    blobBaseFee: 1n,
    dataPrice: 0n,
  };
  machine.block = newBlockProgress();
  machine.overlay.clear(state);
  machine.sink = sink;
  machine.recorder?.openState(parent.stateRoot);
  machine.phase = Phase.OpenBlock;
}

/** Prices by `L1Context` in the parent's state, and the parent's hash into the block hash history (EIP-2935). */
export function stepOpenBlock(machine: Machine): void {
  const chain = chainOf(machine);
  const { environment } = machine;
  machine.recorder?.chain();
  if (needAccount(machine, L1_CONTEXT_ADDRESS) === undefined) return;
  const context = { number: 0n, baseFee: 0n, blobBaseFee: 0n, parentHash: 0n };
  for (const name of ["number", "baseFee", "blobBaseFee", "parentHash"] as const) {
    const slot = needSlot(machine, L1_CONTEXT_ADDRESS, L1_CONTEXT_KEYS[name]);
    if (slot === undefined) return;
    context[name] = slot.current;
  }
  const history = needAccount(machine, BLOCK_HASH_HISTORY_ADDRESS);
  if (history === undefined) return;
  const key = wordOf(BigInt((Number(environment.number) - 1) % BLOCK_HASH_HISTORY_LENGTH));
  const hasHistory = !isEmptyEntry(history);
  if (hasHistory && needSlot(machine, BLOCK_HASH_HISTORY_ADDRESS, key) === undefined) return;

  const { baseFeePerGas: baseFee, ...prices } = pricesOf(chain, context);
  machine.environment = { ...environment, baseFee, ...prices };
  if (hasHistory) modifySlot(machine, BLOCK_HASH_HISTORY_ADDRESS, key, { current: BigInt(chain.blockHash) });
  flushThen(machine, Phase.EnterBlock);
}

export function stepEnterBlock(machine: Machine): void {
  machine.recorder?.chain();
  nextWithinBlock(machine);
}

function wordOf(value: bigint): Hash {
  return bytesToHex(bigintToBytes32(value));
}
