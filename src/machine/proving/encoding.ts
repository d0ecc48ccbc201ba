import { INFLATE_MODES } from "../../batch/index.ts";
import {
  DIGEST_WORDS,
  bytesToBigint,
  digestFromBytes,
  hashBytes,
  hasherOf,
  hexToBytes,
} from "../../primitives/index.ts";
import type { Digest, Hash } from "../../primitives/index.ts";
import { encodeContextBody, encodeState } from "../../rollup/index.ts";
import type { ChainState } from "../../rollup/index.ts";
import type { Chain, Stream } from "../chain/chain.ts";
import type { BlockProgress, Environment, Pending, TransactionContext } from "../machine.ts";
import type { AccountEntry, OverlayItem, SlotEntry } from "../overlay.ts";
import type { Slice } from "../slice.ts";
import { EMPTY_BUFFER, bufferOf } from "./buffer-tree.ts";
import { putAddress, putBigint, putDigest, putFlag, putHash, putNumber } from "./words.ts";

// The structs of contracts/machine/types/ as `abi.encode` has them: a word of 32 bytes a field.

/** An encoded struct: 8 words of 32 bits a field. */
export type Encoding = Int32Array;

/** Fields of the structs, with those of structs within them. */
export const FIELDS = {
  machine: 12,
  journal: 5,
  blockContext: 18,
  transactionContext: 38,
  frame: 14,
  frameContext: 15,
  load: 3,
  copy: 6,
  absorb: 11,
  digest: 2,
  exit: 4,
  reading: 3,
  inflate: 2,
  resume: 1,
  chain: 18,
  stream: 14,
  deposit: 3,
  account: 10,
  slot: 3,
  transient: 1,
} as const;

/** Positions of the fields of a Machine, in 32-bit words. */
export const MACHINE = {
  phase: 0,
  chain: 8,
  blockContext: 16,
  stateRoot: 24,
  transaction: 32,
  frame: 40,
  pending: 48,
  journal: 56,
} as const;

export function newEncoding(fields: number): Encoding {
  return new Int32Array(fields * DIGEST_WORDS);
}

/** H of a struct. */
export function hashEncoding(encoding: Encoding): Digest {
  const hasher = hasherOf(encoding.byteLength);
  hasher.words.set(encoding);
  hasher.hash();
  return hasher.digest.slice();
}

/** Writes field after field. */
interface FieldWriter {
  number(value: number): void;
  bigint(value: bigint): void;
  flag(value: boolean): void;
  hash(value: Hash): void;
  address(value: Hash): void;
  digest(value: Digest): void;
  slice(value: Slice): void;
}

function writerOf(target: Encoding): FieldWriter {
  let at = 0;
  const next = () => {
    at += DIGEST_WORDS;
    return at - DIGEST_WORDS;
  };
  return {
    number: (value) => putNumber(target, next(), value),
    bigint: (value) => putBigint(target, next(), value),
    flag: (value) => putFlag(target, next(), value),
    hash: (value) => putHash(target, next(), value),
    address: (value) => putAddress(target, next(), value),
    digest: (value) => putDigest(target, next(), value),
    slice: (value) => {
      putSlice(target, at, value);
      at += 3 * DIGEST_WORDS;
    },
  };
}

/** Three words; a slice of no bytes is the empty one. */
export function putSlice(target: Int32Array, at: number, slice: Slice): void {
  const length = slice.bytes.length;
  putDigest(target, at, length === 0 ? EMPTY_BUFFER.digest : bufferOf(slice.tree).digest);
  putNumber(target, at + DIGEST_WORDS, length === 0 ? 0 : slice.offset);
  putNumber(target, at + 2 * DIGEST_WORDS, length);
}

export function encodeBlockContext(environment: Environment, block: BlockProgress): Encoding {
  const encoding = newEncoding(FIELDS.blockContext);
  const write = writerOf(encoding);
  write.bigint(BigInt(environment.number));
  write.bigint(BigInt(environment.timestamp));
  write.address(environment.coinbase);
  write.bigint(environment.gasLimit);
  write.bigint(environment.baseFee);
  write.hash(environment.prevRandao);
  write.bigint(environment.chainId);
  write.bigint(environment.blobBaseFee);
  write.bigint(environment.dataPrice);
  write.bigint(block.gasUsed);
  write.number(block.transactionCount);
  write.hash(block.transactions.root);
  write.hash(block.receipts.root);
  write.digest(hashBytes(block.bloom));
  write.slice(block.raw);
  write.number(block.outcome);
  return encoding;
}

