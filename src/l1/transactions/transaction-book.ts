import type { Address } from "../../primitives/index.ts";
import type { RecordStore } from "../../storage/index.ts";
import { L1TransactionError } from "./errors.ts";
import type { TransactionRecord } from "./record.ts";
import type { BlobSidecar } from "./sidecar.ts";

/** Whose transactions are recorded. */
export interface Identity {
  readonly account: Address;
  readonly chainId: number;
}

/** The records of one account's transactions: on disk, and in memory as they are there. */
export interface TransactionBook {
  find(purpose: string): TransactionRecord | undefined;
  /** @throws Error if no transaction has the nonce. */
  get(nonce: number): TransactionRecord;
  /** Lowest nonce first. */
  ascending(): readonly TransactionRecord[];
  /** Puts a transaction, with the blobs it carries, on disk. Memory changes only after that. */
  save(record: TransactionRecord, sidecar?: BlobSidecar): Promise<void>;
  erase(record: TransactionRecord): Promise<void>;
  sidecar(nonce: number): BlobSidecar | undefined;
  saveSidecar(nonce: number, sidecar: BlobSidecar): Promise<void>;
}

const IDENTITY_KEY = "identity";
const TRANSACTION_PREFIX = "transaction/";
const transactionKey = (nonce: number): string => `${TRANSACTION_PREFIX}${String(nonce).padStart(15, "0")}`;
const sidecarKey = (nonce: number): string => `sidecar/${String(nonce).padStart(15, "0")}`;

/** @throws L1TransactionError `foreign-records` */
export async function openTransactionBook(records: RecordStore, identity: Identity): Promise<TransactionBook> {
  await checkIdentity(records, identity);
  const transactions = new Map<number, TransactionRecord>();
  const purposes = new Map<string, number>();
  for (const [, record] of records.entries<TransactionRecord>(TRANSACTION_PREFIX)) {
    const earlier = purposes.get(record.purpose);
    if (earlier !== undefined) {
      // Killed between giving a purpose its new nonce and dropping the one another program had used up: see `reassignIfDisplaced`.
      transactions.delete(earlier);
      await records.delete(transactionKey(earlier));
    }
    transactions.set(record.nonce, record);
    purposes.set(record.purpose, record.nonce);
  }

  return {
    find(purpose) {
      const nonce = purposes.get(purpose);
      return nonce === undefined ? undefined : transactions.get(nonce);
    },
    get(nonce) {
      const record = transactions.get(nonce);
      if (record === undefined) throw new Error(`no L1 transaction of nonce ${nonce}`);
      return record;
    },
    ascending: () => [...transactions.values()].sort((a, b) => a.nonce - b.nonce),
    async save(record, sidecar) {
      const changes: [string, unknown][] = [[transactionKey(record.nonce), record]];
      if (sidecar !== undefined) changes.push([sidecarKey(record.nonce), sidecar]);
      await records.write(changes);
      transactions.set(record.nonce, record);
      purposes.set(record.purpose, record.nonce);
    },
    async erase(record) {
      await records.write([
        [transactionKey(record.nonce), undefined],
        [sidecarKey(record.nonce), undefined],
      ]);
      transactions.delete(record.nonce);
      if (purposes.get(record.purpose) === record.nonce) purposes.delete(record.purpose);
    },
    sidecar: (nonce) => records.get<BlobSidecar>(sidecarKey(nonce)),
    saveSidecar: (nonce, sidecar) => records.put(sidecarKey(nonce), sidecar),
  };
}

async function checkIdentity(records: RecordStore, identity: Identity): Promise<void> {
  const found = records.get<Identity>(IDENTITY_KEY);
  if (found === undefined) {
    await records.put(IDENTITY_KEY, identity);
    return;
  }
  if (found.account === identity.account && found.chainId === identity.chainId) return;
  throw new L1TransactionError({
    kind: "foreign-records",
    expected: `${identity.account} on chain ${identity.chainId}`,
    found: `${found.account} on chain ${found.chainId}`,
  });
}
