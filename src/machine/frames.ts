import { FRAME_ERROR, MAX_CODE_SIZE, isTooDear, isTooLong, runPrecompile } from "../ethereum/index.ts";
import { keccak256 } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { codeOf, codeOfSlice } from "./code.ts";
import { beginCopy } from "./copy.ts";
import { EXIT_SUCCESS, FRAME_KIND, exitWith } from "./frame.ts";
import type { Exit } from "./frame.ts";
import { CODE_DEPOSIT_GAS } from "./gas.ts";
import { execute } from "./interpreter.ts";
import type { ExitStatus, Frame, Machine, TransactionContext } from "./machine.ts";
import { copyIn, expand, sliceOf, tellSlice } from "./memory.ts";
import { isEmptyEntry } from "./overlay.ts";
import { Phase } from "./phase.ts";
import { precompileAt, runsPrecompile } from "./precompiles.ts";
import { EMPTY_SLICE } from "./slice.ts";
import type { Slice } from "./slice.ts";
import { codeFields, modifyAccount, presentAccount, restoreJournal } from "./state-access.ts";
import { fromHex, setLimb } from "./word.ts";

// Entering and leaving frames (docs/machine.md §9). Nothing here recurses: the caller of a frame is its context's `parent`.

export { FRAME_KIND, beginFrame } from "./frame.ts";

const IDENTITY: Address = "0x0000000000000000000000000000000000000004";
const RESERVED_FIRST_BYTE = 0xef;

const EXIT_CREATED: Exit = { kind: "exit", status: 3, output: EMPTY_SLICE, reason: undefined };

function isCreationKind(kind: number): boolean {
  return kind === FRAME_KIND.create || kind === FRAME_KIND.create2;
}

function exitFailed(machine: Machine, reason: string): void {
  exitWith(machine, { kind: "exit", status: 0, output: EMPTY_SLICE, reason });
}

// ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `EnterFrame`: moves the value and finds out what is to run. */
export function stepEnterFrame(machine: Machine): void {
  const frame = machine.frame as Frame;
  const { kind, self, caller, value, codeAddress, isDelegated, input } = frame.context;
  if (isCreationKind(kind)) {
    if (value !== 0n) addBalance(machine, caller, -value);
    const { balance } = accountToModify(machine, self);
    modifyAccount(machine, self, { nonce: 1n, balance: balance + value, isCreated: true, isDirty: true });
    if (input.bytes.length === 0) {
      exitWith(machine, EXIT_SUCCESS);
    } else {
      frame.code = codeOfSlice(input);
      machine.phase = Phase.EnterCode;
    }
    return;
  }
  if (kind === FRAME_KIND.call) {
    if (value !== 0n) addBalance(machine, caller, -value);
    // A transfer of nothing makes an account dirty, which shows only in one that is empty (EIP-161).
    if (machine.isProving || value !== 0n || isEmptyEntry(accountToModify(machine, self)))
      addBalance(machine, self, value);
  }
  if (!isDelegated && runsPrecompile(machine, codeAddress)) machine.phase = Phase.Precompile;
  else if (presentAccount(machine, codeAddress).codeLength === 0) exitWith(machine, EXIT_SUCCESS);
  else machine.phase = Phase.EnterCode;
}

/** `EnterCode`: the frame gets its code. */
export function stepEnterCode(machine: Machine): void {
  const frame = machine.frame as Frame;
  const { kind, codeAddress, input } = frame.context;
  const { recorder } = machine;
  if (isCreationKind(kind)) {
    if (recorder !== undefined) tellSlice(recorder, input, 0, input.bytes.length);
  } else {
    const { codeHash } = presentAccount(machine, codeAddress);
    recorder?.code(codeHash);
    frame.code = codeOf(machine.overlay.code(codeHash));
  }
  machine.phase = Phase.Execute;
}

/** `Precompile`: the frame is a precompile. */
export function stepPrecompile(machine: Machine): void {
  const frame = machine.frame as Frame;
  const { codeAddress, input } = frame.context;
  const { recorder } = machine;
  const isIdentity = codeAddress === IDENTITY && machine.precompiles === undefined;
  if (isIdentity && !machine.isProving) return runIdentity(machine, frame);
  const precompile = precompileAt(codeAddress, machine.precompiles);
  if (recorder !== undefined && !isIdentity && !isTooLong(precompile, input.bytes)) {
    tellSlice(recorder, input, 0, precompile.significantLength ?? input.bytes.length);
  }
  const result = runPrecompile(precompile, input.bytes, frame.gas);
  if ("failure" in result) {
    exitFailed(machine, result.failure === "out of gas" ? FRAME_ERROR.outOfGas : result.failure);
    return;
  }
  frame.gas -= result.gas;
  const { output: bytes } = result;
  let output: Slice = EMPTY_SLICE;
  // The output of identity is the input where it lies; its bytes are copied, because the caller may write over them.
  if (bytes.length > 0) {
    output = isIdentity ? { ...input, bytes } : { bytes, tree: recorder?.buffer(bytes), offset: 0 };
  }
  exitWith(machine, { kind: "exit", status: 1, output, reason: undefined });
}

