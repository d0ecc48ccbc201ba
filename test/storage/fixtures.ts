import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { open as openLmdb } from "lmdb";
import pino from "pino";
import { Registry } from "prom-client";
import { logsBloom } from "../../src/ethereum/index.ts";
import type { Log } from "../../src/ethereum/index.ts";
import { ZERO_HASH, bytesToHex, keccak256 } from "../../src/primitives/index.ts";
import type { Address, Hash, Instruments } from "../../src/primitives/index.ts";
import { hashMessage, headerHash } from "../../src/rollup/index.ts";
import type { Block, BlockTransaction, DepositMessage, InboxMessage, Receipt } from "../../src/rollup/index.ts";
import { openNodeDatabase } from "../../src/storage/index.ts";
import type { InboxEvent, L1BlockReference, NodeDatabase } from "../../src/storage/index.ts";

export function silentInstruments(): Instruments {
  return { logger: pino({ level: "silent" }), metrics: new Registry() };
}

/** A new folder under the system's temporary one, and its removal. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "onestep-storage-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openTestDatabase(folder: string, genesisHash: Hash = genesisBlock().hash): Promise<NodeDatabase> {
  return openNodeDatabase({ folder, genesisHash }, silentInstruments());
}

/** The payloads on the disk of a database that is closed, and how many records say whose they are. */
export async function storedPayloads(
  folder: string,
): Promise<{ readonly payloads: readonly Uint8Array[]; readonly owners: number }> {
  const root = openLmdb<Uint8Array, Uint8Array>({
    path: join(folder, "data.mdb"),
    encoding: "binary",
    keyEncoding: "binary",
    overlappingSync: false,
  });
  const table = (name: string) =>
    root.openDB<Uint8Array, Uint8Array>({ name, encoding: "binary", keyEncoding: "binary" });
  const payloads = [...table("payloads").getRange()].map(({ value }) => Uint8Array.from(value));
  const owners = [...table("payload-batches").getKeys()].length;
  await root.close();
  return { payloads, owners };
}

export function hashOf(text: string): Hash {
  return keccak256(Buffer.from(text, "utf8"));
}

export function addressOf(text: string): Address {
  return `0x${hashOf(text).slice(2, 42)}`;
}

export function deposit(index: number, tag = ""): DepositMessage {
  const body = {
    kind: "deposit" as const,
    index,
    enqueuedAt: 1_700_000_000 + index,
    sender: addressOf(`sender ${index}${tag}`),
    to: addressOf(`to ${index}`),
    mint: 10n ** 18n,
    value: 0n,
    gasLimit: 100_000n,
    refundTo: addressOf(`refund ${index}`),
    data: Uint8Array.of(index & 255),
  };
  return { ...body, hash: hashMessage(body) };
}

export interface BlockContent {
  /** Distinguishes blocks that are alike otherwise. */
  readonly tag?: string;
  readonly messages?: readonly DepositMessage[];
  /** Logs of each signed transaction. */
  readonly signed?: readonly (readonly Log[])[];
}

/** A block with a true hash and bloom; its transactions and roots are made up. */
export function makeBlock(parent: Block | undefined, content: BlockContent = {}): Block {
  const number = parent === undefined ? 0 : parent.header.number + 1;
  const tag = content.tag ?? "";
  const messages = content.messages ?? [];
  const transactions: BlockTransaction[] = [
    ...messages.map((message) => ({ kind: "deposit" as const, hash: message.hash, message, nonce: 3n })),
    ...(content.signed ?? []).map((_, index) => ({
      kind: "signed" as const,
      hash: hashOf(`transaction ${number} ${index} ${tag}`),
      raw: Uint8Array.of(2, number & 255, index, ...new Uint8Array(62)),
      sender: addressOf(`signer ${index}`),
    })),
  ];
  const receipts: Receipt[] = transactions.map((transaction, index) => ({
    transactionHash: transaction.hash,
    status: 1,
    gasUsed: 21_000n,
    cumulativeGasUsed: 21_000n * BigInt(index + 1),
    dataGas: 17n,
    effectiveGasPrice: 10_000_000n,
    logs: content.signed?.[index - messages.length] ?? [],
    contractAddress: undefined,
  }));
  const header = {
    parentHash: parent?.hash ?? ZERO_HASH,
    coinbase: addressOf("coinbase"),
    stateRoot: hashOf(`state ${number} ${tag}`),
    transactionsRoot: hashOf(`transactions ${number}`),
    receiptsRoot: hashOf(`receipts ${number}`),
    logsBloom: bytesToHex(logsBloom(receipts.flatMap(({ logs }) => logs))),
    number,
    gasLimit: 60_000_000n,
    gasCapacity: 60_000_000n,
    gasPerSecond: 5_000_000n,
    gasLevel: 60_000_000n,
    gasExcess: 0n,
    gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? 0n,
    timestamp: 1_700_000_000 + number,
    prevRandao: ZERO_HASH,
    baseFeePerGas: 10_000_000n,
    outboxRoot: ZERO_HASH,
  };
  const firstMessage = parent?.nextMessage ?? 0;
  return {
    hash: headerHash(header),
    header,
    transactions,
    receipts,
    firstMessage,
    nextMessage: firstMessage + messages.length,
  };
}

