import { bigintToBytes32, concatBytes, hexToBytes, keccak256 } from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import type { Witness } from "../../../../src/machine/proving/index.ts";

// States of the chain units made by hand from docs/machine/chain.md, so that the contracts are checked against the page.

type Word = number | bigint | boolean | Hash;

/** `abi.encode` of a struct whose fields are all static: a word each. */
export function encodeWords(words: readonly Word[]): Uint8Array {
  return concatBytes(
    words.map((word) => (typeof word === "string" ? hexToBytes(word) : bigintToBytes32(BigInt(word)))),
  );
}

export const ZERO: Hash = `0x${"00".repeat(32)}`;

/** Fields in the order of the page. */
export interface ChainFields {
  readonly blockHash: Hash;
  readonly outboxRoot: Hash;
  readonly batchCount: number;
  readonly messageCount: number;
  readonly messagesUpTo: number;
  readonly batchTimestamp: number;
  readonly stream: Hash;
  readonly position: number;
  readonly blockCount: number;
  readonly transactionsLeft: number;
  readonly messagesEnd: number;
  readonly messageWeight: number;
  readonly gasLeft: number;
  readonly depositGas: number;
  readonly gasExcess: number;
  readonly gasCapacity: number;
  readonly gasPerSecond: number;
  readonly message: Hash;
}

export const EMPTY_CHAIN: ChainFields = {
  blockHash: ZERO,
  outboxRoot: ZERO,
  batchCount: 0,
  messageCount: 0,
  messagesUpTo: 0,
  batchTimestamp: 0,
  stream: ZERO,
  position: 0,
  blockCount: 0,
  transactionsLeft: 0,
  messagesEnd: 0,
  messageWeight: 0,
  gasLeft: 0,
  depositGas: 0,
  gasExcess: 0,
  gasCapacity: 0,
  gasPerSecond: 0,
  message: ZERO,
};

export function encodeChain(chain: ChainFields): Uint8Array {
  return encodeWords(Object.values({ ...EMPTY_CHAIN, ...chain }));
}

export interface MachineFields {
  readonly phase: number;
  readonly chain: Hash;
  readonly blockContext: Hash;
  readonly stateRoot: Hash;
  readonly pending: Hash;
}

/** A machine outside transactions, with an empty journal. */
export function encodeMachine({ phase, chain, blockContext, stateRoot, pending }: MachineFields): Uint8Array {
  const journal = [ZERO, ZERO, ZERO, keccak256(new Uint8Array(256)), 0];
  return encodeWords([phase, chain, blockContext, stateRoot, ZERO, ZERO, pending, ...journal]);
}

const NO_BYTES = new Uint8Array();

/** Opens nothing. */
export const EMPTY_WITNESS: Witness = {
  machine: NO_BYTES,
  frame: NO_BYTES,
  frameContext: NO_BYTES,
  parentFrame: NO_BYTES,
  transaction: NO_BYTES,
  blockContext: NO_BYTES,
  pending: NO_BYTES,
  savedJournal: NO_BYTES,
  bloom: NO_BYTES,
  blockBloom: NO_BYTES,
  sponge: NO_BYTES,
  code: NO_BYTES,
  stack: NO_BYTES,
  regions: [],
  overlay: [],
  tries: [],
  appends: [],
  preimages: [],
};
