import { FRAME_ERROR } from "../ethereum/index.ts";
import { FRAME_KIND, stepBetweenInstructions, execute, isEmptyEntry, Phase, toAddress } from "../machine/index.ts";
import type { Frame, Machine, AccountEntry } from "../machine/index.ts";
import { bigintToBytes32, bytesToHex } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { observedState } from "./block-state.ts";
import type { BlockState } from "./block-state.ts";
import type { ExecutionObserver, ObservedState } from "./observer.ts";
import { withRefusedCalls } from "./refused-calls.ts";

type CallKind = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0]["kind"];

const KINDS: Readonly<Record<number, CallKind>> = {
  [FRAME_KIND.create]: "CREATE",
  [FRAME_KIND.call]: "CALL",
  [FRAME_KIND.callcode]: "CALLCODE",
  [FRAME_KIND.delegatecall]: "DELEGATECALL",
  [FRAME_KIND.create2]: "CREATE2",
  [FRAME_KIND.staticcall]: "STATICCALL",
};

/** A machine that is being observed. */
export interface Observation {
  /** The state as an observer sees it. */
  readonly state: ObservedState;
  /** As `runFrames`, and tells the observer of every instruction and call. */
  runFrames(): void;
}

/** Lets an observer see a transaction that a machine is about to run on a block's state. */
export function observeMachine(machine: Machine, blockState: BlockState, observer: ExecutionObserver): Observation {
  const { overlay } = machine;
  const before = observedState(blockState);
  // An instruction is told of when it has run, for only then its gas is known, but the state it shows is that of before.
  let mark: number | undefined;
  const state: ObservedState = {
    getAccount: (address: Address) => {
      const entry = mark === undefined ? overlay.account(address) : overlay.accountAt(mark, address);
      if (entry === undefined) return before.getAccount(address);
      const { nonce, balance } = entry;
      return isEmptyEntry(entry) ? undefined : { nonce, balance, code: codeOf(machine, entry) };
    },
    getStorageAt: (address: Address, slot: Hash) => {
      const entry = mark === undefined ? overlay.slot(address, slot) : overlay.slotAt(mark, address, slot);
      return entry === undefined ? before.getStorageAt(address, slot) : bytesToHex(bigintToBytes32(entry.current));
    },
  };

  const watching = withRefusedCalls(observer, state);
  const onStep: ExecutionObserver["onStep"] = (step) => {
    watching.onStep?.(step);
    mark = overlay.mark();
  };
  const { opcodes } = watching;
  const watch = watching.onStep === undefined ? undefined : { onStep, ...(opcodes && { opcodes }) };

  const execution = (): void => {
    mark = overlay.mark();
    execute(machine, Infinity, watch);
    mark = undefined;
  };
  return { state, runFrames: () => runObservedFrames(machine, watching, execution) };
}

function runObservedFrames(machine: Machine, observer: ExecutionObserver, runInstructions: () => void): void {
  const startGas: number[] = [];
  while (machine.phase !== Phase.Settle) {
    if (machine.phase === Phase.Execute) {
      runInstructions();
      continue;
    }
    const { phase, pending } = machine;
    const frame = machine.frame as Frame;
    if (phase === Phase.EnterFrame) {
      startGas.push(frame.gas);
      tellStart(frame, observer);
    }
    stepBetweenInstructions(machine);
    if (phase !== Phase.ExitFrame || machine.frame === frame || pending?.kind !== "exit") continue;
    const { status, output, reason } = pending;
    const { depth, self, kind } = frame.context;
    const isCreation = kind === FRAME_KIND.create || kind === FRAME_KIND.create2;
    observer.onCallEnd?.({
      depth,
      gasUsed: BigInt((startGas.pop() as number) - (status === 0 ? 0 : frame.gas)),
      output: status === 3 ? codeOfAccount(machine, self) : output.bytes.slice(),
      error: status === 0 ? (reason ?? FRAME_ERROR.halted) : status === 2 ? FRAME_ERROR.reverted : undefined,
      createdAddress: isCreation ? self : undefined,
    });
  }
}

/** The code of an account in the overlay of a transaction. */
export function codeOfAccount(machine: Machine, address: Address): Uint8Array {
  const entry = machine.overlay.account(address);
  return entry === undefined ? NO_BYTES : codeOf(machine, entry);
}

function codeOf({ overlay }: Machine, { codeLength, codeHash }: AccountEntry): Uint8Array {
  return codeLength === 0 ? NO_BYTES : overlay.code(codeHash);
}

const NO_BYTES = new Uint8Array();

function tellStart(frame: Frame, observer: ExecutionObserver): void {
  const { depth, kind, self, caller, value, input } = frame.context;
  observer.onCallStart?.({
    depth,
    kind: KINDS[kind] as CallKind,
    // The caller of delegated code is whoever delegates; the frame has his own caller.
    from: kind === FRAME_KIND.delegatecall ? self : caller,
    to: kind === FRAME_KIND.create || kind === FRAME_KIND.create2 ? undefined : targetOf(frame),
    value,
    gas: BigInt(frame.gas),
    input: input.bytes.slice(),
  });
}

/** Whom a call names: not whose code an EIP-7702 delegation makes it run. */
function targetOf({ context }: Frame): Address {
  const { kind, parent, self, codeAddress, isDelegated } = context;
  if (kind === FRAME_KIND.call || kind === FRAME_KIND.staticcall) return self;
  if (!isDelegated || parent === undefined) return codeAddress;
  // The caller's stack still holds, above its end, what the instruction has taken: gas and then the target on top.
  const taken = kind === FRAME_KIND.callcode ? 7 : 6;
  return toAddress(parent.stack, 8 * (parent.stackSize + taken - 2));
}
