import { observedState } from "../chain/index.ts";
import type { BlockState, ExecutionObserver, ObservedState } from "../chain/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { bigintToBytes32, bytesToHex } from "../primitives/index.ts";
import { FRAME_KIND } from "./frame.ts";
import { stepDepositCode, stepEnterCode, stepEnterFrame, stepExitFrame, stepPrecompile } from "./frames.ts";
import { execute } from "./interpreter.ts";
import type { Frame, Machine } from "./machine.ts";
import { Phase } from "./phase.ts";
import { toAddress } from "./word.ts";

type CallKind = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0]["kind"];

const KINDS: Readonly<Record<number, CallKind>> = {
  [FRAME_KIND.create]: "CREATE",
  [FRAME_KIND.call]: "CALL",
  [FRAME_KIND.callcode]: "CALLCODE",
  [FRAME_KIND.delegatecall]: "DELEGATECALL",
  [FRAME_KIND.create2]: "CREATE2",
  [FRAME_KIND.staticcall]: "STATICCALL",
};

/** As `runFrames`, and tells an observer of every instruction and call. */
export function runObservedFrames(machine: Machine, observer: ExecutionObserver): void {
  const startGas: number[] = [];
  for (;;) {
    switch (machine.phase) {
      case Phase.Execute:
        execute(machine, Infinity, observer);
        break;
      case Phase.EnterFrame: {
        const frame = machine.frame as Frame;
        startGas.push(frame.gas);
        tellStart(frame, observer);
        stepEnterFrame(machine);
        break;
      }
      case Phase.EnterCode:
        stepEnterCode(machine);
        break;
      case Phase.ExitFrame: {
        const frame = machine.frame as Frame;
        const { pending } = machine;
        stepExitFrame(machine);
        if (machine.frame === frame || pending?.kind !== "exit") break;
        const { status, output, reason } = pending;
        const { depth, self, kind } = frame.context;
        const isCreation = kind === FRAME_KIND.create || kind === FRAME_KIND.create2;
        observer.onCallEnd?.({
          depth,
          gasUsed: BigInt((startGas.pop() as number) - (status === 0 ? 0 : frame.gas)),
          output: status === 3 ? codeOfAccount(machine, self) : output.bytes.slice(),
          error: status === 0 ? (reason ?? "exceptional halt") : status === 2 ? REVERT : undefined,
          createdAddress: isCreation ? self : undefined,
        });
        break;
      }
      case Phase.Precompile:
        stepPrecompile(machine);
        break;
      case Phase.DepositCode:
        stepDepositCode(machine);
        break;
      case Phase.Settle:
        return;
      default:
        throw new Error(`a machine in fast mode does not run frames in phase ${machine.phase}`);
    }
  }
}

/** What the error of a frame that reverted is called. */
export const REVERT = "revert";

/** The code that a creation of this transaction has given an account. */
export function codeOfAccount({ overlay }: Machine, address: Address): Uint8Array {
  const account = overlay.account(address);
  return account === undefined || account.codeLength === 0 ? NO_BYTES : overlay.code(account.codeHash);
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

/** What an observer sees of the state while a transaction runs on it. */
export function observedStateOf(machine: Machine, state: BlockState): ObservedState {
  const before = observedState(state);
  const { overlay } = machine;
  return {
    getAccount: (address: Address) => {
      const entry = overlay.account(address);
      if (entry === undefined) return before.getAccount(address);
      const { nonce, balance } = entry;
      const code = codeOfAccount(machine, address);
      const isAbsent = nonce === 0n && balance === 0n && code.length === 0;
      return isAbsent ? undefined : { nonce, balance, code };
    },
    getStorageAt: (address: Address, slot: Hash) => {
      const entry = overlay.slot(address, slot);
      return entry === undefined ? before.getStorageAt(address, slot) : bytesToHex(bigintToBytes32(entry.current));
    },
  };
}
