import { FRAME_ERROR, invalidOpcodeError } from "../../ethereum/index.ts";
import type { Address } from "../../primitives/index.ts";
import { accessGas, isPrecompile, isWarm } from "../access.ts";
import { EXIT_SUCCESS, FRAME_KIND, beginFrame, exitWith } from "../frame.ts";
import {
  CALL_STIPEND,
  CALL_VALUE_GAS,
  COLD_ACCOUNT_GAS,
  MAX_DEPTH,
  NEW_ACCOUNT_GAS,
  SELFDESTRUCT_GAS,
  WARM_GAS,
  expansionGas,
} from "../gas.ts";
import { halt } from "../halt.ts";
import type { Frame, Machine } from "../machine.ts";
import { expand, sliceOf } from "../memory.ts";
import { isEmptyEntry } from "../overlay.ts";
import type { AccountEntry } from "../overlay.ts";
import { EMPTY_SLICE } from "../slice.ts";
import { markJournal, modifyAccount, needAccount, presentAccount, warmAccount } from "../state-access.ts";
import { setLimb, toAddress, toBigint, toNumberBelow, toOffset } from "../word.ts";

/** CALL: gas, to, value, input offset and length, output offset and length. */
export function call(machine: Machine, frame: Frame): void {
  const value = toBigint(frame.stack, 8 * frame.stackSize - 24);
  if (frame.context.isStatic && value !== 0n) return halt(machine, FRAME_ERROR.writeProtection);
  enter(machine, frame, FRAME_KIND.call, value);
}

/** CALLCODE: as CALL. */
export function callcode(machine: Machine, frame: Frame): void {
  enter(machine, frame, FRAME_KIND.callcode, toBigint(frame.stack, 8 * frame.stackSize - 24));
}

/** DELEGATECALL: as CALL, without a value. */
export function delegatecall(machine: Machine, frame: Frame): void {
  enter(machine, frame, FRAME_KIND.delegatecall, 0n);
}

/** STATICCALL: as CALL, without a value. */
export function staticcall(machine: Machine, frame: Frame): void {
  enter(machine, frame, FRAME_KIND.staticcall, 0n);
}

type CallKind = 0xf1 | 0xf2 | 0xf4 | 0xfa;

/** `value` is what the instruction names, and is transferred by CALL. */
function enter(machine: Machine, frame: Frame, kind: CallKind, value: bigint): void {
  const { stack, memory, context } = frame;
  const top = 8 * frame.stackSize - 8;
  const namesValue = kind === FRAME_KIND.call || kind === FRAME_KIND.callcode;
  const target = toAddress(stack, top - 8);
  const account = needAccount(machine, target);
  if (account === undefined) return;
  const { delegation } = account;
  let delegate: AccountEntry | undefined;
  if (delegation !== undefined) {
    delegate = needAccount(machine, delegation);
    if (delegate === undefined) return;
  }
  const balance = value === 0n ? 0n : presentAccount(machine, context.self).balance;

  const window = top - (namesValue ? 24 : 16);
  const inOffset = toOffset(stack, window);
  const inLength = toOffset(stack, window - 8);
  const outOffset = toOffset(stack, window - 16);
  const outLength = toOffset(stack, window - 24);
  // Input and output windows: memory ends where the further one does.
  let gas = frame.gas - Math.max(expansionGas(memory, inOffset, inLength), expansionGas(memory, outOffset, outLength));
  gas -= accessGas(target, account);
  if (value !== 0n) {
    gas -= CALL_VALUE_GAS;
    if (kind === FRAME_KIND.call && isEmptyEntry(account)) gas -= NEW_ACCOUNT_GAS;
  }
  if (delegation !== undefined && delegate !== undefined) {
    gas -= delegation === target ? WARM_GAS : accessGas(delegation, delegate);
  }
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  const most = gas - Math.floor(gas / 64);
  const forwarded = toNumberBelow(stack, top, most) ?? most;
  const stipend = value === 0n ? 0 : CALL_STIPEND;

  warmAccount(machine, target, account);
  if (delegation !== undefined && delegate !== undefined && delegation !== target) {
    warmAccount(machine, delegation, delegate);
  }
  expand(memory, inOffset, inLength);
  expand(memory, outOffset, outLength);
  frame.stackSize = (window - 24) / 8;
  frame.pc++;
  frame.returndata = EMPTY_SLICE;

  if (context.depth >= MAX_DEPTH || balance < value) {
    frame.gas = gas + stipend;
    setLimb(stack, 8 * frame.stackSize, 0);
    frame.stackSize++;
    return;
  }
  frame.gas = gas - forwarded;
  const isDelegateCall = kind === FRAME_KIND.delegatecall;
  const keepsSelf = isDelegateCall || kind === FRAME_KIND.callcode;
  // A precompile that was moved here comes before the delegation, which is paid for all the same.
  const delegatedTo = machine.precompiles?.has(target) === true ? undefined : delegation;
  beginFrame(
    machine,
    {
      parent: frame,
      savedJournal: markJournal(machine),
      kind,
      isStatic: context.isStatic || kind === FRAME_KIND.staticcall,
      depth: context.depth + 1,
      self: keepsSelf ? context.self : target,
      caller: isDelegateCall ? context.caller : context.self,
      value: isDelegateCall ? context.value : value,
      codeAddress: delegatedTo ?? target,
      isDelegated: delegatedTo !== undefined,
      input: sliceOf(memory, inOffset, inLength),
      outOffset: outLength === 0 ? 0 : outOffset,
      outLength,
    },
    forwarded + stipend,
  );
}

