import { bigintToBytes32, bytesToHex } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { FEE_VAULT_ADDRESS, OUTBOX_ADDRESS, OUTBOX_SLOTS, headerHash, minimumBaseFee } from "../../rollup/index.ts";
import type { BlockHeader } from "../../rollup/index.ts";
import { hashReceipts, newBlockProgress } from "../block-progress.ts";
import { OUTSIDE_BLOCKS } from "../machine.ts";
import type { Machine } from "../machine.ts";
import { Phase } from "../phase.ts";
import { modifyAccount, needAccount, needSlot } from "../state-access.ts";
import { NO_BLOCK_FIELDS } from "./chain.ts";
import { chainOf, flushThen, nextBetweenBlocks, sourceOf } from "./next-unit.ts";

// The unit `EndBlock` (docs/machine.md §16).

const OUTBOX_ROOT_KEY = bytesToHex(bigintToBytes32(OUTBOX_SLOTS.root));

/** The base fees of the block are credited to the FeeVault. */
export function stepCreditFees(machine: Machine): void {
  machine.recorder?.chain();
  creditFees(machine, blockFees(machine));
}

/** The base fees of all transactions of a block, in wei: deposits pay the floor. */
export function blockFees(machine: Machine): bigint {
  const { environment, block } = machine;
  const { depositGas } = chainOf(machine);
  return environment.baseFee * (block.gasUsed - depositGas) + minimumBaseFee(environment.dataPrice) * depositGas;
}

/** Credits `amount` wei to the FeeVault; nothing is left to do then but to seal the block. */
export function creditFees(machine: Machine, amount: bigint): void {
  if (amount !== 0n) {
    const vault = needAccount(machine, FEE_VAULT_ADDRESS);
    if (vault === undefined) return;
    modifyAccount(machine, FEE_VAULT_ADDRESS, { balance: vault.balance + amount, isDirty: true });
  }
  flushThen(machine, Phase.SealBlock);
}

export function stepSealBlock(machine: Machine): void {
  const { recorder } = machine;
  const chain = chainOf(machine);
  recorder?.chain();
  const outboxRoot = readOutboxRoot(machine);
  if (outboxRoot === undefined) return;
  const header = sealedHeader(machine, recorder?.stateRoot() ?? sourceOf(machine).sealState(), outboxRoot);
  const hash = headerHash(header);

  Object.assign(chain, { ...NO_BLOCK_FIELDS, blockHash: hash, outboxRoot });
  machine.sealed = { hash, header };
  machine.environment = OUTSIDE_BLOCKS;
  machine.block = newBlockProgress();
  machine.overlay.clear();
  nextBetweenBlocks(machine);
}

/** The Outbox root of the state; undefined if the step is over by a fault. */
export function readOutboxRoot(machine: Machine): Hash | undefined {
  if (needAccount(machine, OUTBOX_ADDRESS) === undefined) return undefined;
  const root = needSlot(machine, OUTBOX_ADDRESS, OUTBOX_ROOT_KEY);
  return root && bytesToHex(bigintToBytes32(root.current));
}

/** The header of the block that a machine is at the end of (specification §4), with these roots after it. */
export function sealedHeader(machine: Machine, stateRoot: Hash, outboxRoot: Hash): BlockHeader {
  const { environment, block } = machine;
  const chain = chainOf(machine);
  hashReceipts(block);
  const { gasUsed } = block;
  return {
    parentHash: chain.blockHash,
    coinbase: environment.coinbase,
    stateRoot,
    transactionsRoot: block.transactions.root,
    receiptsRoot: block.receipts.root,
    logsBloom: bytesToHex(block.bloom),
    number: Number(environment.number),
    // Deposits are not bound by it: they are taken in the order of the Inbox, whatever blocks before have used.
    gasLimit: gasUsed > environment.gasLimit ? gasUsed : environment.gasLimit,
    gasUsed,
    gasCapacity: chain.gasCapacity,
    gasPerSecond: chain.gasPerSecond,
    gasLevel: chain.gasLeft,
    gasExcess: chain.gasExcess,
    timestamp: Number(environment.timestamp),
    prevRandao: environment.prevRandao,
    baseFeePerGas: environment.baseFee,
    outboxRoot,
  };
}