export function encodeTransactionContext(transaction: TransactionContext): Encoding {
  const encoding = newEncoding(FIELDS.transactionContext);
  const write = writerOf(encoding);
  write.slice(transaction.raw);
  write.hash(transaction.transactionHash);
  write.number(transaction.tokens);
  write.number(transaction.kind);
  write.bigint(transaction.nonce);
  write.bigint(transaction.maxPriorityFeePerGas);
  write.bigint(transaction.maxFeePerGas);
  write.number(transaction.gasLimit);
  write.flag(transaction.isCreation);
  write.address(transaction.to);
  write.bigint(transaction.value);
  write.slice(transaction.data);
  write.number(transaction.dataTokens);
  write.number(transaction.cursor);
  write.number(transaction.payloadStart);
  write.number(transaction.listEnd);
  write.number(transaction.keysEnd);
  write.address(transaction.listAddress);
  write.number(transaction.addressCount);
  write.number(transaction.slotCount);
  write.number(transaction.authorizationsStart);
  write.number(transaction.authorizationsEnd);
  write.number(transaction.authorizationCount);
  write.number(transaction.yParity);
  write.bigint(transaction.r);
  write.bigint(transaction.s);
  write.address(transaction.sender);
  write.bigint(transaction.gasPrice);
  write.bigint(transaction.dataGas);
  write.number(transaction.intrinsicGas);
  write.number(transaction.floorGas);
  write.number(transaction.gas);
  write.number(transaction.status);
  write.number(transaction.gasUsed);
  return encoding;
}

export function encodePending(pending: Pending): Encoding {
  switch (pending.kind) {
    case "load-account":
    case "load-slot": {
      const encoding = newEncoding(FIELDS.load);
      const write = writerOf(encoding);
      write.number(pending.resume);
      write.address(pending.owner);
      if (pending.kind === "load-slot") write.hash(pending.slot);
      return encoding;
    }
    case "copy": {
      const encoding = newEncoding(FIELDS.copy);
      const write = writerOf(encoding);
      write.slice(pending.source);
      write.number(pending.sourceOffset);
      write.number(pending.destination);
      write.number(pending.length);
      return encoding;
    }
    case "absorb": {
      const encoding = newEncoding(FIELDS.absorb);
      const write = writerOf(encoding);
      write.number(pending.resume);
      write.hash(pending.context);
      write.slice(pending.source);
      write.digest(leftAligned(pending.prefix));
      write.number(pending.prefix.length);
      write.digest(leftAligned(pending.suffix));
      write.number(pending.suffix.length);
      write.number(pending.position);
      if (pending.sponge !== undefined) write.digest(hashBytes(pending.sponge));
      return encoding;
    }
    case "digest": {
      const encoding = newEncoding(FIELDS.digest);
      const write = writerOf(encoding);
      write.hash(pending.value);
      write.hash(pending.context);
      return encoding;
    }
    case "reading": {
      const encoding = newEncoding(FIELDS.reading);
      const write = writerOf(encoding);
      write.hash(pending.dataHash);
      write.digest(bufferOf(pending.tree).digest);
      write.number(pending.count);
      return encoding;
    }
    case "inflate": {
      const encoding = newEncoding(FIELDS.inflate);
      const write = writerOf(encoding);
      write.number(pending.resume);
      write.number(pending.needed);
      return encoding;
    }
    case "resume": {
      const encoding = newEncoding(FIELDS.resume);
      putNumber(encoding, 0, pending.resume);
      return encoding;
    }
    case "exit": {
      const encoding = newEncoding(FIELDS.exit);
      const write = writerOf(encoding);
      write.number(pending.status);
      write.slice(pending.output);
      return encoding;
    }
  }
}

/** `Chain`, with the hashes of its stream and of the message under way; 0 if there is none. */
export function encodeChain(chain: Chain, stream: Digest, message: Digest): Encoding {
  const encoding = newEncoding(FIELDS.chain);
  const write = writerOf(encoding);
  write.hash(chain.blockHash);
  write.hash(chain.outboxRoot);
  write.number(chain.batchCount);
  write.number(chain.messageCount);
  write.number(chain.messagesUpTo);
  write.number(chain.batchTimestamp);
  write.digest(stream);
  write.number(chain.position);
  write.number(chain.blockCount);
  write.number(chain.transactionsLeft);
  write.number(chain.messagesEnd);
  write.bigint(chain.messageWeight);
  write.bigint(chain.gasLeft);
  write.bigint(chain.depositGas);
  write.bigint(chain.gasExcess);
  write.bigint(chain.gasCapacity);
  write.bigint(chain.gasPerSecond);
  write.digest(message);
  return encoding;
}

/** Words of the code lengths of the literal/length symbols. */
const LITERAL_WORDS = 5;

/** `Stream`, with the roots of the payload and of the content so far as buffers. */
export function encodeStream({ inflater }: Stream, payloadRoot: Digest, contentRoot: Digest): Encoding {
  const encoding = newEncoding(FIELDS.stream);
  const write = writerOf(encoding);
  const { mode, bitPosition, isFinal, storedLeft } = inflater.state();
  const hasEnded = mode === "ended";
  const isInBlock = mode === "stored" || mode === "symbols";
  write.digest(hasEnded ? EMPTY_BUFFER.digest : payloadRoot);
  write.number(hasEnded ? 0 : inflater.payload.length);
  write.number(hasEnded ? 0 : bitPosition);
  write.number(INFLATE_MODES.indexOf(mode));
  write.flag(isInBlock && isFinal);
  write.number(mode === "stored" ? storedLeft : 0);
  const codes = mode === "symbols" ? inflater.codeLengths() : undefined;
  for (let word = 0; word < LITERAL_WORDS; word++) write.digest(packLengths(codes?.literals, word));
  write.digest(packLengths(codes?.distances, 0));
  write.digest(contentRoot);
  write.number(inflater.output().length);
  return encoding;
}

