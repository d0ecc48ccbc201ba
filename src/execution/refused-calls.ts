import { FRAME_ERROR, MAX_NONCE } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";
import { addressToCreate, memoryWindow, wordToAddress } from "./observed-step.ts";
import type { ObservedStep } from "./observed-step.ts";
import type { ExecutionObserver, ObservedState } from "./observer.ts";

type CallStart = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0];
type CallKind = CallStart["kind"];

/** Frames deeper than this are not entered. */
const MAX_DEPTH = 1_024;
/** What the callee of a call with value gets on top. */
const STIPEND = 2_300n;

interface RefusedCall {
  readonly depth: number;
  readonly error: string;
  /** What the callee would have got, if the caller has so much gas once the instruction is over. */
  readonly gasGiven: (gasAfter: bigint) => bigint;
  readonly start: Omit<CallStart, "gas">;
}

/**
 * Also tells `observer` of calls and creations that are refused before a frame begins, as of frames that end at once
 * (go-ethereum does). `state` is the state while a step is told of.
 */
export function withRefusedCalls(observer: ExecutionObserver, state: ObservedState): ExecutionObserver {
  if (observer.onCallStart === undefined && observer.onCallEnd === undefined) return observer;
  // It does not see every call instruction, and need not know.
  if (observer.opcodes !== undefined) return observer;
  // Told of when the caller goes on without a frame between: otherwise the instruction has halted.
  let pending: RefusedCall | undefined;

  const settle = (step: ObservedStep): void => {
    if (pending === undefined || pending.depth !== step.depth) return;
    const { start, error, gasGiven } = pending;
    const gas = gasGiven(step.gas);
    observer.onCallStart?.({ ...start, gas });
    observer.onCallEnd?.({
      depth: start.depth,
      gasUsed: error === FRAME_ERROR.addressCollision ? gas : 0n,
      output: new Uint8Array(),
      error,
      createdAddress: undefined,
    });
  };

  return {
    ...observer,
    onStep: (step) => {
      settle(step);
      observer.onStep?.(step);
      pending = refusedCall(step, state);
    },
    onCallStart: (call) => {
      pending = undefined;
      observer.onCallStart?.(call);
    },
    onCallEnd: (end) => {
      pending = undefined;
      observer.onCallEnd?.(end);
    },
  };
}

function refusedCall(step: ObservedStep, state: ObservedState): RefusedCall | undefined {
  switch (step.opcodeName) {
    case "CALL":
    case "CALLCODE":
      return refusedMessageCall(step, state, step.opcodeName, step.stack.at(-3));
    case "DELEGATECALL":
    case "STATICCALL":
      return refusedMessageCall(step, state, step.opcodeName, undefined);
    case "CREATE":
    case "CREATE2":
      return refusedCreation(step, state, step.opcodeName);
    default:
      return undefined;
  }
}

function refusedMessageCall(
  step: ObservedStep,
  state: ObservedState,
  kind: CallKind,
  value = 0n,
): RefusedCall | undefined {
  const { depth, stack, address } = step;
  const [requested, target] = [stack.at(-1), stack.at(-2)];
  const window = kind === "CALL" || kind === "CALLCODE" ? -4 : -3;
  const [offset, length] = [stack.at(window), stack.at(window - 1)];
  const error =
    depth >= MAX_DEPTH
      ? FRAME_ERROR.tooDeep
      : balanceOf(state, address) < value
        ? FRAME_ERROR.insufficientBalance
        : undefined;
  if (error === undefined || requested === undefined || target === undefined) return undefined;
  if (offset === undefined || length === undefined) return undefined;
  const input = memoryWindow(step, offset, length);
  if (input === undefined) return undefined;
  const stipend = value === 0n ? 0n : STIPEND;
  return {
    depth,
    error,
    gasGiven: (gasAfter) => {
      const available = gasAfter - stipend;
      const most = available - available / 64n;
      return (requested < most ? requested : most) + stipend;
    },
    start: { depth: depth + 1, kind, from: address, to: wordToAddress(target), value, input },
  };
}

function refusedCreation(step: ObservedStep, state: ObservedState, kind: CallKind): RefusedCall | undefined {
  const { depth, stack, address, gas, gasCost } = step;
  const [value, offset, length] = [stack.at(-1), stack.at(-2), stack.at(-3)];
  if (value === undefined || offset === undefined || length === undefined) return undefined;
  const creator = state.getAccount(address);
  const error =
    depth >= MAX_DEPTH
      ? FRAME_ERROR.tooDeep
      : balanceOf(state, address) < value
        ? FRAME_ERROR.insufficientBalance
        : (creator?.nonce ?? 0n) >= MAX_NONCE
          ? FRAME_ERROR.nonceOverflow
          : isTaken(state, addressToCreate(step, state))
            ? FRAME_ERROR.addressCollision
            : undefined;
  const input = error && memoryWindow(step, offset, length);
  if (error === undefined || input === undefined) return undefined;
  const available = gas - gasCost;
  return {
    depth,
    error,
    gasGiven: () => available - available / 64n,
    start: { depth: depth + 1, kind, from: address, to: undefined, value, input },
  };
}

function balanceOf(state: ObservedState, address: Address): bigint {
  return state.getAccount(address)?.balance ?? 0n;
}

function isTaken(state: ObservedState, address: Address | undefined): boolean {
  const account = address && state.getAccount(address);
  return account !== undefined && (account.nonce !== 0n || account.code.length > 0);
}