/** RETURN. */
export function returnInstruction(machine: Machine, frame: Frame): void {
  exitWithMemory(machine, frame, 1, undefined);
}

/** REVERT (EIP-140). */
export function revertInstruction(machine: Machine, frame: Frame): void {
  exitWithMemory(machine, frame, 2, "execution reverted");
}

function exitWithMemory(machine: Machine, frame: Frame, status: 1 | 2, reason: string | undefined): void {
  const { stack, memory } = frame;
  const top = 8 * frame.stackSize - 8;
  const offset = toOffset(stack, top);
  const length = toOffset(stack, top - 8);
  const gas = frame.gas - expansionGas(memory, offset, length);
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas = gas;
  expand(memory, offset, length);
  exitWith(machine, { kind: "exit", status, output: sliceOf(memory, offset, length), reason });
}

/** STOP, and the end of the code. */
export function stop(machine: Machine): void {
  exitWith(machine, EXIT_SUCCESS);
}

/** INVALID (EIP-141). */
export function invalid(machine: Machine): void {
  halt(machine, invalidOpcodeError(0xfe, "INVALID"));
}

/** SELFDESTRUCT (EIP-6780). */
export function selfdestruct(machine: Machine, frame: Frame): void {
  const { self, isStatic } = frame.context;
  if (isStatic) return halt(machine, FRAME_ERROR.writeProtection);
  const beneficiary: Address = toAddress(frame.stack, 8 * frame.stackSize - 8);
  const account = needAccount(machine, beneficiary);
  if (account === undefined) return;
  const own = presentAccount(machine, self);
  const { balance, isCreated } = own;
  let gas = frame.gas - SELFDESTRUCT_GAS;
  if (!isWarm(beneficiary, account)) gas -= COLD_ACCOUNT_GAS;
  if (balance !== 0n && isEmptyEntry(account)) gas -= NEW_ACCOUNT_GAS;
  if (gas < 0) return halt(machine, FRAME_ERROR.outOfGas);
  frame.gas = gas;
  if (beneficiary === self) {
    modifyAccount(machine, self, { isDirty: true, ...(isCreated ? { balance: 0n, isDestroyed: true } : {}) });
  } else {
    const becomesWarm = !isPrecompile(beneficiary);
    modifyAccount(machine, beneficiary, {
      balance: account.balance + balance,
      isWarm: account.isWarm || becomesWarm,
      isDirty: true,
    });
    modifyAccount(machine, self, { balance: 0n, isDirty: true, ...(isCreated ? { isDestroyed: true } : {}) });
  }
  exitWith(machine, EXIT_SUCCESS);
}
