import { EMPTY_CODE_HASH_HEX, delegationOf } from "../ethereum/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { isWarm } from "./access.ts";
import type { Machine } from "./machine.ts";
import type { JournalMark, AccountEntry, SlotEntry } from "./overlay.ts";
import { Phase } from "./phase.ts";

/** A read of an Account. Undefined only in a proving machine, if it is absent: then the step must fault. */
export function readAccount(machine: Machine, address: Address): AccountEntry | undefined {
  machine.recorder?.overlayAccount(address);
  const entry = machine.overlay.account(address);
  return entry === undefined && !machine.isProving ? machine.overlay.loadAccount(address) : entry;
}

/** A read of a Slot. Undefined only in a proving machine, if it is absent: then the step must fault. */
export function readSlot(machine: Machine, address: Address, slot: Hash): SlotEntry | undefined {
  machine.recorder?.overlaySlot(address, slot);
  const entry = machine.overlay.slot(address, slot);
  return entry === undefined && !machine.isProving ? machine.overlay.loadSlot(address, slot) : entry;
}

/** A read of a Transient; 0 if it is absent. */
export function readTransient(machine: Machine, address: Address, slot: Hash): bigint {
  machine.recorder?.overlayTransient(address, slot);
  return machine.overlay.transient(address, slot)?.current ?? 0n;
}

/** `readAccount` of an entry the rules say is present. Throws if it is not. */
export function presentAccount(machine: Machine, address: Address): AccountEntry {
  const entry = readAccount(machine, address);
  if (entry === undefined) throw new Error(`expected ${address} in the overlay`);
  return entry;
}

/** `readAccount` that faults by itself: undefined means that the step is over. Nothing must have been changed before. */
export function needAccount(machine: Machine, address: Address): AccountEntry | undefined {
  const entry = readAccount(machine, address);
  if (entry === undefined) {
    machine.pending = { kind: "load-account", resume: machine.phase, owner: address };
    machine.phase = Phase.LoadAccount;
  }
  return entry;
}

/** `readSlot` that faults by itself: undefined means that the step is over. Nothing must have been changed before. */
export function needSlot(machine: Machine, address: Address, slot: Hash): SlotEntry | undefined {
  const entry = readSlot(machine, address, slot);
  if (entry === undefined) {
    machine.pending = { kind: "load-slot", resume: machine.phase, owner: address, slot };
    machine.phase = Phase.LoadSlot;
  }
  return entry;
}

/** A modify of an Account, which must be present. */
export function modifyAccount(machine: Machine, address: Address, change: Partial<AccountEntry>): void {
  machine.recorder?.overlayAccount(address);
  const entry = machine.overlay.account(address);
  if (entry === undefined) throw new Error(`the overlay has no account ${address} to modify`);
  machine.overlay.writeAccount(address, { ...entry, ...change });
}

/** A modify of a Slot, which must be present. */
export function modifySlot(machine: Machine, address: Address, slot: Hash, change: Partial<SlotEntry>): void {
  machine.recorder?.overlaySlot(address, slot);
  const entry = machine.overlay.slot(address, slot);
  if (entry === undefined) throw new Error(`the overlay has no slot ${slot} of ${address} to modify`);
  machine.overlay.writeSlot(address, slot, { ...entry, ...change });
}

/** A modify of a Transient, present or not. */
export function modifyTransient(machine: Machine, address: Address, slot: Hash, current: bigint): void {
  machine.recorder?.overlayTransient(address, slot);
  machine.overlay.writeTransient(address, slot, { current });
}

/** "Becomes warm": one modify unless it is, with `entry` the account's as it now is. */
export function warmAccount(machine: Machine, address: Address, entry: AccountEntry): void {
  if (!isWarm(address, entry)) modifyAccount(machine, address, { isWarm: true });
}

/** "Becomes warm": one modify unless `entry`, the slot's as it now is, says it is. */
export function warmSlot(machine: Machine, address: Address, slot: Hash, entry: SlotEntry): void {
  if (!entry.isWarm) modifySlot(machine, address, slot, { isWarm: true });
}

/** The fields that a code gives an account; makes the code known. */
export function codeFields(
  machine: Machine,
  codeHash: Hash,
  code: Uint8Array,
): Pick<AccountEntry, "codeHash" | "codeLength" | "delegation"> {
  machine.overlay.addCode(codeHash, code);
  return { codeHash, codeLength: code.length, delegation: delegationOf(code) };
}

// ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `LoadAccount` (docs/machine.md §4). */
export function stepLoadAccount(machine: Machine): void {
  const { pending } = machine;
  if (pending?.kind !== "load-account") throw new Error("expected an account to load");
  machine.recorder?.overlayAccount(pending.owner);
  const entry = machine.overlay.loadAccount(pending.owner);
  if (entry.codeHash !== EMPTY_CODE_HASH_HEX) machine.recorder?.code(entry.codeHash);
  machine.phase = pending.resume;
  machine.pending = undefined;
}

/** `LoadSlot` (docs/machine.md §4). */
export function stepLoadSlot(machine: Machine): void {
  const { pending } = machine;
  if (pending?.kind !== "load-slot") throw new Error("expected a slot to load");
  presentAccount(machine, pending.owner);
  machine.recorder?.overlaySlot(pending.owner, pending.slot);
  machine.overlay.loadSlot(pending.owner, pending.slot);
  machine.phase = pending.resume;
  machine.pending = undefined;
}

// ── Journal ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The journal as it now is. */
export function markJournal(machine: Machine): JournalMark {
  return {
    overlay: machine.overlay.mark(),
    logs: machine.logs.length,
    refund: machine.refund,
    committed: machine.recorder?.mark(),
  };
}

/** Goes back to a journal of before. */
export function restoreJournal(machine: Machine, mark: JournalMark): void {
  machine.overlay.revert(mark.overlay);
  machine.logs.length = mark.logs;
  machine.refund = mark.refund;
  machine.recorder?.restore(mark.committed);
}
