import type { AccountRecord } from "../ethereum/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** Where `Flush` writes what a transaction has changed. */
export interface StateSink {
  /** An account that exists: nonce, balance and code hash; its storage root is not looked at. */
  setAccount(address: Address, account: AccountRecord): void;
  /** An account that is gone, with its storage; it may never have been there. */
  removeAccount(address: Address): void;
  /** Without leading zeros; no bytes clear the slot. */
  setSlot(address: Address, slot: Hash, value: Uint8Array): void;
  addCode(codeHash: Hash, code: Uint8Array): void;
}
