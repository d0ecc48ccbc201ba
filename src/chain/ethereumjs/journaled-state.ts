import type { AccountFields, StateManagerInterface } from "@ethereumjs/common";
import { Account } from "@ethereumjs/util";
import type { Address as EvmAddress } from "@ethereumjs/util";
import { bytesToHex, hexToBytes, keccak256Bytes } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { EMPTY_ACCOUNT, hasCode, isEmptyAccount, withoutLeadingZeros } from "../account.ts";
import type { AccountRecord } from "../account.ts";
import type { StateChanges, StateView } from "../state-view.ts";

interface StorageOverlay {
  /** The slots the account had before count no more. */
  readonly cleared: boolean;
  readonly slots: Map<Hash, Uint8Array>;
}

type Undo =
  | {
      readonly kind: "account";
      readonly address: Address;
      readonly before: AccountRecord | undefined;
      readonly wasChanged: boolean;
    }
  | {
      readonly kind: "slot";
      readonly slots: Map<Hash, Uint8Array>;
      readonly slot: Hash;
      readonly before: Uint8Array | undefined;
    }
  | { readonly kind: "storage"; readonly address: Address; readonly before: StorageOverlay | undefined };

const NO_BYTES = new Uint8Array();

/**
 * The state an EVM works on: changes in memory over a StateView, undone by a journal. Nothing is written to a trie before
 * the block ends. Implements what ethereumjs asks of a state manager, and the same by hex for the protocol's own writes.
 *
 * `view` gives the state underneath; it must stay at the same root for as long as this object is used.
 */
export class JournaledState implements StateManagerInterface {
  readonly #view: () => StateView;
  #accounts = new Map<Address, AccountRecord | undefined>();
  #storage = new Map<Address, StorageOverlay>();
  #codes = new Map<Hash, Uint8Array>();
  #journal: Undo[] = [];
  #checkpoints: number[] = [];
  // Values slots had when the transaction began, for EIP-2200; filled at the first write.
  #originals = new Map<string, Uint8Array>();

