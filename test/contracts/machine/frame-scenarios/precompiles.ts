import { assemble } from "../../../machine/assemble.ts";
import type { Scenario } from "../frame-steps.ts";
import { ALL_GAS, callWith, precompile, running, store } from "./program.ts";

interface PrecompileCall {
  readonly scenario: Scenario;
  /** Slots 0 and 1: result and size of the output. */
  readonly results: readonly [result: bigint, size: bigint];
}

const callPrecompile = (number: number, length: number, gas: bigint = ALL_GAS) =>
  assemble(
    callWith("CALL", precompile(number), { gas, input: [0, length], out: [0, 32] }),
    store(0),
    "RETURNDATASIZE",
    store(1),
  );

/** A call with so many zeros. */
const call = (number: number, length: number, results: PrecompileCall["results"], gas?: bigint): PrecompileCall => ({
  scenario: running(callPrecompile(number, length, gas)),
  results,
});

export const eachPrecompile = [
  call(0x01, 128, [1n, 0n]),
  call(0x02, 40, [1n, 32n]),
  call(0x03, 40, [1n, 32n]),
  call(0x05, 96, [1n, 0n]),
  call(0x06, 128, [1n, 64n]),
  call(0x07, 96, [1n, 64n]),
  call(0x08, 0, [1n, 32n]),
  call(0x08, 1, [0n, 0n]),
  call(0x09, 213, [1n, 64n]),
  call(0x09, 212, [0n, 0n]),
  call(0x0a, 192, [0n, 0n], 60_000n),
  call(0x0b, 256, [1n, 128n]),
  call(0x0c, 320, [1n, 128n]),
  call(0x0d, 512, [1n, 256n]),
  call(0x0e, 288, [1n, 256n]),
  call(0x0f, 384, [1n, 32n]),
  call(0x10, 64, [1n, 128n]),
  call(0x11, 128, [1n, 256n]),
  call(0x100, 160, [1n, 0n]),
  call(0x02, 40, [0n, 0n], 83n),
  call(0x02, 40, [1n, 32n], 84n),
];

export const inputLengths = [
  call(0x02, 65_536, [1n, 32n]),
  call(0x02, 65_537, [0n, 0n], 100_000n),
  call(0x04, 100_000, [1n, 100_000n]),
  call(0x04, 0, [1n, 0n]),
  call(0x04, 100, [0n, 0n], 20n),
];

export const modexpLengths = [
  ...[3_167, 3_168, 3_169, 65_536].map((length) => call(0x05, length, [1n, 0n])),
  call(0x05, 65_537, [0n, 0n], 100_000n),
];

/** BLAKE2F, which takes a gas a round. */
const blake = (rounds: number, results: PrecompileCall["results"]): PrecompileCall => ({
  scenario: running(assemble(BigInt(rounds) << 224n, 0, "MSTORE", callPrecompile(0x09, 213, 9_000_000n))),
  results,
});
export const mostGas = [blake(7_500_000, [1n, 64n]), blake(7_500_001, [0n, 0n])];

/** Slot 0: result. `balance` is the precompile's afterwards, of the 9 wei that `MAIN` has. */
export const paidCalls = (
  [
    [0x02, 1n, 4n],
    [0x08, 0n, 0n],
  ] as const
).map(([number, result, balance]) => ({
  number,
  result,
  balance,
  scenario: running(
    assemble(callWith("CALL", precompile(number), { gas: 3_000, value: 4 }), store(0)),
    {},
    { balance: 9n },
  ),
}));

export const transactionToPrecompile: Scenario = {
  accounts: {},
  to: precompile(2),
  data: new Uint8Array(70),
  value: 1n,
};
