import { EMPTY_ACCOUNT, decodeAccount, openTrie, trieProof } from "../ethereum/index.ts";
import type { AccountRecord } from "../ethereum/index.ts";
import { bigintToBytes32, bytesToBigint, bytesToHex, hexToBytes, keccak256Bytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { AccountProof, AccountState, ExecutionEngine } from "./execution-engine.ts";
import { viewAt } from "./state-views.ts";
import type { StateViews } from "./state-views.ts";

/** What an engine reads of stored states. */
export function createStateReads(
  views: StateViews,
): Pick<ExecutionEngine, "getAccount" | "getCode" | "getStorageAt" | "getProof"> {
  return {
    getAccount: (stateRoot, address) =>
      promised(() => {
        const record = viewAt(views, stateRoot).getAccount(address);
        return record === undefined ? undefined : toAccountState(record);
      }),
    getCode: (stateRoot, address) =>
      promised(() => {
        const view = viewAt(views, stateRoot);
        return view.getCode((view.getAccount(address) ?? EMPTY_ACCOUNT).codeHash);
      }),
    getStorageAt: (stateRoot, address, slot) =>
      promised(() => bytesToHex(bigintToBytes32(bytesToBigint(viewAt(views, stateRoot).getSlot(address, slot))))),
    getProof: (stateRoot, address, slots) => promised(() => proofOf(views, stateRoot, address, slots)),
  };
}

function proofOf({ database }: StateViews, stateRoot: Hash, address: Address, slots: readonly Hash[]): AccountProof {
  const root = hexToBytes(stateRoot);
  const key = keccak256Bytes(hexToBytes(address));
  const encoded = openTrie(database, root).get(key);
  const account = encoded === undefined ? EMPTY_ACCOUNT : decodeAccount(encoded);
  const storage = openTrie(database, account.storageRoot);
  return {
    account: toAccountState(account),
    accountProof: trieProof(database, root, key).map(bytesToHex),
    storageProof: slots.map((slot) => {
      const slotHash = keccak256Bytes(hexToBytes(slot));
      const value = storage.get(slotHash);
      return {
        key: slot,
        value: value === undefined ? 0n : decodeSlot(value),
        proof: trieProof(database, account.storageRoot, slotHash).map(bytesToHex),
      };
    }),
  };
}

function toAccountState(record: AccountRecord): AccountState {
  return {
    nonce: record.nonce,
    balance: record.balance,
    codeHash: bytesToHex(record.codeHash),
    storageRoot: bytesToHex(record.storageRoot),
  };
}

// A slot's trie value is the RLP of at most 32 bytes: one byte below 0x80, or a length prefix and the bytes.
function decodeSlot(encoded: Uint8Array): bigint {
  return bytesToBigint(encoded.length === 1 ? encoded : encoded.subarray(1));
}

/** Failures of a synchronous read as a rejection. */
async function promised<T>(read: () => T): Promise<T> {
  return read();
}
