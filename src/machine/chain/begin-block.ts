import { BLOCK_HEAD_SIZE, MAXIMUM_BLOCKS, decodeBlockHead } from "../../batch/index.ts";
import { BLOCK_HASH_HISTORY_ADDRESS, BLOCK_HASH_HISTORY_LENGTH } from "../../ethereum/index.ts";
import { ZERO_HASH, bigintToBytes32, bytesToHex } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import {
  FEE_VAULT_ADDRESS,
  L1_CONTEXT_ADDRESS,
  L1_CONTEXT_KEYS,
  baseFeeOf,
  clampTimestamp,
  dataPrice,
  encodeHeader,
  nextGasExcess,
  nextGasLimit,
  paysForBlock,
} from "../../rollup/index.ts";
import type { BlockHeader } from "../../rollup/index.ts";
import { newBlockProgress } from "../block-progress.ts";
import type { Machine } from "../machine.ts";
import { tellSlice } from "../memory.ts";
import { isEmptyEntry } from "../overlay.ts";
import type { StateSource } from "../overlay.ts";
import { Phase } from "../phase.ts";
import { modifySlot, needAccount, needSlot } from "../state-access.ts";
import type { StateSink } from "../state-sink.ts";
import { endPayload } from "./chain.ts";
import type { Chain } from "./chain.ts";
import { readContent } from "./inflate.ts";
import { chainOf, flushThen, nextBetweenBlocks, nextWithinBlock, sourceOf } from "./next-unit.ts";

// The unit `BeginBlock` (docs/machine.md §16): the head of a block of the payload, or a block that messages imply, up to the
// first of its messages or transactions.

/** What a Chain says of a block that begins. */
type BlockExtent = Pick<Chain, "messagesEnd" | "transactionsLeft">;

export function stepReadBlockHead(machine: Machine): void {
  const chain = chainOf(machine);
  machine.recorder?.chain();
  if (chain.stream !== undefined && chain.blockCount === MAXIMUM_BLOCKS) endPayload(chain);
  let head: ReturnType<typeof decodeBlockHead> | undefined;
  if (chain.stream !== undefined) {
    const read = readContent(machine, chain.position, BLOCK_HEAD_SIZE);
    if (read === "inflating") return;
    if (read === "missing") endPayload(chain);
    else {
      if (machine.recorder !== undefined) tellSlice(machine.recorder, read, 0, BLOCK_HEAD_SIZE);
      head = decodeBlockHead(read.bytes);
    }
  }
  if (isBatchOver(chain)) return nextBetweenBlocks(machine);

  const parent = openParent(machine);
  if (head !== undefined) {
    const timestamp = clampTimestamp(head.timestamp, parent.timestamp, chain.batchTimestamp);
    if (paysForBlock(parent, timestamp)) {
      chain.position += BLOCK_HEAD_SIZE;
      chain.blockCount += 1;
      return beginNextBlock(machine, parent, timestamp, {
        transactionsLeft: head.transactionCount,
        messagesEnd: Math.min(chain.messageCount + head.messages, chain.messagesUpTo),
      });
    }
    endPayload(chain);
    if (isBatchOver(chain)) return nextBetweenBlocks(machine);
  }
  const timestamp = Math.max(parent.timestamp, chain.batchTimestamp);
  beginNextBlock(machine, parent, timestamp, { transactionsLeft: 0, messagesEnd: chain.messagesUpTo });
}

function isBatchOver({ stream, messageCount, messagesUpTo }: Chain): boolean {
  return stream === undefined && messageCount === messagesUpTo;
}

function openParent(machine: Machine): BlockHeader {
  const { sealed, recorder } = machine;
  const { blockHash } = chainOf(machine);
  const parent = sealed?.hash === blockHash ? sealed.header : sourceOf(machine).header(blockHash);
  recorder?.preimage(() => encodeHeader(parent));
  return parent;
}

function beginNextBlock(machine: Machine, parent: BlockHeader, timestamp: number, extent: BlockExtent): void {
  const source = sourceOf(machine);
  beginBlock(machine, parent, { timestamp, chainId: source.chainId, ...extent }, source.openState(parent.stateRoot));
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
  const gasLimit = nextGasLimit(parent, timestamp);
  Object.assign(chainOf(machine), {
    ...extent,
    messageWeight: parent.gasCapacity,
    gasLeft: gasLimit,
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
  const values: bigint[] = [];
  for (const name of ["number", "baseFee", "blobBaseFee", "parentHash"] as const) {
    const slot = needSlot(machine, L1_CONTEXT_ADDRESS, L1_CONTEXT_KEYS[name]);
    if (slot === undefined) return;
    values.push(slot.current);
  }
  const history = needAccount(machine, BLOCK_HASH_HISTORY_ADDRESS);
  if (history === undefined) return;
  const key = wordOf(BigInt((Number(environment.number) - 1) % BLOCK_HASH_HISTORY_LENGTH));
  const hasHistory = !isEmptyEntry(history);
  if (hasHistory && needSlot(machine, BLOCK_HASH_HISTORY_ADDRESS, key) === undefined) return;

  const [number, baseFee, blobBaseFee, parentHash] = values as [bigint, bigint, bigint, bigint];
  const price = dataPrice({ number, baseFee, blobBaseFee });
  machine.environment = {
    ...environment,
    baseFee: baseFeeOf(chain.gasExcess, chain.gasPerSecond, price),
    prevRandao: wordOf(parentHash),
    dataPrice: price,
  };
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
