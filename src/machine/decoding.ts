import {
  MAX_TRANSACTION_SIZE,
  MIN_TRANSACTION_SIZE,
  MalformedError,
  calldataTokens,
  checkHeader,
  openAccessList,
  openAuthorizationList,
  publicKeyToAddress,
  readAccessListItem,
  readAuthorization,
  readHeader,
  readSignature,
  readStorageKey,
  recoverPublicKey,
  signedEnvelope,
  yParityOf,
} from "../ethereum/index.ts";
import type { TransactionType } from "../ethereum/index.ts";
import { ZERO_ADDRESS, ZERO_HASH, bigintToBytes32, hexToBytes } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Machine, Pending, TransactionContext } from "./machine.ts";
import { tellSlice } from "./memory.ts";
import { Phase } from "./phase.ts";
import { skip } from "./settlement.ts";
import { EMPTY_SLICE } from "./slice.ts";
import type { Slice } from "./slice.ts";
import { needAccount, needSlot, warmAccount, warmSlot } from "./state-access.ts";
import { DEPOSIT_KIND } from "./transaction-kind.ts";

// From raw bytes to a transaction with a sender (docs/machine.md §7), by the parts of the decoder in src/ethereum.

/** Bytes whose tokens one step counts. */
const COUNT_SIZE = 65_536;
/** Bytes that `DecodeHeader` opens. */
const HEADER_WINDOW = 320;
/** Bytes that every other decoding step opens. */
const WINDOW = 192;

/** Bytes as a slice; where steps are proven, it has to be given a tree. */
export function rawSlice(bytes: Uint8Array): Slice {
  return bytes.length === 0 ? EMPTY_SLICE : { bytes, tree: undefined, offset: 0 };
}

/** A transaction of which nothing is known but its bytes. */
export function newTransactionContext(raw: Slice): TransactionContext {
  return {
    raw,
    transactionHash: ZERO_HASH,
    tokens: 0,
    kind: 0,
    nonce: 0n,
    maxPriorityFeePerGas: 0n,
    maxFeePerGas: 0n,
    gasLimit: 0,
    isCreation: false,
    to: ZERO_ADDRESS,
    value: 0n,
    data: EMPTY_SLICE,
    dataTokens: 0,
    cursor: 0,
    payloadStart: 0,
    listEnd: 0,
    keysEnd: 0,
    listAddress: ZERO_ADDRESS,
    addressCount: 0,
    slotCount: 0,
    authorizationsStart: 0,
    authorizationsEnd: 0,
    authorizationCount: 0,
    yParity: 0,
    r: 0n,
    s: 0n,
    sender: ZERO_ADDRESS,
    gasPrice: 0n,
    dataGas: 0n,
    intrinsicGas: 0,
    floorGas: 0,
    gas: 0,
    status: 0,
    gasUsed: 0,
  };
}

/** `start` of a `Transaction` boundary. */
export function startTransaction(machine: Machine): void {
  const { raw } = machine.block;
  const size = raw.bytes.length;
  machine.skipReason = undefined;
  machine.included = undefined;
  machine.exit = undefined;
  if (size < MIN_TRANSACTION_SIZE || size > MAX_TRANSACTION_SIZE) {
    const message = `expected ${MIN_TRANSACTION_SIZE} to ${MAX_TRANSACTION_SIZE} bytes, got ${size}`;
    return skip(machine, { kind: "invalid", message });
  }
  machine.transaction = newTransactionContext(raw);
  machine.phase = Phase.CountTransaction;
}

export function stepCountTransaction(machine: Machine): void {
  const transaction = running(machine);
  transaction.tokens += countTokens(machine, transaction.raw);
  if (transaction.cursor < transaction.raw.bytes.length) return;
  transaction.cursor = 0;
  absorb(machine, Phase.DecodeHeader, transaction.raw);
}