/** Identity in fast mode. Its output lies where a contract's would, in the memory of the frame, which is used again. */
function runIdentity(machine: Machine, frame: Frame): void {
  const { bytes } = frame.context.input;
  const identity = precompileAt(IDENTITY);
  const gas = identity.gas(bytes);
  if (gas > frame.gas || isTooDear(identity, gas)) return exitFailed(machine, FRAME_ERROR.outOfGas);
  frame.gas -= gas;
  expand(frame.memory, 0, bytes.length);
  copyIn(frame.memory, 0, bytes, 0, bytes.length);
  exitWith(machine, { kind: "exit", status: 1, output: sliceOf(frame.memory, 0, bytes.length), reason: undefined });
}

/** `DepositCode`: what a creation has returned becomes the code of the new account. */
export function stepDepositCode(machine: Machine): void {
  const frame = machine.frame as Frame;
  const { self } = frame.context;
  const { bytes } = exitOf(machine).output;
  if (machine.recorder !== undefined && bytes.length <= MAX_CODE_SIZE) {
    tellSlice(machine.recorder, exitOf(machine).output, 0, bytes.length);
  }
  const gas = CODE_DEPOSIT_GAS * bytes.length;
  if (bytes.length > MAX_CODE_SIZE) return exitFailed(machine, FRAME_ERROR.codeTooLong);
  if (bytes[0] === RESERVED_FIRST_BYTE) return exitFailed(machine, FRAME_ERROR.reservedCode);
  if (frame.gas < gas) return exitFailed(machine, FRAME_ERROR.codeDepositOutOfGas);
  frame.gas -= gas;
  const code = bytes.slice();
  modifyAccount(machine, self, { ...codeFields(machine, keccak256(code), code), isDirty: true });
  exitWith(machine, EXIT_CREATED);
}

/** `ExitFrame`: the frame is over, and its caller goes on. */
export function stepExitFrame(machine: Machine): void {
  const frame = machine.frame as Frame;
  const { kind, self, parent, savedJournal, outOffset, outLength } = frame.context;
  const exit = exitOf(machine);
  const { status, output } = exit;
  const isCreation = isCreationKind(kind);
  if (isCreation && status === 1) {
    machine.phase = Phase.DepositCode;
    return;
  }
  if (status === 0 || status === 2) restoreJournal(machine, savedJournal);
  const gas = status === 0 ? 0 : frame.gas;
  machine.pending = undefined;
  if (parent === undefined) {
    const transaction = machine.transaction as TransactionContext;
    transaction.gas = gas;
    transaction.status = isSuccess(status) ? 1 : 0;
    machine.exit = exit;
    machine.frame = undefined;
    machine.phase = Phase.Settle;
    return;
  }
  machine.frame = parent;
  machine.phase = Phase.Execute;
  parent.gas += gas;
  const top = 8 * parent.stackSize;
  if (isCreation && status === 3) fromHex(parent.stack, top, self);
  else setLimb(parent.stack, top, !isCreation && status === 1 ? 1 : 0);
  parent.stackSize++;
  if (isCreation) {
    parent.returndata = status === 2 ? output : EMPTY_SLICE;
    return;
  }
  parent.returndata = output;
  const length = Math.min(outLength, output.bytes.length);
  if (length > 0) beginCopy(machine, parent, output, 0, outOffset, length);
}

function isSuccess(status: ExitStatus): boolean {
  return status === 1 || status === 3;
}

function exitOf({ pending }: Machine): Exit {
  if (pending?.kind !== "exit")
    throw new Error(`expected a frame's exit to be pending, not ${pending?.kind ?? "nothing"}`);
  return pending;
}

/** The account as it is, for a modify that follows, which is all the step opens of it. */
function accountToModify(machine: Machine, address: Address) {
  const entry = machine.overlay.account(address);
  if (entry === undefined) throw new Error(`expected ${address} in the overlay`);
  return entry;
}

function addBalance(machine: Machine, address: Address, amount: bigint): void {
  const { balance } = accountToModify(machine, address);
  modifyAccount(machine, address, { balance: balance + amount, isDirty: true });
}

// ── Driver ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Runs a machine in fast mode from the `EnterFrame` of the outermost frame to `Settle`. */
export function runFrames(machine: Machine): void {
  while (machine.phase !== Phase.Settle) {
    if (machine.phase === Phase.Execute) execute(machine, Infinity);
    else stepBetweenInstructions(machine);
  }
}

/** Takes the step of a phase in which a machine in fast mode makes, enters or leaves a frame. */
export function stepBetweenInstructions(machine: Machine): void {
  switch (machine.phase) {
    case Phase.EnterFrame:
      return stepEnterFrame(machine);
    case Phase.EnterCode:
      return stepEnterCode(machine);
    case Phase.ExitFrame:
      return stepExitFrame(machine);
    case Phase.Precompile:
      return stepPrecompile(machine);
    case Phase.DepositCode:
      return stepDepositCode(machine);
    default:
      throw new Error(`a machine in fast mode does not run frames in phase ${machine.phase}`);
  }
}
