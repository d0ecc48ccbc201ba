import { EMPTY_CODE_HASH_HEX, EMPTY_TRIE_ROOT, delegationOf } from "../chain/index.ts";
import type { AccountRecord } from "../chain/index.ts";
import { ZERO_HASH, bytesToBigint, bytesToHex, hexToBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { isWarm } from "./access.ts";
import type { JournalMark, Machine } from "./machine.ts";
import { Phase } from "./phase.ts";

/** The state a transaction starts from. A StateView is one; what it reads must not change while an overlay stands on it. */
export interface StateSource {
  getAccount(address: Address): AccountRecord | undefined;
  /** At most 32 bytes, big-endian; no bytes if the slot is 0. */
  getSlot(address: Address, slot: Hash): Uint8Array;
  getCode(codeHash: Uint8Array): Uint8Array;
}

/** Overlay entry of an account: the fields of Account in contracts/machine/types/MachineState.sol. Never changed in place. */
export interface AccountEntry {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  readonly codeHash: Hash;
  /** That of before the transaction until `Flush`. */
  readonly storageRoot: Hash;
  /** Bytes. */
  readonly codeLength: number;
  /** Target if the code is an EIP-7702 designator. */
  readonly delegation: Address | undefined;
  readonly isWarm: boolean;
  readonly isCreated: boolean;
  readonly isDestroyed: boolean;
  readonly isDirty: boolean;
}

/** Overlay entry of a storage slot. Never changed in place. */
export interface SlotEntry {
  readonly original: bigint;
  readonly current: bigint;
  readonly isWarm: boolean;
}

/** Overlay entry of a transient slot. Never changed in place. */
export interface TransientEntry {
  readonly current: bigint;
}

/** A key of the overlay with its entry as it now is. `kind` is that of docs/machine.md §4; `slot` is 0 for accounts. */
export type OverlayItem = AccountItem | SlotItem | TransientItem;

export interface AccountItem {
  readonly kind: 0;
  readonly address: Address;
  readonly slot: Hash;
  readonly entry: AccountEntry;
}

export interface SlotItem {
  readonly kind: 1;
  readonly address: Address;
  readonly slot: Hash;
  readonly entry: SlotEntry;
}

export interface TransientItem {
  readonly kind: 2;
  readonly address: Address;
  readonly slot: Hash;
  readonly entry: TransientEntry;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type AccountCell = Mutable<AccountItem> & { readonly slots: Map<Hash, SlotCell> };
type SlotCell = Mutable<SlotItem>;
type TransientCell = Mutable<TransientItem>;
type Cell = AccountCell | SlotCell | TransientCell;

export const EMPTY_STORAGE_ROOT: Hash = bytesToHex(EMPTY_TRIE_ROOT);

const ABSENT_ACCOUNT: AccountEntry = {
  nonce: 0n,
  balance: 0n,
  codeHash: EMPTY_CODE_HASH_HEX,
  storageRoot: EMPTY_STORAGE_ROOT,
  codeLength: 0,
  delegation: undefined,
  isWarm: false,
  isCreated: false,
  isDestroyed: false,
  isDirty: false,
};

/**
 * What a transaction has touched (docs/machine.md §4): entries over a StateSource, undone by a journal. This is the bare
 * map; handlers use `readAccount`, `needAccount`, `modifyAccount` and the like, which follow the rules of the mode.
 */
export class Overlay {
  #source: StateSource;
  #accounts = new Map<Address, AccountCell>();
  #transients = new Map<Address, Map<Hash, TransientCell>>();
  #codes = new Map<Hash, Uint8Array>();
  // Codes of the state that accounts have which are or were present.
  #loadedCodes = new Map<Hash, Uint8Array>();
  #keys: Cell[] = [];
  // What to undo: a cell and the entry it had, or undefined if it was inserted.
  #undoCells: Cell[] = [];
  #undoEntries: (Cell["entry"] | undefined)[] = [];
  #taken = 0;

  constructor(source: StateSource) {
    this.#source = source;
  }

  /** All keys, in the order of their insertion: what `keyChain` commits to. */
  get keys(): readonly OverlayItem[] {
    return this.#keys;
  }

  /** Codes this transaction has made, by hash; those of reverted frames too. */
  get newCodes(): ReadonlyMap<Hash, Uint8Array> {
    return this.#codes;
  }

  /** Takes the last key off (`Flush`); its entry stays. */
  takeKey(): OverlayItem | undefined {
    return this.#keys.pop();
  }

  account(address: Address): AccountEntry | undefined {
    return this.#accounts.get(address)?.entry;
  }

  slot(address: Address, slot: Hash): SlotEntry | undefined {
    return this.#accounts.get(address)?.slots.get(slot)?.entry;
  }

  transient(address: Address, slot: Hash): TransientEntry | undefined {
    return this.#transients.get(address)?.get(slot)?.entry;
  }

  /** The entry an account had when the journal stood at `mark`, which nothing was reverted to since. */
  accountAt(mark: number, address: Address): AccountEntry | undefined {
    const cell = this.#accounts.get(address);
    return cell === undefined ? undefined : (this.#entryAt(mark, cell) as AccountEntry | undefined);
  }

  /** The same of a slot. */
  slotAt(mark: number, address: Address, slot: Hash): SlotEntry | undefined {
    const cell = this.#accounts.get(address)?.slots.get(slot);
    return cell === undefined ? undefined : (this.#entryAt(mark, cell) as SlotEntry | undefined);
  }

  #entryAt(mark: number, cell: Cell): Cell["entry"] | undefined {
    const first = this.#undoCells.indexOf(cell, mark);
    return first < 0 ? cell.entry : this.#undoEntries[first];
  }

  /** The code with this hash, of this transaction or of the state. Throws if it is in neither. */
  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(codeHash) ?? this.#loadedCodes.get(codeHash) ?? this.#source.getCode(hexToBytes(codeHash));
  }

  /** Makes a code known that an entry is going to have. */
  addCode(codeHash: Hash, code: Uint8Array): void {
    if (code.length > 0) this.#codes.set(codeHash, code);
  }

  /** Inserts the entry of an account that is absent, as the state has it. */
  loadAccount(address: Address): AccountEntry {
    const record = this.#source.getAccount(address);
    let entry = ABSENT_ACCOUNT;
    if (record !== undefined) {
      const codeHash = bytesToHex(record.codeHash);
      const code = codeHash === EMPTY_CODE_HASH_HEX ? undefined : this.#source.getCode(record.codeHash);
      if (code !== undefined) this.#loadedCodes.set(codeHash, code);
      entry = {
        nonce: record.nonce,
        balance: record.balance,
        codeHash,
        storageRoot: bytesToHex(record.storageRoot),
        codeLength: code?.length ?? 0,
        delegation: code === undefined ? undefined : delegationOf(code),
        isWarm: false,
        isCreated: false,
        isDestroyed: false,
        isDirty: false,
      };
    }
    const cell: AccountCell = { kind: 0, address, slot: ZERO_HASH, entry, slots: new Map() };
    this.#accounts.set(address, cell);
    this.#inserted(cell);
    return entry;
  }

  /** Inserts the entry of a slot that is absent, as the state has it. Its account must be present. */
  loadSlot(address: Address, slot: Hash): SlotEntry {
    const owner = this.#accounts.get(address);
    if (owner === undefined) throw new Error(`the overlay has a slot loaded before its account ${address}`);
    const value = owner.entry.isCreated ? 0n : bytesToBigint(this.#source.getSlot(address, slot));
    const entry: SlotEntry = { original: value, current: value, isWarm: false };
    const cell: SlotCell = { kind: 1, address, slot, entry };
    owner.slots.set(slot, cell);
    this.#inserted(cell);
    return entry;
  }

  /** Replaces an entry, which must be present. */
  writeAccount(address: Address, entry: AccountEntry): void {
    const cell = this.#accounts.get(address);
    if (cell === undefined) throw new Error(`the overlay has no account ${address} to modify`);
    this.#undoCells.push(cell);
    this.#undoEntries.push(cell.entry);
    cell.entry = entry;
  }

  /** Replaces an entry, which must be present. */
  writeSlot(address: Address, slot: Hash, entry: SlotEntry): void {
    const cell = this.#accounts.get(address)?.slots.get(slot);
    if (cell === undefined) throw new Error(`the overlay has no slot ${slot} of ${address} to modify`);
    this.#undoCells.push(cell);
    this.#undoEntries.push(cell.entry);
    cell.entry = entry;
  }

  /** Inserts or replaces an entry. */
  writeTransient(address: Address, slot: Hash, entry: TransientEntry): void {
    let ofAccount = this.#transients.get(address);
    if (ofAccount === undefined) this.#transients.set(address, (ofAccount = new Map()));
    const cell = ofAccount.get(slot);
    if (cell === undefined) {
      const inserted: TransientCell = { kind: 2, address, slot, entry };
      ofAccount.set(slot, inserted);
      this.#inserted(inserted);
    } else {
      this.#undoCells.push(cell);
      this.#undoEntries.push(cell.entry);
      cell.entry = entry;
    }
  }

  #inserted(cell: Cell): void {
    this.#keys.push(cell);
    this.#undoCells.push(cell);
    this.#undoEntries.push(undefined);
  }

  /** Position of the journal, for `revert`. */
  mark(): number {
    return this.#undoCells.length;
  }

  /** Goes back to a position of the journal. What was modified since is no more to be taken. */
  revert(mark: number): void {
    for (let index = this.#undoCells.length - 1; index >= mark; index--) {
      const cell = this.#undoCells[index] as Cell;
      const entry = this.#undoEntries[index];
      if (entry !== undefined) {
        cell.entry = entry;
        continue;
      }
      this.#keys.pop();
      if (cell.kind === 0) this.#accounts.delete(cell.address);
      else if (cell.kind === 1) this.#accounts.get(cell.address)?.slots.delete(cell.slot);
      else this.#transients.get(cell.address)?.delete(cell.slot);
    }
    this.#undoCells.length = mark;
    this.#undoEntries.length = mark;
    if (this.#taken > mark) this.#taken = mark;
  }

  /**
   * What was inserted or modified since this was last asked, each once, in the order of the first change; `keys` is longer
   * by what was inserted. Whoever commits to the overlay asks after every step and before every mark.
   */
  takeModified(): OverlayItem[] {
    if (this.#taken === this.#undoCells.length) return [];
    const modified = new Set<Cell>();
    for (let index = this.#taken; index < this.#undoCells.length; index++) modified.add(this.#undoCells[index] as Cell);
    this.#taken = this.#undoCells.length;
    return [...modified];
  }

  /** Forgets everything, for the next transaction; `source` then gives the state it starts from. */
  clear(source: StateSource = this.#source): void {
    this.#source = source;
    this.#accounts = new Map();
    this.#transients = new Map();
    this.#codes = new Map();
    this.#loadedCodes = new Map();
    this.#keys = [];
    this.#undoCells = [];
    this.#undoEntries = [];
    this.#taken = 0;
  }
}

// ── Entries ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** No nonce, balance or code (EIP-161). */
export function isEmptyEntry(entry: AccountEntry): boolean {
  return entry.nonce === 0n && entry.balance === 0n && entry.codeHash === EMPTY_CODE_HASH_HEX;
}

/** Whether a contract cannot be created here: nonce, code (EIP-684) or storage (EIP-7610). */
export function isOccupied(entry: AccountEntry): boolean {
  return entry.nonce !== 0n || entry.codeHash !== EMPTY_CODE_HASH_HEX || entry.storageRoot !== EMPTY_STORAGE_ROOT;
}

// ── What handlers use ─────────────────────────────────────────────────────────────────────────────────────────────────

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
