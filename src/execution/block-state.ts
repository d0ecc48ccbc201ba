import { EMPTY_ACCOUNT, hasCode, isEmptyAccount, withoutLeadingZeros } from "../ethereum/index.ts";
import type { AccountRecord, StateChanges, StateView } from "../ethereum/index.ts";
import { bigintToBytes32, bytesToBigint, bytesToHex, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { ObservedState } from "./observer.ts";

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
 * The state of a block being executed: changes in memory over a StateView, undone by a journal. Nothing is written to a
 * trie before the block ends.
 *
 * `view` gives the state underneath; it must stay at the same root for as long as this object is used.
 */
export class BlockState {
  readonly view: () => StateView;
  #accounts = new Map<Address, AccountRecord | undefined>();
  #storage = new Map<Address, StorageOverlay>();
  #codes = new Map<Hash, Uint8Array>();
  #journal: Undo[] = [];
  #checkpoints: number[] = [];

  constructor(view: () => StateView) {
    this.view = view;
  }

  account(address: Address): AccountRecord | undefined {
    const changed = this.#accounts.get(address);
    if (changed !== undefined || this.#accounts.has(address)) return changed;
    return this.view().getAccount(address);
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
    return this.codeOf(account.codeHash);
  }

  /** The code with this hash (32 bytes), new or stored. Throws if there is none. */
  codeOf(codeHash: Uint8Array): Uint8Array {
    return this.#codes.get(bytesToHex(codeHash)) ?? this.view().getCode(codeHash);
  }

  /** The length of the same. */
  codeLengthOf(codeHash: Uint8Array): number {
    return this.#codes.get(bytesToHex(codeHash))?.length ?? this.view().getCodeLength(codeHash);
  }

  /** Makes a code known that some account has. */
  addCode(codeHash: Hash, code: Uint8Array): void {
    this.#codes.set(codeHash, code);
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
    return this.view().getSlot(address, slot);
  }

  setSlot(address: Address, slot: Hash, value: Uint8Array): void {
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

  /** Forgets all changes. */
  clearCaches(): void {
    this.#accounts = new Map();
    this.#storage = new Map();
    this.#codes = new Map();
    this.#journal = [];
    this.#checkpoints = [];
  }
}

/** What an observer sees of a state. */
export function observedState(state: BlockState): ObservedState {
  return {
    getAccount: (address) => {
      const account = state.account(address);
      return account === undefined
        ? undefined
        : { nonce: account.nonce, balance: account.balance, code: state.code(address) };
    },
    getStorageAt: (address, slot) => bytesToHex(bigintToBytes32(bytesToBigint(state.slot(address, slot)))),
  };
}
