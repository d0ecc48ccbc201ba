import { DELEGATION_LENGTH, EMPTY_CODE_HASH_HEX, EMPTY_TRIE_ROOT, delegationOf } from "../ethereum/index.ts";
import type { AccountRecord } from "../ethereum/index.ts";
import { ZERO_HASH, bytesToBigint, bytesToHex, hexToBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** The state a transaction starts from. A StateView is one; what it reads must not change while an overlay stands on it. */
export interface StateSource {
  getAccount(address: Address): AccountRecord | undefined;
  /** At most 32 bytes, big-endian; no bytes if the slot is 0. */
  getSlot(address: Address, slot: Hash): Uint8Array;
  getCode(codeHash: Uint8Array): Uint8Array;
  /** The length of the same, where that takes less than to get it. */
  getCodeLength?(codeHash: Uint8Array): number;
}

/** Overlay entry of an account: the fields of contracts/machine/types/Account.sol. Never changed in place. */
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
  // Codes of the state that were asked for.
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
    const known = this.#codes.get(codeHash) ?? this.#loadedCodes.get(codeHash);
    if (known !== undefined) return known;
    const code = this.#source.getCode(hexToBytes(codeHash));
    this.#loadedCodes.set(codeHash, code);
    return code;
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
      // Of most accounts no more of the code is looked at.
      const codeLength = codeHash === EMPTY_CODE_HASH_HEX ? 0 : this.#codeLength(record.codeHash);
      entry = {
        nonce: record.nonce,
        balance: record.balance,
        codeHash,
        storageRoot: bytesToHex(record.storageRoot),
        codeLength,
        delegation: codeLength === DELEGATION_LENGTH ? delegationOf(this.code(codeHash)) : undefined,
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

  #codeLength(codeHash: Uint8Array): number {
    const source = this.#source;
    return source.getCodeLength?.(codeHash) ?? source.getCode(codeHash).length;
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

/** Where a journal stood: the fields of Journal, as what is needed to go back to it. */
export interface JournalMark {
  /** Position in the overlay's list of undo records. */
  readonly overlay: number;
  readonly logs: number;
  readonly refund: number;
  /** The committed Journal of that moment (proving only). */
  readonly committed: unknown;
}
