import { concatBytes, hexToBytes } from "../../../../src/primitives/index.ts";
import type { Address } from "../../../../src/primitives/index.ts";
import { assemble } from "../../../machine/assemble.ts";
import { SENDER } from "../frame-steps.ts";
import type { Scenario } from "../frame-steps.ts";
import {
  ALL_GAS,
  MAIN,
  OTHER,
  REVERT_32,
  STRANGER,
  THIRD,
  callWith,
  forEachOf,
  measured,
  precompile,
  running,
  store,
  toAddress,
} from "./program.ts";

/** Slots 0 to 2: address, caller and value that the called code sees. */
export const contexts = forEachOf(["CALL", "CALLCODE", "DELEGATECALL"], (name) =>
  running(
    assemble(
      callWith(name, OTHER, { value: 3, out: [0, 96] }),
      "POP",
      ...[0, 32, 64].flatMap((offset, slot) => [assemble(offset, "MLOAD"), store(slot)]),
    ),
    {
      [OTHER]: {
        code: assemble("ADDRESS", 0, "MSTORE CALLER", 32, "MSTORE CALLVALUE", 64, "MSTORE", 96, 0, "RETURN"),
      },
    },
    { balance: 10n },
  ),
);

/** Slots 0 and 1: gas before the call with what is left, and within it. */
export const forwardedGas = running(
  assemble("GAS", 32, 0, 0, 0, toAddress(OTHER), "DUP6 STATICCALL POP", store(0), 0, "MLOAD", store(1)),
  { [OTHER]: { code: assemble("GAS", 0, "MSTORE", 32, 0, "RETURN") } },
);

/** Slots 0 and 1: gas of the call, and size of the return data, of which a call before it has left some. */
export const unpaidValue = running(
  assemble(
    callWith("STATICCALL", THIRD),
    "POP",
    measured(callWith("CALL", OTHER, { gas: 0, value: 1 }), "POP"),
    store(0),
    "RETURNDATASIZE",
    store(1),
  ),
  { [OTHER]: { code: assemble("STOP") }, [THIRD]: { code: REVERT_32 } },
);

const pay = (value: number) => assemble(callWith("CALL", STRANGER, { gas: 0, value }), "POP");
/** Slots 0 to 2: gas of paying 1, 1 and 0 wei to nobody yet. */
export const newAccount = running(
  assemble(measured(pay(1)), store(0), measured(pay(1)), store(1), measured(pay(0)), store(2)),
  {},
  { balance: 10n },
);

const payItself = assemble(callWith("CALL", MAIN, { value: 4 }), store(0));
const unlessFromItself = (end: number) => assemble("CALLER", toAddress(MAIN), "EQ", end, "JUMPI");
export const paymentToItself = running(
  concatBytes([unlessFromItself(unlessFromItself(1).length + payItself.length), payItself, assemble("JUMPDEST")]),
  {},
  { balance: 10n },
);

/** Slot 0: 7, and 1 more if the code that is called by a call of a static call succeeds. */
const belowStatic = (code: Uint8Array) =>
  running(assemble(callWith("STATICCALL", OTHER, { out: [0, 32] }), "POP", 0, "MLOAD", store(0)), {
    [OTHER]: { code: assemble(callWith("CALL", THIRD), 7, "ADD", 0, "MSTORE", 32, 0, "RETURN") },
    [THIRD]: { code, balance: 9n },
  });
export const forbiddenBelowStatic = {
  SSTORE: belowStatic(assemble(1, 1, "SSTORE")),
  TSTORE: belowStatic(assemble(1, 1, "TSTORE")),
  CREATE: belowStatic(assemble(0, 0, 0, "CREATE")),
  CREATE2: belowStatic(assemble(0, 0, 0, 0, "CREATE2")),
  SELFDESTRUCT: belowStatic(assemble(0, "SELFDESTRUCT")),
  "CALL with value": belowStatic(callWith("CALL", STRANGER, { value: 1 })),
};
export const allowedBelowStatic = {
  CALL: belowStatic(callWith("CALL", STRANGER)),
  "CALLCODE with value": belowStatic(callWith("CALLCODE", STRANGER, { value: 1 })),
};

