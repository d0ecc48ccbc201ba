import { FRAME_ERROR } from "../../ethereum/index.ts";
import type { Address } from "../../primitives/index.ts";
import { accessGas } from "../access.ts";
import { beginCopy } from "../copy.ts";
import {
  COLD_SLOT_GAS,
  COPY_WORD_GAS,
  SSTORE_CLEAR_REFUND,
  SSTORE_RESET_GAS,
  SSTORE_SENTRY,
  SSTORE_SET_GAS,
  WARM_GAS,
  expansionGas,
  wordsOf,
} from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { expand } from "../memory.ts";
import { isEmptyEntry } from "../overlay.ts";
import type { AccountEntry } from "../overlay.ts";
import { EMPTY_SLICE } from "../slice.ts";
import {
  modifySlot,
  modifyTransient,
  needAccount,
  needSlot,
  presentAccount,
  readTransient,
  warmAccount,
  warmSlot,
} from "../state-access.ts";
import { fromBigint, fromHex, setLimb, toAddress, toBigint, toHash, toOffset } from "../word.ts";

/** SLOAD (EIP-2929). */
export function sload(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const { self } = frame.context;
  const key = toHash(frame.stack, top);
  const slot = needSlot(machine, self, key);
  if (slot === undefined) return;
  const gas = slot.isWarm ? WARM_GAS : COLD_SLOT_GAS;
  if (frame.gas < gas) return halt(machine, FRAME_ERROR.outOfGas);
  warmSlot(machine, self, key, slot);
  frame.gas -= gas;
  fromBigint(frame.stack, top, slot.current);
  frame.pc++;
}

/** SSTORE (EIP-2200, 2929, 3529). */
export function sstore(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const { self, isStatic } = frame.context;
  if (isStatic) return halt(machine, FRAME_ERROR.writeProtection);
  const key = toHash(frame.stack, top);
  const slot = needSlot(machine, self, key);
  if (slot === undefined) return;
  if (frame.gas <= SSTORE_SENTRY) return halt(machine, FRAME_ERROR.outOfGas);
  const value = toBigint(frame.stack, top - 8);
  const { original, current } = slot;
  let gas = slot.isWarm ? 0 : COLD_SLOT_GAS;
  let refund = 0;
  if (value === current || original !== current) gas += WARM_GAS;
  else gas += original === 0n ? SSTORE_SET_GAS : SSTORE_RESET_GAS;
  if (value !== current) {
    if (original !== 0n) {
      if (current === 0n) refund -= SSTORE_CLEAR_REFUND;
      if (value === 0n) refund += SSTORE_CLEAR_REFUND;
    }
    if (value === original) refund += (original === 0n ? SSTORE_SET_GAS : SSTORE_RESET_GAS) - WARM_GAS;
  }
  if (frame.gas < gas) return halt(machine, FRAME_ERROR.outOfGas);
  if (machine.isProving || value !== current || !slot.isWarm) {
    modifySlot(machine, self, key, { current: value, isWarm: true });
  }
  machine.refund += refund;
  frame.gas -= gas;
  frame.stackSize -= 2;
  frame.pc++;
}

/** TLOAD (EIP-1153). */
export function tload(machine: Machine, frame: Frame): void {
  if (frame.gas < WARM_GAS) return halt(machine, FRAME_ERROR.outOfGas);
  const top = 8 * frame.stackSize - 8;
  fromBigint(frame.stack, top, readTransient(machine, frame.context.self, toHash(frame.stack, top)));
  frame.gas -= WARM_GAS;
  frame.pc++;
}

/** TSTORE (EIP-1153). */
export function tstore(machine: Machine, frame: Frame): void {
  if (frame.context.isStatic) return halt(machine, FRAME_ERROR.writeProtection);
  if (frame.gas < WARM_GAS) return halt(machine, FRAME_ERROR.outOfGas);
  const top = 8 * frame.stackSize - 8;
  modifyTransient(machine, frame.context.self, toHash(frame.stack, top), toBigint(frame.stack, top - 8));
  frame.gas -= WARM_GAS;
  frame.stackSize -= 2;
  frame.pc++;
}

/** BALANCE. */
export function balance(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const account = access(machine, frame, toAddress(frame.stack, top), 0);
  if (account !== undefined) fromBigint(frame.stack, top, account.balance);
}

/** EXTCODESIZE: of a delegation, that of the designator (EIP-7702). */
export function extcodesize(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const account = access(machine, frame, toAddress(frame.stack, top), 0);
  if (account !== undefined) setLimb(frame.stack, top, account.codeLength);
}

/** EXTCODEHASH: 0 for an empty account (EIP-1052). */
export function extcodehash(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const account = access(machine, frame, toAddress(frame.stack, top), 0);
  if (account === undefined) return;
  if (isEmptyEntry(account)) setLimb(frame.stack, top, 0);
  else fromHex(frame.stack, top, account.codeHash);
}

/** EXTCODECOPY. */
export function extcodecopy(machine: Machine, frame: Frame): void {
  const top = 8 * frame.stackSize - 8;
  const { stack, memory } = frame;
  const destination = toOffset(stack, top - 8);
  const sourceOffset = toOffset(stack, top - 16);
  const length = toOffset(stack, top - 24);
  const gas = COPY_WORD_GAS * wordsOf(length) + expansionGas(memory, destination, length);
  const account = access(machine, frame, toAddress(stack, top), gas);
  if (account === undefined) return;
  frame.stackSize -= 4;
  expand(memory, destination, length);
  if (length === 0) return;
  let source = EMPTY_SLICE;
  if (account.codeLength > 0) {
    machine.recorder?.code(account.codeHash);
    const bytes = machine.overlay.code(account.codeHash);
    source = { bytes, tree: machine.recorder?.buffer(bytes), offset: 0 };
  }
  beginCopy(machine, frame, source, sourceOffset, destination, length);
}

/** The account an instruction reads, warm and paid for with `gas` besides, pc advanced; undefined if the step is over. */
function access(machine: Machine, frame: Frame, address: Address, gas: number): AccountEntry | undefined {
  const account = needAccount(machine, address);
  if (account === undefined) return undefined;
  const cost = accessGas(address, account) + gas;
  if (frame.gas < cost) {
    halt(machine, FRAME_ERROR.outOfGas);
    return undefined;
  }
  warmAccount(machine, address, account);
  frame.gas -= cost;
  frame.pc++;
  return account;
}

const SELFBALANCE_GAS = 5;

/** SELFBALANCE (EIP-1884). */
export function selfbalance(machine: Machine, frame: Frame): void {
  const account = presentAccount(machine, frame.context.self);
  if (frame.gas < SELFBALANCE_GAS) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas -= SELFBALANCE_GAS;
  fromBigint(frame.stack, 8 * frame.stackSize, account.balance);
  frame.stackSize++;
  frame.pc++;
}
