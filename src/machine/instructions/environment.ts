import {
  BLOCKHASH_WINDOW,
  BLOCK_HASH_HISTORY_ADDRESS,
  BLOCK_HASH_HISTORY_LENGTH,
  FRAME_ERROR,
} from "../../ethereum/index.ts";
import { bigintToBytes32, bytesToHex } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { halt } from "../halt.ts";
import type { Frame, FrameContext, Machine, TransactionContext } from "../machine.ts";
import { tellSlice } from "../memory.ts";
import { EMPTY_SLICE } from "../slice.ts";
import type { Slice } from "../slice.ts";
import { needAccount, needSlot } from "../state-access.ts";
import { fromBigint, fromBytes, fromHex, setLimb, toBigint, toNumberBelow, toOffset } from "../word.ts";

// Their gas is the same for all and charged by the interpreter, but for BLOCKHASH, which may fault.

const CREATE = 0xf0;
const CREATE2 = 0xf5;

const BLOCKHASH_GAS = 20;

/** Calldata of a frame; that of a creation is empty. */
export function calldataOf(context: FrameContext): Slice {
  return context.kind === CREATE || context.kind === CREATE2 ? EMPTY_SLICE : context.input;
}

function transactionOf(machine: Machine): TransactionContext {
  if (machine.transaction === undefined) throw new Error("a frame runs outside a transaction");
  return machine.transaction;
}

/** Index of the item that is pushed now. */
function push(frame: Frame): number {
  frame.pc++;
  return 8 * frame.stackSize++;
}

export function address(_machine: Machine, frame: Frame): void {
  fromHex(frame.stack, push(frame), frame.context.self);
}

export function origin(machine: Machine, frame: Frame): void {
  fromHex(frame.stack, push(frame), transactionOf(machine).sender);
}

export function caller(_machine: Machine, frame: Frame): void {
  fromHex(frame.stack, push(frame), frame.context.caller);
}

export function callvalue(_machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), frame.context.value);
}

export function calldataload(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const calldata = calldataOf(frame.context);
  const offset = toOffset(frame.stack, top);
  if (machine.recorder !== undefined) tellSlice(machine.recorder, calldata, offset, 32);
  fromBytes(frame.stack, top, calldata.bytes, offset, 32);
  frame.pc++;
}

export function calldatasize(_machine: Machine, frame: Frame): void {
  setLimb(frame.stack, push(frame), calldataOf(frame.context).bytes.length);
}

export function codesize(_machine: Machine, frame: Frame): void {
  setLimb(frame.stack, push(frame), frame.code.bytes.length);
}

export function gasprice(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), transactionOf(machine).gasPrice);
}

export function returndatasize(_machine: Machine, frame: Frame): void {
  setLimb(frame.stack, push(frame), frame.returndata.bytes.length);
}

/** Slot of the history that has the hash of the block whose number is an item of the stack; undefined beyond the window. */
function historySlot(current: number | bigint, stack: Uint32Array, at: number): number | undefined {
  if (typeof current === "number") {
    const asked = toNumberBelow(stack, at, current);
    if (asked === undefined || current - asked > BLOCKHASH_WINDOW) return undefined;
    return asked % BLOCK_HASH_HISTORY_LENGTH;
  }
  const asked = toBigint(stack, at);
  if (asked >= current || current - asked > BLOCKHASH_WINDOW) return undefined;
  return Number(asked % BigInt(BLOCK_HASH_HISTORY_LENGTH));
}

const historyKeys: (Hash | undefined)[] = [];

function historyKey(slotNumber: number): Hash {
  return (historyKeys[slotNumber] ??= bytesToHex(bigintToBytes32(BigInt(slotNumber))));
}

/** BLOCKHASH, from the history in the state (EIP-2935, docs/machine.md §8). */
export function blockhash(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const slotNumber = historySlot(machine.environment.number, frame.stack, top);
  let hash = 0n;
  if (slotNumber !== undefined) {
    if (needAccount(machine, BLOCK_HASH_HISTORY_ADDRESS) === undefined) return;
    const slot = needSlot(machine, BLOCK_HASH_HISTORY_ADDRESS, historyKey(slotNumber));
    if (slot === undefined) return;
    hash = slot.current;
  }
  if (frame.gas < BLOCKHASH_GAS) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas -= BLOCKHASH_GAS;
  fromBigint(frame.stack, top, hash);
  frame.pc++;
}

export function coinbase(machine: Machine, frame: Frame): void {
  fromHex(frame.stack, push(frame), machine.environment.coinbase);
}

export function timestamp(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), BigInt(machine.environment.timestamp));
}

export function number(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), BigInt(machine.environment.number));
}

export function prevrandao(machine: Machine, frame: Frame): void {
  fromHex(frame.stack, push(frame), machine.environment.prevRandao);
}

export function gaslimit(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), machine.environment.gasLimit);
}

export function chainid(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), machine.environment.chainId);
}

export function basefee(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), machine.environment.baseFee);
}

/** BLOBHASH: no transaction has blobs. */
export function blobhash(_machine: Machine, frame: Frame): void {
  setLimb(frame.stack, 8 * frame.stackSize - 8, 0);
  frame.pc++;
}

export function blobbasefee(machine: Machine, frame: Frame): void {
  fromBigint(frame.stack, push(frame), machine.environment.blobBaseFee);
}
