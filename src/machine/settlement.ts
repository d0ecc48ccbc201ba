import { withoutLeadingZeros } from "../ethereum/index.ts";
import type { SkipReason } from "../ethereum/index.ts";
import { bigintToBytes32, hexToBytes } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { chargeBeyondListing } from "../rollup/index.ts";
import { hashReceipts } from "./block-progress.ts";
import { chainOf, flushThen, nextWithinBlock } from "./chain/next-unit.ts";
import type { Machine, TransactionContext } from "./machine.ts";
import { isEmptyEntry } from "./overlay.ts";
import type { AccountEntry, SlotItem } from "./overlay.ts";
import { Phase } from "./phase.ts";
import { modifyAccount } from "./state-access.ts";
import { DEPOSIT_KIND } from "./transaction-kind.ts";

// The end of a transaction (docs/machine.md §10), and what happens to one that is invalid.

const MAX_REFUND_QUOTIENT = 5;

/** Leaves no trace of the transaction but the outcome. */
export function skip(machine: Machine, reason: SkipReason): void {
  machine.skipReason = reason;
  machine.recorder?.chain();
  clear(machine);
  machine.block.outcome = 2;
}

function clear(machine: Machine): void {
  machine.transaction = undefined;
  machine.frame = undefined;
  machine.pending = undefined;
  machine.overlay.clear();
  machine.toWarm.length = 0;
  machine.logs.length = 0;
  machine.refund = 0;
  if (machine.chain === undefined) machine.phase = Phase.EndBlock;
  else nextWithinBlock(machine);
}

export function stepSettle(machine: Machine): void {
  const transaction = machine.transaction as TransactionContext;
  const { environment } = machine;
  const { gasLimit, gas, floorGas, sender, gasPrice } = transaction;
  const dataGas = Number(transaction.dataGas);
  let used = gasLimit - dataGas - gas;
  used -= Math.min(machine.refund, Math.floor(used / MAX_REFUND_QUOTIENT));
  used = Math.max(used, floorGas) + dataGas;
  transaction.gasUsed = used;

  pay(machine, sender, BigInt(gasLimit - used) * gasPrice);
  // Only a deposit or a simulation pays less than the base fee.
  const tip = gasPrice > environment.baseFee ? gasPrice - environment.baseFee : 0n;
  pay(machine, environment.coinbase, BigInt(used) * tip);
  if (transaction.kind === DEPOSIT_KIND) flushThen(machine, Phase.Refund);
  else machine.phase = Phase.Flush;
}

function pay(machine: Machine, address: Address, amount: bigint): void {
  // Present since BuyGas.
  const { balance } = machine.overlay.account(address) as AccountEntry;
  modifyAccount(machine, address, { balance: balance + amount, isDirty: true });
}

/** Takes the last key off and writes what it has come to; in fast mode all of them. */
export function stepFlush(machine: Machine): void {
  const { overlay } = machine;
  if (!machine.isProving) {
    for (const { kind, address, slot, entry } of overlay.keys) {
      if (kind === 0) flushAccount(machine, address, entry);
      else if (kind === 1) flushSlot(machine, { kind, address, slot, entry });
    }
    endFlush(machine);
    return;
  }
  const item = overlay.takeKey();
  if (item === undefined) endFlush(machine);
  else if (item.kind === 0) {
    machine.recorder?.overlayAccount(item.address);
    flushAccount(machine, item.address, item.entry);
  } else if (item.kind === 1) {
    machine.recorder?.overlaySlot(item.address, item.slot);
    flushSlot(machine, item);
  }
}

/** All keys are written: goes on with whoever wanted it, or with the end of the transaction. */
function endFlush(machine: Machine): void {
  const { pending } = machine;
  if (pending?.kind !== "resume") {
    machine.phase = Phase.EndTransaction;
    return;
  }
  machine.overlay.clear();
  machine.recorder?.clearOverlay();
  machine.pending = undefined;
  machine.phase = pending.resume;
}

function flushSlot(machine: Machine, { address, slot, entry }: SlotItem): void {
  if (entry.current === entry.original) return;
  const owner = machine.overlay.account(address) as AccountEntry;
  const { recorder } = machine;
  if (owner.isDestroyed) {
    recorder?.overlayAccount(address);
    return;
  }
  if (machine.isProving) {
    const storageRoot = recorder?.putSlot(address, owner.storageRoot, slot, entry.current) ?? owner.storageRoot;
    modifyAccount(machine, address, { storageRoot, isDirty: true });
  }
  machine.sink?.setSlot(address, slot, withoutLeadingZeros(bigintToBytes32(entry.current)));
}

function flushAccount(machine: Machine, address: Address, entry: AccountEntry): void {
  if (!entry.isDirty) return;
  const { recorder, sink, overlay } = machine;
  if (entry.isDestroyed || isEmptyEntry(entry)) {
    recorder?.putAccount(address, undefined);
    sink?.removeAccount(address);
    return;
  }
  const { nonce, balance } = entry;
  const storageRoot = hexToBytes(entry.storageRoot);
  const account = { nonce, balance, storageRoot, codeHash: hexToBytes(entry.codeHash) };
  recorder?.putAccount(address, account);
  const code = overlay.newCodes.get(entry.codeHash);
  if (code !== undefined) sink?.addCode(entry.codeHash, code);
  sink?.setAccount(address, account);
}

export function stepEndTransaction(machine: Machine): void {
  const { block } = machine;
  const logs = [...machine.logs];
  const transaction = machine.transaction as TransactionContext;
  const { transactionHash, status, gasUsed } = transaction;
  block.gasUsed += BigInt(gasUsed);
  if (machine.isProving || machine.chain !== undefined) {
    block.unhashed.push({ transactionHash, status, cumulativeGasUsed: block.gasUsed, logs });
    if (machine.isProving) hashReceipts(block);
  }
  block.transactionCount += 1;
  block.outcome = 1;
  machine.included = { transaction, logs };
  if (machine.chain !== undefined) countInChain(machine, transaction);
  clear(machine);
}

function countInChain(machine: Machine, { kind, gasUsed, raw }: TransactionContext): void {
  const chain = chainOf(machine);
  machine.recorder?.chain();
  if (kind === DEPOSIT_KIND) {
    // L1 has metered it (specification §2).
    chain.depositGas += BigInt(gasUsed);
    chain.messageCount += 1;
  } else {
    // The charge was taken when it was listed.
    chain.gasLeft -= chargeBeyondListing(BigInt(gasUsed), raw.bytes.length);
  }
}