export function stepDecodeHeader(machine: Machine): void {
  const transaction = running(machine);
  const digest = takeDigest(machine);
  const { raw } = transaction;
  const windowEnd = openWindow(machine, raw, 0, HEADER_WINDOW);
  orSkip(machine, () => {
    const header = readHeader(raw.bytes, windowEnd, machine.environment.chainId);
    checkHeader(header);
    const { type, to, dataStart, dataEnd } = header;
    Object.assign(transaction, {
      transactionHash: digest.value,
      kind: type,
      nonce: header.nonce,
      maxPriorityFeePerGas: header.maxPriorityFeePerGas,
      maxFeePerGas: header.maxFeePerGas,
      gasLimit: Number(header.gasLimit),
      isCreation: to === undefined,
      to: to ?? ZERO_ADDRESS,
      value: header.value,
      data: sliceOf(raw, dataStart, dataEnd),
      cursor: 0,
      payloadStart: header.payloadStart,
      listEnd: dataEnd,
    } satisfies Partial<TransactionContext>);
    machine.phase = Phase.CountCalldata;
  });
}

export function stepCountCalldata(machine: Machine): void {
  const transaction = running(machine);
  const { data } = transaction;
  if (data.bytes.length > 0) transaction.dataTokens += countTokens(machine, data);
  if (transaction.cursor < data.bytes.length) return;
  transaction.cursor = transaction.listEnd;
  transaction.listEnd = 0;
  if (transaction.kind === DEPOSIT_KIND) machine.phase = Phase.Mint;
  else machine.phase = transaction.kind === 0 ? Phase.DecodeSignature : Phase.DecodeAccessList;
}

export function stepDecodeAccessList(machine: Machine): void {
  const transaction = running(machine);
  const { raw, cursor, listEnd, keysEnd, kind } = transaction;
  const isInside = listEnd !== 0;
  if (isInside && cursor === listEnd) {
    transaction.listEnd = 0;
    transaction.keysEnd = 0;
    machine.phase = kind === 4 ? Phase.DecodeAuthorizations : Phase.DecodeSignature;
    return;
  }
  const windowEnd = openWindow(machine, raw, cursor, WINDOW);
  orSkip(machine, () => {
    if (!isInside) {
      const list = openAccessList(raw.bytes, cursor, windowEnd);
      transaction.listEnd = list.end;
      transaction.cursor = list.start;
    } else if (cursor < keysEnd) {
      const { key, end } = readStorageKey(raw.bytes, cursor, keysEnd, windowEnd);
      if (!warmListed(machine, transaction.listAddress, key)) return;
      transaction.slotCount += 1;
      transaction.cursor = end;
    } else {
      const { address, keys } = readAccessListItem(raw.bytes, cursor, listEnd, windowEnd);
      if (!warmListed(machine, address, undefined)) return;
      transaction.listAddress = address;
      transaction.keysEnd = keys.end;
      transaction.addressCount += 1;
      transaction.cursor = keys.start;
    }
  });
}

/**
 * An account of the access list, or a slot of it, becomes warm; false if the step is over by a fault. In fast mode only once the
 * transaction is known to be valid: one that is skipped pays for its bytes, not for what is loaded.
 */
function warmListed(machine: Machine, address: Address, slot: Hash | undefined): boolean {
  if (!machine.isProving) {
    machine.toWarm.push({ address, slot });
    return true;
  }
  return warm(machine, address, slot);
}

/** What `warmListed` has put off. */
export function warmAccessList(machine: Machine): void {
  for (const { address, slot } of machine.toWarm) warm(machine, address, slot);
  machine.toWarm.length = 0;
}

function warm(machine: Machine, address: Address, slot: Hash | undefined): boolean {
  if (slot === undefined) {
    const account = needAccount(machine, address);
    if (account !== undefined) warmAccount(machine, address, account);
    return account !== undefined;
  }
  const entry = needSlot(machine, address, slot);
  if (entry !== undefined) warmSlot(machine, address, slot, entry);
  return entry !== undefined;
}

export function stepDecodeAuthorizations(machine: Machine): void {
  const transaction = running(machine);
  const { raw, cursor, listEnd } = transaction;
  const isInside = listEnd !== 0;
  if (isInside && cursor === listEnd) {
    transaction.listEnd = 0;
    machine.phase = Phase.DecodeSignature;
    return;
  }
  const windowEnd = openWindow(machine, raw, cursor, WINDOW);
  orSkip(machine, () => {
    if (!isInside) {
      const list = openAuthorizationList(raw.bytes, cursor, windowEnd);
      transaction.cursor = transaction.authorizationsStart = list.start;
      transaction.listEnd = transaction.authorizationsEnd = list.end;
    } else {
      transaction.cursor = readAuthorization(raw.bytes, cursor, listEnd, windowEnd).end;
      transaction.authorizationCount += 1;
    }
  });
}

