import { create2Address } from "../../../../src/ethereum/index.ts";
import { concatBytes } from "../../../../src/primitives/index.ts";
import type { Address } from "../../../../src/primitives/index.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { Account, Scenario } from "../frame-steps.ts";
import {
  ALL_GAS,
  MAIN,
  OTHER,
  REVERT_32,
  STRANGER,
  callWith,
  createWith,
  forEachOf,
  measured,
  precompile,
  running,
  store,
  toAddress,
  word,
} from "./program.ts";

const CREATIONS = ["CREATE", "CREATE2"] as const;

/** Where `MAIN` creates with CREATE2, as all scenarios do it. */
export const createdBy = (initcode: Uint8Array): Address => create2Address(MAIN, word(0), initcode);

/** Returns so many zeros as code. */
const returning = (size: number) => assemble(size, 0, "RETURN");

/** Slots 0 and 1: address, size of the return data. */
export const paidCreations = forEachOf(CREATIONS, (name) =>
  running(
    assemble(createWith(name, returning(3), 5), store(0), "RETURNDATASIZE", store(1)),
    {},
    { balance: 9n, nonce: 4n },
  ),
);

/** Slots 0 and 1: address and 7, size of the return data. */
export const revertedCreation = running(
  assemble(
    createWith("CREATE", assemble(1, 1, "SSTORE", 4, 0, "REVERT"), 5),
    7,
    "ADD",
    store(0),
    "RETURNDATASIZE",
    store(1),
  ),
  {},
  { balance: 9n, nonce: 4n },
);

/** Slots 0 to 2: address and 7, gas before and after; by what the address has. */
const atTaken = (account: Account) =>
  running(
    assemble("GAS", createWith("CREATE2", returning(1)), 7, "ADD", store(0), "GAS", store(2), store(1)),
    { [createdBy(returning(1))]: account },
    { nonce: 4n },
  );
export const takenAddresses = {
  nonce: atTaken({ nonce: 1n }),
  code: atTaken({ code: assemble("STOP") }),
  storage: atTaken({ balance: 1n, storage: { "0x01": "0x01" } }),
};

export const FUNDED = createdBy(returning(1));
export const fundedAddress = running(
  assemble(createWith("CREATE2", returning(1), 2), store(0)),
  { [FUNDED]: { balance: 1n } },
  { balance: 2n },
);

const createFor5 = assemble(createWith("CREATE", returning(1), 5), 7, "ADD", store(0));
export const unpaidCreation = running(createFor5, {}, { balance: 4n, nonce: 4n });
export const lastNonce = running(createFor5, {}, { balance: 9n, nonce: 2n ** 64n - 1n });

/** Slot 0: address of what is created with so much gas. */
const created = (initcode: Uint8Array, gas: bigint = ALL_GAS) =>
  running(assemble(callWith("DELEGATECALL", OTHER, { gas }), "POP"), {
    [OTHER]: { code: assemble(createWith("CREATE", initcode), store(0)) },
  });
export const depositedCodes = {
  longest: created(returning(24_576)),
  empty: created(returning(0)),
  fromFe: created(assemble(0xfe, 0, "MSTORE8", 1, 0, "RETURN")),
};
export const refusedCodes = {
  tooLong: created(returning(24_577)),
  fromEf: created(assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN")),
};
export const unpaidCode = created(returning(1_000), 232_000n);

/** Slot 0: whether the call of the creation succeeds. */
export const initcodeLengths = CREATIONS.flatMap((name) =>
  (
    [
      [0, 1n],
      [49_152, 1n],
      [49_153, 0n],
    ] as const
  ).map(([length, result]) => ({
    name: `${name} ${length}`,
    result,
    scenario: running(assemble(callWith("CALL", OTHER), store(0)), {
      [OTHER]: { code: assemble(...(name === "CREATE2" ? [0] : []), length, 0, 0, name) },
    }),
  })),
);

/** Its code is the size of the calldata. */
export const REPORTING = assemble("CALLDATASIZE", 0, "MSTORE", 32, 0, "RETURN");
export const initcodeCalldata = running(assemble(createWith("CREATE2", REPORTING), "POP"));

/** Slot 0: address; the initcode jumps to a JUMPDEST that is a byte of a PUSH1, or to the one behind it that is not. */
const jumpingTo = (destination: number, ...code: readonly number[]) =>
  running(
    assemble(createWith("CREATE", concatBytes([assemble(destination, "JUMP"), Uint8Array.from(code)])), store(0)),
  );
export const jumpIntoPush = jumpingTo(4, 0x60, 0x5b);
export const jumpBehindPush = jumpingTo(5, 0x60, 0x5b, 0x5b);

export const creationTransaction: Scenario = { accounts: {}, to: undefined, data: returning(40), value: 3n };
export const revertedCreationTransaction: Scenario = { accounts: {}, to: undefined, data: REVERT_32 };
export const emptyCreationTransaction: Scenario = { accounts: {}, to: undefined };

/** Of SELFDESTRUCT: to `STRANGER`, to itself. */
const destroying = (heir: Address) => assemble(toAddress(heir), "SELFDESTRUCT");
const TO_STRANGER = destroying(STRANGER);
const TO_ITSELF = assemble("ADDRESS SELFDESTRUCT");
export const DESTROYED = { toStranger: createdBy(TO_STRANGER), toItself: createdBy(TO_ITSELF) };

const destroyedOld = (code: Uint8Array, balance: bigint) =>
  running(assemble(callWith("CALL", OTHER), store(0)), { [OTHER]: { code, balance } });
const destroyedFresh = (code: Uint8Array) =>
  running(assemble(createWith("CREATE2", code, 6), store(0)), {}, { balance: 9n });
export const destructions = {
  old: { toStranger: destroyedOld(TO_STRANGER, 6n), toItself: destroyedOld(TO_ITSELF, 6n) },
  fresh: { toStranger: destroyedFresh(TO_STRANGER), toItself: destroyedFresh(TO_ITSELF) },
  withoutBalance: destroyedOld(TO_STRANGER, 0n),
};

/** Slot 0: gas of the call of a contract that destroys itself. */
const inheriting = (heir: Address, balance: bigint, account?: Account, isWarm = false) =>
  running(
    assemble(...(isWarm ? [toAddress(heir), "BALANCE POP"] : []), measured(callWith("CALL", OTHER), "POP"), store(0)),
    { [OTHER]: { code: destroying(heir), balance }, ...(account === undefined ? {} : { [heir]: account }) },
  );
export const heirs = [
  { scenario: inheriting(STRANGER, 0n), gas: 5_000n + 2_600n },
  { scenario: inheriting(STRANGER, 1n), gas: 5_000n + 2_600n + 25_000n },
  { scenario: inheriting(STRANGER, 1n, { nonce: 1n }), gas: 5_000n + 2_600n },
  { scenario: inheriting(STRANGER, 1n, { nonce: 1n }, true), gas: 5_000n },
  { scenario: inheriting(precompile(3), 1n), gas: 5_000n + 25_000n },
];
