import { EMPTY_ACCOUNT, encodeAccount, encodeString, minimalBytes, openTrie } from "../../src/ethereum/index.ts";
import type { HashedEntry, StateDatabase } from "../../src/ethereum/index.ts";
import { bigintToBytes32, bytesToHex, hexToBytes, keccak256Bytes } from "../../src/primitives/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";

/** What a large state holds; counts. */
export interface LargeStateOptions {
  readonly database: StateDatabase;
  /** The state it adds to. */
  readonly root: Hash;
  /** Accounts without code at `accountAt(0)`, `accountAt(1)` and so on; 1 wei each. */
  readonly accounts: number;
  /** Slots that hold 1: keys 0, 1 and so on of `holder`. */
  readonly slots: number;
  readonly holder: { readonly address: Address; readonly code: Uint8Array };
  /** Contracts with these codes at `contractAt(0)`, `contractAt(1)` and so on. */
  readonly contracts: number;
  readonly codeOf: (index: number) => Uint8Array;
}

const ACCOUNTS = 0xacc0n << 128n;
const CONTRACTS = 0xc0den << 128n;

/** Addresses that a program counts up; their hashes, which say where they stand in the trie, are all over it. */
export const accountAt = (index: number | bigint): Address => addressOf(ACCOUNTS + BigInt(index));
export const contractAt = (index: number | bigint): Address => addressOf(CONTRACTS + BigInt(index));

function addressOf(value: bigint): Address {
  return bytesToHex(bigintToBytes32(value).subarray(12));
}

/** Keys put between two commits: in the order of the trie, so that what was committed is not written again. */
const KEYS_PER_COMMIT = 20_000;

/** Writes the state under blocks that nobody has executed, and gives its root. */
export async function writeLargeState(options: LargeStateOptions): Promise<Hash> {
  const { database, accounts, slots, holder, contracts, codeOf } = options;

  const storageRoot = await putSorted(database, undefined, slots, (index) => ({
    key: keccak256Bytes(bigintToBytes32(BigInt(index))),
    value: encodeString(minimalBytes(1n)),
  }));
  const holderHash = keccak256Bytes(holder.code);
  await database.putMany([[holderHash, holder.code]]);

  const plain = encodeAccount({ ...EMPTY_ACCOUNT, balance: 1n });
  let root = await putSorted(database, hexToBytes(options.root), accounts, (index) => ({
    key: keccak256Bytes(hexToBytes(accountAt(index))),
    value: plain,
  }));
  for (let start = 0; start < contracts; start += 1_000) {
    const codes = Array.from({ length: Math.min(1_000, contracts - start) }, (_, index) => codeOf(start + index));
    await database.putMany(codes.map((code): HashedEntry => [keccak256Bytes(code), code]));
    root = await putSorted(database, root, codes.length, (index) => ({
      key: keccak256Bytes(hexToBytes(contractAt(start + index))),
      value: encodeAccount({ ...EMPTY_ACCOUNT, nonce: 1n, codeHash: keccak256Bytes(codes[index] as Uint8Array) }),
    }));
  }
  root = await putSorted(database, root, 1, () => ({
    key: keccak256Bytes(hexToBytes(holder.address)),
    value: encodeAccount({ ...EMPTY_ACCOUNT, nonce: 1n, codeHash: holderHash, storageRoot }),
  }));
  return bytesToHex(root);
}

async function putSorted(
  database: StateDatabase,
  start: Uint8Array | undefined,
  count: number,
  entryOf: (index: number) => { readonly key: Uint8Array; readonly value: Uint8Array },
): Promise<Uint8Array> {
  const entries = Array.from({ length: count }, (_, index) => {
    const { key, value } = entryOf(index);
    return { key, value, order: Buffer.from(key.buffer, key.byteOffset, 6).readUIntBE(0, 6) };
  });
  entries.sort((left, right) => left.order - right.order);
  let root = start;
  for (let from = 0; from < count; from += KEYS_PER_COMMIT) {
    const trie = openTrie(database, root);
    for (const { key, value } of entries.slice(from, from + KEYS_PER_COMMIT)) trie.put(key, value);
    const committed = trie.commit();
    await database.putMany(committed.nodes);
    ({ root } = committed);
  }
  return openTrie(database, root).commit().root;
}