  readonly originalStorageCache = {
    get: (address: EvmAddress, key: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(this.#originalSlot(bytesToHex(address.bytes), bytesToHex(key))),
    clear: (): void => this.#originals.clear(),
  };

  constructor(view: () => StateView) {
    this.#view = view;
  }

  // ── By hex ────────────────────────────────────────────────────────────────────────────────────────────────────────

  account(address: Address): AccountRecord | undefined {
    const changed = this.#accounts.get(address);
    if (changed !== undefined || this.#accounts.has(address)) return changed;
    return this.#view().getAccount(address);
  }

  setAccount(address: Address, account: AccountRecord | undefined): void {
    const wasChanged = this.#accounts.has(address);
    this.#journal.push({ kind: "account", address, before: this.#accounts.get(address), wasChanged });
    this.#accounts.set(address, account);
  }

  balance(address: Address): bigint {
    return this.account(address)?.balance ?? 0n;
  }

  /** Adds `amount` (may be negative) wei to a balance. Adding 0 writes nothing. */
  addBalance(address: Address, amount: bigint): void {
    if (amount === 0n) return;
    const account = this.account(address) ?? EMPTY_ACCOUNT;
    this.setAccount(address, { ...account, balance: account.balance + amount });
  }

  removeAccount(address: Address): void {
    this.setAccount(address, undefined);
    this.clearSlots(address);
  }

  code(address: Address): Uint8Array {
    const account = this.account(address);
    if (account === undefined || !hasCode(account)) return NO_BYTES;
    return this.#codes.get(bytesToHex(account.codeHash)) ?? this.#view().getCode(account.codeHash);
  }

  setCode(address: Address, code: Uint8Array): void {
    const codeHash = keccak256Bytes(code);
    if (code.length > 0) this.#codes.set(bytesToHex(codeHash), code);
    this.setAccount(address, { ...(this.account(address) ?? EMPTY_ACCOUNT), codeHash });
  }

  /** Without leading zeros; no bytes if 0. */
  slot(address: Address, slot: Hash): Uint8Array {
    const overlay = this.#storage.get(address);
    if (overlay !== undefined) {
      const changed = overlay.slots.get(slot);
      if (changed !== undefined) return changed;
      if (overlay.cleared) return NO_BYTES;
    }
    return this.#view().getSlot(address, slot);
  }

  setSlot(address: Address, slot: Hash, value: Uint8Array): void {
    const key = `${address}${slot}`;
    if (!this.#originals.has(key)) this.#originals.set(key, this.slot(address, slot));
    let overlay = this.#storage.get(address);
    if (overlay === undefined) this.#storage.set(address, (overlay = { cleared: false, slots: new Map() }));
    const { slots } = overlay;
    this.#journal.push({ kind: "slot", slots, slot, before: slots.get(slot) });
    slots.set(slot, withoutLeadingZeros(value));
  }

  clearSlots(address: Address): void {
    this.#journal.push({ kind: "storage", address, before: this.#storage.get(address) });
    this.#storage.set(address, { cleared: true, slots: new Map() });
  }

  #originalSlot(address: Address, slot: Hash): Uint8Array {
    return this.#originals.get(`${address}${slot}`) ?? this.slot(address, slot);
  }

  /** Ends a transaction: accounts it left empty are removed (EIP-161), and nothing before can be undone any more. */
  endTransaction(): void {
    for (const undo of this.#journal) {
      if (undo.kind !== "account") continue;
      const account = this.#accounts.get(undo.address);
      if (account !== undefined && isEmptyAccount(account)) {
        this.#accounts.set(undo.address, undefined);
        this.#storage.set(undo.address, { cleared: true, slots: new Map() });
      }
    }
    this.#journal = [];
    this.#checkpoints = [];
    this.#originals.clear();
  }

  /** Everything that differs from the view. */
  changes(): StateChanges {
    const codes = new Map<Hash, Uint8Array>();
    for (const account of this.#accounts.values()) {
      if (account === undefined || !hasCode(account)) continue;
      const hash = bytesToHex(account.codeHash);
      const code = this.#codes.get(hash);
      if (code !== undefined) codes.set(hash, code);
    }
    return { accounts: this.#accounts, storage: this.#storage, codes };
  }

  openCheckpoint(): void {
    this.#checkpoints.push(this.#journal.length);
  }

  commitCheckpoint(): void {
    this.#checkpoints.pop();
  }

  revertCheckpoint(): void {
    const start = this.#checkpoints.pop() ?? 0;
    for (let index = this.#journal.length - 1; index >= start; index--) this.#undo(this.#journal[index] as Undo);
    this.#journal.length = start;
  }

  #undo(undo: Undo): void {
    if (undo.kind === "account") {
      if (undo.wasChanged) this.#accounts.set(undo.address, undo.before);
      else this.#accounts.delete(undo.address);
    } else if (undo.kind === "slot") {
      if (undo.before === undefined) undo.slots.delete(undo.slot);
      else undo.slots.set(undo.slot, undo.before);
    } else if (undo.before === undefined) {
      this.#storage.delete(undo.address);
    } else {
      this.#storage.set(undo.address, undo.before);
    }
  }

  // ── What ethereumjs asks for ──────────────────────────────────────────────────────────────────────────────────────

  getAccount(address: EvmAddress): Promise<Account | undefined> {
    const account = this.account(bytesToHex(address.bytes));
    if (account === undefined) return Promise.resolve(undefined);
    return Promise.resolve(new Account(account.nonce, account.balance, account.storageRoot, account.codeHash));
  }

  putAccount(address: EvmAddress, account?: Account): Promise<void> {
    this.setAccount(bytesToHex(address.bytes), account === undefined ? undefined : recordOf(account));
    return Promise.resolve();
  }

  deleteAccount(address: EvmAddress): Promise<void> {
    this.removeAccount(bytesToHex(address.bytes));
    return Promise.resolve();
  }

  modifyAccountFields(address: EvmAddress, fields: AccountFields): Promise<void> {
    const key = bytesToHex(address.bytes);
    const account = this.account(key) ?? EMPTY_ACCOUNT;
    this.setAccount(key, {
      nonce: fields.nonce ?? account.nonce,
      balance: fields.balance ?? account.balance,
      storageRoot: fields.storageRoot ?? account.storageRoot,
      codeHash: fields.codeHash ?? account.codeHash,
    });
    return Promise.resolve();
  }

  putCode(address: EvmAddress, value: Uint8Array): Promise<void> {
    this.setCode(bytesToHex(address.bytes), value);
    return Promise.resolve();
  }

  getCode(address: EvmAddress): Promise<Uint8Array> {
    return Promise.resolve(this.code(bytesToHex(address.bytes)));
  }

  getCodeSize(address: EvmAddress): Promise<number> {
    return Promise.resolve(this.code(bytesToHex(address.bytes)).length);
  }

  getStorage(address: EvmAddress, key: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.slot(bytesToHex(address.bytes), bytesToHex(key)));
  }

  putStorage(address: EvmAddress, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.setSlot(bytesToHex(address.bytes), bytesToHex(key), value);
    return Promise.resolve();
  }

  clearStorage(address: EvmAddress): Promise<void> {
    this.clearSlots(bytesToHex(address.bytes));
    return Promise.resolve();
  }

  checkpoint(): Promise<void> {
    this.openCheckpoint();
    return Promise.resolve();
  }

  commit(): Promise<void> {
    this.commitCheckpoint();
    return Promise.resolve();
  }

  revert(): Promise<void> {
    this.revertCheckpoint();
    return Promise.resolve();
  }

  /** Root of the view, without the changes. */
  getStateRoot(): Promise<Uint8Array> {
    return Promise.resolve(hexToBytes(this.#view().root()));
  }

  setStateRoot(): Promise<void> {
    return Promise.reject(new Error("a journaled state stays at the root of its view"));
  }

  hasStateRoot(root: Uint8Array): Promise<boolean> {
    return Promise.resolve(bytesToHex(root) === this.#view().root());
  }

  /** Forgets all changes. */
  clearCaches(): void {
    this.#accounts = new Map();
    this.#storage = new Map();
    this.#codes = new Map();
    this.#journal = [];
    this.#checkpoints = [];
    this.#originals.clear();
  }

  /** Another state over the same view, without the changes. */
  shallowCopy(): JournaledState {
    return new JournaledState(this.#view);
  }
}

function recordOf(account: Account): AccountRecord {
  return {
    nonce: account.nonce,
    balance: account.balance,
    storageRoot: account.storageRoot,
    codeHash: account.codeHash,
  };
}