/** 64 code lengths from symbol 64 × `word` on, 4 bits each, the first lowest. */
function packLengths(lengths: Uint8Array | undefined, word: number): Digest {
  const bytes = new Uint8Array(32);
  for (let index = 0; index < 64; index++) {
    const length = lengths?.[64 * word + index] ?? 0;
    const at = 31 - (index >> 1);
    bytes[at] = (bytes[at] as number) | (index % 2 === 0 ? length : length << 4);
  }
  return digestFromBytes(bytes);
}

/** The message under way; nothing if there is none. */
export function encodeMessageUnderWay({ message }: Chain): Encoding {
  if (message === undefined) return newEncoding(0);
  if (message.kind === "context") return encodingOf(encodeContextBody(message.body));
  const encoding = newEncoding(FIELDS.deposit);
  const write = writerOf(encoding);
  write.bigint(message.mint);
  write.address(message.refundTo);
  write.bigint(message.balanceBefore);
  return encoding;
}

/** `State`, between two batches. */
export function encodeChainState(state: ChainState): Encoding {
  return encodingOf(encodeState(state));
}

function encodingOf(bytes: Uint8Array): Encoding {
  const encoding = new Int32Array(bytes.length / 4);
  new Uint8Array(encoding.buffer).set(bytes);
  return encoding;
}

function leftAligned(bytes: Uint8Array): Digest {
  const padded = new Uint8Array(32);
  padded.set(bytes);
  return digestFromBytes(padded);
}

const DELEGATION_FLAG = 2n ** 160n;

/** Encoding of the entry of an overlay key. */
export function encodeEntry(item: OverlayItem): Encoding {
  if (item.kind === 0) return encodeAccountEntry(item.entry);
  if (item.kind === 1) return encodeSlotEntry(item.entry);
  const encoding = newEncoding(FIELDS.transient);
  putBigint(encoding, 0, item.entry.current);
  return encoding;
}

function encodeAccountEntry(entry: AccountEntry): Encoding {
  const encoding = newEncoding(FIELDS.account);
  const write = writerOf(encoding);
  write.bigint(entry.nonce);
  write.bigint(entry.balance);
  write.hash(entry.codeHash);
  write.hash(entry.storageRoot);
  write.number(entry.codeLength);
  write.bigint(entry.delegation === undefined ? 0n : DELEGATION_FLAG + bytesToBigint(hexToBytes(entry.delegation)));
  write.flag(entry.isWarm);
  write.flag(entry.isCreated);
  write.flag(entry.isDestroyed);
  write.flag(entry.isDirty);
  return encoding;
}

function encodeSlotEntry(entry: SlotEntry): Encoding {
  const encoding = newEncoding(FIELDS.slot);
  putBigint(encoding, 0, entry.original);
  putBigint(encoding, DIGEST_WORDS, entry.current);
  putFlag(encoding, 2 * DIGEST_WORDS, entry.isWarm);
  return encoding;
}

/** The key of an overlay entry: `H(kind, address, slot)`. */
export function overlayKey(kind: 0 | 1 | 2, address: Hash, slot: Hash): Digest {
  const hasher = hasherOf(96);
  putNumber(hasher.words, 0, kind);
  putAddress(hasher.words, DIGEST_WORDS, address);
  putHash(hasher.words, 2 * DIGEST_WORDS, slot);
  hasher.hash();
  return hasher.digest.slice();
}

/** `keyChain` with one more key. */
export function extendKeyChain(chain: Digest, item: Pick<OverlayItem, "kind" | "address" | "slot">): Digest {
  return hashEncoding(encodeKeyLink(chain, item));
}

/** The KeyLink of a key over the chain below it. */
export function encodeKeyLink(previous: Digest, item: Pick<OverlayItem, "kind" | "address" | "slot">): Encoding {
  const encoding = newEncoding(4);
  putDigest(encoding, 0, previous);
  putNumber(encoding, DIGEST_WORDS, item.kind);
  putAddress(encoding, 2 * DIGEST_WORDS, item.address);
  putHash(encoding, 3 * DIGEST_WORDS, item.slot);
  return encoding;
}

/** `logsHash` with one more log (specification §4): topics as 32 bytes each. */
export function extendLogsHash(chain: Digest, address: Hash, topics: Uint8Array, data: Uint8Array): Digest {
  const encoding = newEncoding(4);
  putDigest(encoding, 0, chain);
  putAddress(encoding, DIGEST_WORDS, address);
  putDigest(encoding, 2 * DIGEST_WORDS, hashBytes(topics));
  putDigest(encoding, 3 * DIGEST_WORDS, hashBytes(data));
  return hashEncoding(encoding);
}