/** Slots 0 to 2: result, size of the return data, and the word whose first 16 bytes are the window. */
const ending = (code: Uint8Array) =>
  running(
    assemble(
      callWith("CALL", OTHER, { gas: 50_000, out: [0, 16] }),
      store(0),
      "RETURNDATASIZE",
      store(1),
      0,
      "MLOAD",
      store(2),
    ),
    { [OTHER]: { code } },
  );
export const ends = {
  return32: ending(assemble(ALL_GAS, 0, "MSTORE", 32, 0, "RETURN")),
  revert32: ending(assemble(ALL_GAS, 0, "MSTORE", 32, 0, "REVERT")),
  return8: ending(assemble(ALL_GAS, 0, "MSTORE", 8, 0, "RETURN")),
  halt: ending(assemble("INVALID")),
  stop: ending(assemble("STOP")),
};

/** Slot 0: whether a call with such a window, for its output and for its input, succeeds. */
export const windows = (
  [
    { offset: 2n ** 32n, length: 1n, result: 0n },
    { offset: 0n, length: 2n ** 32n, result: 0n },
    { offset: ALL_GAS, length: 1n, result: 0n },
    { offset: 2n ** 32n - 1n, length: 2n, result: 0n },
    { offset: ALL_GAS, length: 0n, result: 1n },
    { offset: 2n ** 200n, length: 0n, result: 1n },
  ] as const
).map(({ offset, length, result }) => {
  const calling = (code: Uint8Array) =>
    running(assemble(callWith("CALL", OTHER, { gas: 100_000 }), store(0)), { [OTHER]: { code } });
  const output = calling(assemble(length, offset, 0, 0, toAddress(STRANGER), 0, "STATICCALL"));
  const input = calling(assemble(0, 0, length, offset, toAddress(STRANGER), 0, "STATICCALL"));
  return { result, scenarios: [output, input] };
});

export const callOfContract = running(callWith("STATICCALL", OTHER, { gas: 1_000 }), {
  [OTHER]: { code: assemble("STOP") },
});

export const deepRecursion: Scenario = {
  ...running(assemble(callWith("CALL", MAIN), store(0))),
  gasLimit: 300_000n,
};

const NAMES = ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"] as const;
export const emptyStack = forEachOf(NAMES, (name) => running(assemble(name)));
/** Slot 0: whether the call of the code with the instruction succeeds. */
export const tooLittleGas = forEachOf(NAMES, (name) =>
  running(assemble(callWith("CALL", OTHER, { gas: 600 }), store(0)), {
    [OTHER]: { code: assemble(0, 0, 0, 0, 0, toAddress(STRANGER), 0, name) },
  }),
);

/** EIP-7702. */
const designator = (target: Address) => concatBytes([hexToBytes("0xef0100"), hexToBytes(target)]);

export const delegatedSender: Scenario = {
  accounts: { [OTHER]: { code: assemble("ADDRESS", store(1)) } },
  to: SENDER,
  delegateTo: OTHER,
};

const callDelegated = assemble(callWith("CALL", OTHER, { gas: 0 }), "POP");
/** Slots 0 and 1: gas of the first and the second call. */
export const delegateCalledTwice = running(
  assemble(measured(callDelegated), store(0), measured(callDelegated), store(1)),
  { [OTHER]: { code: designator(THIRD) }, [THIRD]: { code: assemble("STOP") } },
);

/** Slots 0 to 2: result of a call, size of its return data, size of the code. */
export const delegations = [
  { target: OTHER, result: 0n },
  { target: THIRD, result: 0n },
  { target: precompile(2), result: 1n },
  { target: STRANGER, result: 1n },
].map(({ target, result }) => ({
  target,
  result,
  scenario: running(
    assemble(
      callWith("CALL", OTHER, { gas: 30_000, out: [0, 32] }),
      store(0),
      "RETURNDATASIZE",
      store(1),
      toAddress(OTHER),
      "EXTCODESIZE",
      store(2),
    ),
    { [OTHER]: { code: designator(target) }, [THIRD]: { code: designator(MAIN) } },
  ),
}));