/** The authorization at `cursor`, decoded once more, and where it ends. */
export function authorizationAtCursor(machine: Machine): ReturnType<typeof readAuthorization> {
  const { raw, cursor, authorizationsEnd } = running(machine);
  const windowEnd = openWindow(machine, raw, cursor, WINDOW);
  return readAuthorization(raw.bytes, cursor, authorizationsEnd, windowEnd);
}

export function stepDecodeSignature(machine: Machine): void {
  const transaction = running(machine);
  const { raw, cursor, payloadStart } = transaction;
  const windowEnd = openWindow(machine, raw, cursor, WINDOW);
  orSkip(machine, () => {
    const { chainId } = machine.environment;
    const type = transaction.kind as TransactionType;
    const signature = readSignature(raw.bytes, cursor, windowEnd);
    transaction.yParity = yParityOf(signature, type, chainId);
    transaction.r = signature.r;
    transaction.s = signature.s;
    const { prefix, suffix } = signedEnvelope(type, signature.v, chainId, cursor - payloadStart);
    absorb(machine, Phase.RecoverSender, sliceOf(raw, payloadStart, cursor), prefix, suffix);
  });
}

export function stepRecoverSender(machine: Machine): void {
  const transaction = running(machine);
  const { value } = takeDigest(machine);
  const { r, s, yParity } = transaction;
  orSkip(machine, () => {
    try {
      const key = recoverPublicKey(hexToBytes(value), bigintToBytes32(r), bigintToBytes32(s), yParity);
      transaction.sender = publicKeyToAddress(key);
    } catch {
      throw new MalformedError("no public key gives this signature");
    }
    machine.phase = Phase.Validate;
  });
}

// ── Parts of the steps ────────────────────────────────────────────────────────────────────────────────────────────────

const NO_BYTES: Uint8Array = new Uint8Array();

/** The transaction of a machine that is running one. */
export function running(machine: Machine): TransactionContext {
  if (machine.transaction === undefined) throw new Error(`phase ${machine.phase} without a transaction`);
  return machine.transaction;
}

/** The bytes from `start` to `end` of a slice. */
function sliceOf(slice: Slice, start: number, end: number): Slice {
  if (start === end) return EMPTY_SLICE;
  return { bytes: slice.bytes.subarray(start, end), tree: slice.tree, offset: slice.offset + start };
}

/** Opens at most `size` bytes of a slice from `start` on, none beyond its end; gives where they end. */
function openWindow({ recorder }: Machine, slice: Slice, start: number, size: number): number {
  if (recorder !== undefined) tellSlice(recorder, slice, start, size);
  return Math.min(start + size, slice.bytes.length);
}

/** Tokens of the next bytes of a slice from `cursor` on, which moves behind them. */
function countTokens(machine: Machine, slice: Slice): number {
  const transaction = running(machine);
  const { cursor } = transaction;
  const end = openWindow(machine, slice, cursor, COUNT_SIZE);
  transaction.cursor = end;
  return Number(calldataTokens(slice.bytes.subarray(cursor, end)));
}

function absorb(machine: Machine, resume: Phase, source: Slice, prefix = NO_BYTES, suffix = NO_BYTES): void {
  machine.pending = {
    kind: "absorb",
    resume,
    context: ZERO_HASH,
    source,
    prefix,
    suffix,
    position: 0,
    sponge: undefined,
  };
  machine.phase = Phase.Absorb;
}

function takeDigest(machine: Machine): Extract<Pending, { readonly kind: "digest" }> {
  const { pending } = machine;
  if (pending?.kind !== "digest") throw new Error(`phase ${machine.phase} without a digest`);
  machine.pending = undefined;
  return pending;
}

/** Runs the part of a step that decodes; bytes that are malformed make the step skip the transaction. */
function orSkip(machine: Machine, decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    skip(machine, { kind: "invalid", message: error.message });
  }
}
