import { BLOCK_HASH_HISTORY_ADDRESS as HISTORY } from "../../../../src/ethereum/index.ts";
import { concatBytes } from "../../../../src/primitives/index.ts";
import { assemble } from "../../../machine/assemble.ts";
import { BLOCK_NUMBER } from "../frame-steps.ts";
import {
  ALL_GAS,
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
  word,
} from "./program.ts";

const readSlot = assemble(7, "SLOAD POP");
export const slotReadTwice = running(concatBytes([measured(readSlot), store(0), measured(readSlot), store(1)]));

/** Values of slot 7: before the transaction, and what it writes one after the other. */
export const slotWrites = (
  [
    [0, 1, 0, 1],
    [0, 1, 2, 0],
    [1, 0, 1],
    [1, 0, 2, 0],
    [1, 2, 1],
    [1, 2, 0, 1],
    [1, 1, 1],
    [0, 0, 3],
  ] as const
).map(([original, ...values]) => ({
  values,
  scenario: running(
    concatBytes(values.map((value) => assemble(value, 7, "SSTORE"))),
    {},
    { storage: original === 0 ? {} : { "0x07": word(original) } },
  ),
}));

/** Slot 0: 1 if the write halts, 2 if not. */
const writeWith = (gas: number) =>
  running(assemble(callWith("CALL", OTHER, { gas }), 1, "ADD", store(0)), {
    [OTHER]: { code: assemble(0, 0, "SSTORE") },
  });
export const writeWith2300 = writeWith(4 + 2_300);
export const writeWith2301 = writeWith(4 + 2_301);

const writeTransient = assemble(9, 3, "TSTORE");
const readTransient = assemble(callWith("DELEGATECALL", OTHER), "POP", 3, "TLOAD", store(0));
export const transientKept = running(readTransient, { [OTHER]: { code: writeTransient } });
export const transientReverted = running(readTransient, {
  [OTHER]: { code: concatBytes([writeTransient, REVERT_32]) },
});

const touch = assemble(toAddress(STRANGER), "BALANCE POP");
const touchAgain = assemble(callWith("CALL", OTHER), "POP", measured(touch), store(0));
export const warmthReverted = running(touchAgain, { [OTHER]: { code: concatBytes([touch, REVERT_32]) } });
export const warmthKept = running(touchAgain, { [OTHER]: { code: touch } });

export const warmPrecompile = running(assemble(measured(toAddress(precompile(0x100)), "BALANCE POP"), store(0)));

/** That of `OTHER` in `codesAndBalances`. */
export const OTHER_CODE = assemble(1, 2, 3);
/** Slots 0 to 2: code hashes of `OTHER`, `STRANGER`, `THIRD`; 3 to 5: their lengths; 6, 7: balances of `MAIN` and `STRANGER`. */
export const codesAndBalances = running(
  concatBytes([
    ...[OTHER, STRANGER, THIRD].map((address, index) =>
      assemble(toAddress(address), "EXTCODEHASH", store(index), toAddress(address), "EXTCODESIZE", store(index + 3)),
    ),
    assemble("SELFBALANCE", store(6), toAddress(STRANGER), "BALANCE", store(7)),
  ]),
  { [OTHER]: { code: OTHER_CODE }, [STRANGER]: { balance: 5n } },
  { balance: 11n },
);

const asked = [BLOCK_NUMBER, BLOCK_NUMBER - 1, BLOCK_NUMBER - 256, BLOCK_NUMBER - 257];
/** Of this block, the one before, and those 256 and 257 before, each block's hash being its number and 5,000; of none. */
export const blockHashes = running(
  concatBytes([...asked, ALL_GAS].map((number, index) => assemble(number, "BLOCKHASH", store(index)))),
  {
    [HISTORY]: {
      nonce: 1n,
      storage: Object.fromEntries(asked.map((number) => [word(number % 8_191), word(number + 5_000)])),
    },
  },
);

export const emptyStack = forEachOf(
  ["SLOAD", "SSTORE", "TLOAD", "TSTORE", "BALANCE", "EXTCODESIZE", "EXTCODEHASH", "BLOCKHASH"],
  (name) => running(assemble(name)),
);

export const fullStack = running(
  concatBytes([...Array.from({ length: 1_024 }, () => assemble(0)), assemble("SELFBALANCE")]),
);

/** Slot 0: whether the call succeeds. */
const calledWith = (gas: number, code: Uint8Array) =>
  running(assemble(callWith("CALL", OTHER, { gas }), store(0)), { [OTHER]: { code }, [HISTORY]: { nonce: 1n } });
export const tooLittleGas = {
  SLOAD: calledWith(100, assemble(0x1234, "SLOAD")),
  TLOAD: calledWith(101, assemble(0x1234, "TLOAD")),
  BALANCE: calledWith(2_599, assemble(0x1234, "BALANCE")),
  BLOCKHASH: calledWith(21, assemble(0x1234, "BLOCKHASH")),
  SELFBALANCE: calledWith(4, assemble("SELFBALANCE")),
  TSTORE: calledWith(103, assemble(0, 0, "TSTORE")),
};
