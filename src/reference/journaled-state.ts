import type { AccountFields, StateManagerInterface } from "@ethereumjs/common";
import { Account } from "@ethereumjs/util";
import type { Address as EvmAddress } from "@ethereumjs/util";
import { EMPTY_ACCOUNT } from "../ethereum/index.ts";
import type { AccountRecord } from "../ethereum/index.ts";
import { BlockState } from "../execution/index.ts";
import { bytesToHex, hexToBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** A BlockState as ethereumjs wants its state manager. */
export class JournaledState extends BlockState implements StateManagerInterface {
  // Values slots had when the transaction began, for EIP-2200; filled at the first write.
  #originals = new Map<string, Uint8Array>();

  readonly originalStorageCache = {
    get: (address: EvmAddress, key: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(this.#originalSlot(bytesToHex(address.bytes), bytesToHex(key))),
    clear: (): void => this.#originals.clear(),
  };

  #originalSlot(address: Address, slot: Hash): Uint8Array {
    return this.#originals.get(`${address}${slot}`) ?? this.slot(address, slot);
  }

  override setSlot(address: Address, slot: Hash, value: Uint8Array): void {
    const key = `${address}${slot}`;
    if (!this.#originals.has(key)) this.#originals.set(key, this.slot(address, slot));
    super.setSlot(address, slot, value);
  }

  override endTransaction(): void {
    super.endTransaction();
    this.#originals.clear();
  }

  override clearCaches(): void {
    super.clearCaches();
    this.#originals.clear();
  }

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
    return Promise.resolve(hexToBytes(this.view().root()));
  }

  setStateRoot(): Promise<void> {
    return Promise.reject(new Error("a journaled state stays at the root of its view"));
  }

  hasStateRoot(root: Uint8Array): Promise<boolean> {
    return Promise.resolve(bytesToHex(root) === this.view().root());
  }

  /** Another state over the same view, without the changes. */
  shallowCopy(): JournaledState {
    return new JournaledState(this.view);
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