export function genesisBlock(): Block {
  return makeBlock(undefined);
}

/** Appends `count` empty blocks to the latest one (after the genesis block, if there is none yet). */
export async function appendBlocks(database: NodeDatabase, count: number, tag = ""): Promise<readonly Block[]> {
  if (database.chain.getBlock(0) === undefined) await database.chain.appendBlock(genesisBlock());
  const added: Block[] = [];
  for (let index = 0; index < count; index++) {
    const parent = database.chain.getBlock(database.chain.getHeads().latest);
    const block = makeBlock(parent, { tag, signed: [[]] });
    await database.chain.appendBlock(block);
    added.push(block);
  }
  return added;
}

export function l1Block(number: number, fork = ""): L1BlockReference {
  return { number, hash: hashOf(`l1 ${number} ${fork}`) };
}

export function messageEvent(index: number, block: L1BlockReference): InboxEvent {
  return {
    kind: "message",
    message: deposit(index, block.hash),
    block,
    transactionHash: hashOf(`l1 transaction of message ${index}`),
  };
}

export function batchEvent(
  index: number,
  block: L1BlockReference,
  messagesUpTo = 0,
  payload: Uint8Array = Uint8Array.of(1, index & 255),
): InboxEvent {
  return {
    kind: "batch",
    batch: {
      index,
      kind: "calldata",
      dataHash: keccak256(payload),
      messagesUpTo,
      number: block.number,
      timestamp: 1_700_000_000 + block.number,
      payload,
    },
    block,
    transactionHash: hashOf(`l1 transaction of batch ${index}`),
  };
}

/** Made up hashes of the units of a batch. */
export function unitHashes(batch: number, count: number, tag = ""): Uint8Array {
  return Buffer.concat(
    Array.from({ length: count }, (_, unit) => Buffer.from(hashOf(`unit ${batch} ${unit} ${tag}`).slice(2), "hex")),
  );
}

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex);
const bytes = fc.uint8Array({ maxLength: 200 });
const natural = fc.maxSafeNat();
const word = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

export const arbitraryHash: fc.Arbitrary<Hash> = hash;

export const arbitraryDeposit: fc.Arbitrary<DepositMessage> = fc.record({
  kind: fc.constant("deposit"),
  index: natural,
  hash,
  enqueuedAt: natural,
  sender: address,
  to: address,
  mint: word,
  value: word,
  gasLimit: word,
  refundTo: address,
  data: bytes,
});

export const arbitraryMessage: fc.Arbitrary<InboxMessage> = fc.oneof(
  arbitraryDeposit,
  fc.record({
    kind: fc.constant("context"),
    index: natural,
    hash,
    enqueuedAt: natural,
    number: natural,
    timestamp: natural,
    baseFee: word,
    blobBaseFee: word,
    parentHash: hash,
  }),
);

const arbitraryLog: fc.Arbitrary<Log> = fc.record({ address, topics: fc.array(hash, { maxLength: 4 }), data: bytes });

const arbitraryTransaction: fc.Arbitrary<BlockTransaction> = fc.oneof(
  fc
    .record({ message: arbitraryDeposit, nonce: word })
    .map(({ message, nonce }) => ({ kind: "deposit" as const, hash: message.hash, message, nonce })),
  fc.record({ kind: fc.constant("signed"), hash, raw: bytes, sender: address }),
);

const arbitraryReceipt: fc.Arbitrary<Receipt> = fc.record({
  transactionHash: hash,
  status: fc.constantFrom(0, 1),
  gasUsed: word,
  cumulativeGasUsed: word,
  dataGas: word,
  effectiveGasPrice: word,
  logs: fc.array(arbitraryLog, { maxLength: 4 }),
  contractAddress: fc.option(address, { nil: undefined }),
});

export const arbitraryBlock: fc.Arbitrary<Block> = fc.record({
  hash,
  header: fc.record({
    parentHash: hash,
    coinbase: address,
    stateRoot: hash,
    transactionsRoot: hash,
    receiptsRoot: hash,
    logsBloom: fc.uint8Array({ minLength: 256, maxLength: 256 }).map(bytesToHex),
    number: natural,
    gasLimit: word,
    gasCapacity: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    gasPerSecond: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    gasLevel: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    gasExcess: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    gasUsed: word,
    timestamp: natural,
    prevRandao: hash,
    baseFeePerGas: word,
    outboxRoot: hash,
  }),
  transactions: fc.array(arbitraryTransaction, { maxLength: 4 }),
  receipts: fc.array(arbitraryReceipt, { maxLength: 4 }),
  firstMessage: natural,
  nextMessage: natural,
});
