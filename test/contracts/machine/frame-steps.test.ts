import { expect } from "chai";
import { keccak256 as keccakOf } from "viem";
import { BLOCK_HASH_HISTORY_ADDRESS as HISTORY, create2Address } from "../../../src/ethereum/index.ts";
import { Phase } from "../../../src/machine/index.ts";
import { bigintToBytes32, bytesToHex, concatBytes, hexToBytes } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import { assemble } from "../../machine/assemble.ts";
import { BLOCK_NUMBER, SENDER, deployFrameVerifiers, runScenario } from "./frame-steps.ts";
import type { Account, FrameStep, FrameVerifiers, Outcome, Scenario } from "./frame-steps.ts";
import { alteredWitnesses } from "./transaction-steps.ts";

type Part = string | number | bigint | Uint8Array;

const addressOf = (byte: string): Address => `0x${byte.repeat(20)}`;
const MAIN = addressOf("aa");
const OTHER = addressOf("bb");
const THIRD = addressOf("cc");
const STRANGER = addressOf("dd");
const precompile = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;

const toAddress = (address: Address): Uint8Array => Uint8Array.of(0x73, ...hexToBytes(address));
const ALL_GAS = 2n ** 256n - 1n;
const word = (value: number | bigint): Hash => bytesToHex(bigintToBytes32(BigInt(value)));

interface CallOptions {
  readonly gas?: Part;
  readonly value?: number;
  readonly input?: readonly [offset: number, length: number];
  readonly out?: readonly [offset: number, length: number];
}

function callWith(name: "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL", to: Address, options: CallOptions = {}) {
  const { gas = ALL_GAS, value = 0, input = [0, 0], out = [0, 0] } = options;
  const hasValue = name === "CALL" || name === "CALLCODE";
  return assemble(out[1], out[0], input[1], input[0], ...(hasValue ? [value] : []), toAddress(to), gas, name);
}

/** Writes what is on top of the stack to a slot. */
const store = (slot: number) => assemble(slot, "SSTORE");

/** Leaves the gas of `parts`, and 2 for one of the two GAS, on the stack; they leave nothing on it. */
const measured = (...parts: readonly Part[]) => assemble("GAS", ...parts, "GAS SWAP1 SUB");

/** Puts initcode of at most 32 bytes into memory and creates with it. */
function createWith(name: "CREATE" | "CREATE2", initcode: Uint8Array, value = 0): Uint8Array {
  const toMemory = assemble(Uint8Array.of(0x5f + initcode.length, ...initcode), 0, "MSTORE");
  const salt = name === "CREATE2" ? [0] : [];
  return assemble(toMemory, ...salt, initcode.length, 32 - initcode.length, value, name);
}

const REVERT_32 = assemble(32, 0, "REVERT");

describe("steps of frames, calls, creations, storage and precompiles on L1", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  /** What all scenarios together have proven, each kind of step once. */
  const kinds = new Map<string, FrameStep>();
  const precompileSteps: FrameStep[] = [];
  before(async () => {
    verifiers = await deployFrameVerifiers();
  });

  /** Every step of the transaction must come to the same state on L1. */
  const run = async (scenario: Scenario): Promise<Outcome> => {
    const outcome = await runScenario(scenario);
    const results = await verifiers.take(outcome.steps);
    expect(results.length).to.equal(outcome.steps.length);
    outcome.steps.forEach((step, index) => {
      expect(results[index]?.data, kindOf(step)).to.equal(step.after);
      kinds.set(kindOf(step), step);
      if (step.phase === Phase.Precompile) precompileSteps.push(step);
    });
    return outcome;
  };
  const runMain = (code: Uint8Array, others: Readonly<Record<Address, Account>> = {}, main: Account = {}) =>
    run({ accounts: { [MAIN]: { ...main, code }, ...others }, to: MAIN });

  const has = ({ steps }: Outcome, phase: Phase, next: Phase) =>
    steps.some((step) => step.phase === phase && step.next === next);

  describe("storage", () => {
    it("a slot is cold once, and stays warm", async () => {
      const read = assemble(7, "SLOAD POP");
      const outcome = await runMain(concatBytes([measured(read), store(0), measured(read), store(1)]));
      expect(outcome.storage(MAIN, 0)).to.equal(2_100n + 3n + 2n + 2n);
      expect(outcome.storage(MAIN, 1)).to.equal(100n + 3n + 2n + 2n);
    });

    it("SSTORE costs and refunds by original, current and new value (EIP-2200, EIP-3529)", async () => {
      for (const [original, ...values] of [
        [0, 1, 0, 1],
        [0, 1, 2, 0],
        [1, 0, 1],
        [1, 0, 2, 0],
        [1, 2, 1],
        [1, 2, 0, 1],
        [1, 1, 1],
        [0, 0, 3],
      ] as const) {
        const writes = values.map((value) => assemble(value, 7, "SSTORE"));
        const storage: Record<Hex, Hex> = original === 0 ? {} : { "0x07": word(original) };
        const outcome = await runMain(concatBytes(writes), {}, { storage });
        expect(outcome.status).to.equal(1);
        expect(outcome.storage(MAIN, 7)).to.equal(BigInt(values[values.length - 1] as number));
      }
    });

    it("SSTORE halts with 2,300 gas left, and not with one more (EIP-2200)", async () => {
      const writer = { code: assemble(0, 0, "SSTORE") };
      const main = (gas: number) => assemble(callWith("CALL", OTHER, { gas }), 1, "ADD", store(0));
      expect((await runMain(main(4 + 2_300), { [OTHER]: writer })).storage(MAIN, 0)).to.equal(1n);
      expect((await runMain(main(4 + 2_301), { [OTHER]: writer })).storage(MAIN, 0)).to.equal(2n);
    });

    it("transient storage lives through calls and not through a revert (EIP-1153)", async () => {
      const write = assemble(9, 3, "TSTORE");
      const main = assemble(callWith("DELEGATECALL", OTHER), "POP", 3, "TLOAD", store(0));
      const kept = await runMain(main, { [OTHER]: { code: write } });
      expect(kept.storage(MAIN, 0)).to.equal(9n);
      const reverted = await runMain(main, { [OTHER]: { code: concatBytes([write, REVERT_32]) } });
      expect(reverted.storage(MAIN, 0)).to.equal(0n);
    });

    it("what a reverted call has warmed is cold again (EIP-2929)", async () => {
      const touch = assemble(toAddress(STRANGER), "BALANCE POP");
      const main = assemble(callWith("CALL", OTHER), "POP", measured(touch), store(0));
      const reverted = await runMain(main, { [OTHER]: { code: concatBytes([touch, REVERT_32]) } });
      expect(reverted.storage(MAIN, 0)).to.equal(2_600n + 3n + 2n + 2n);
      const kept = await runMain(main, { [OTHER]: { code: touch } });
      expect(kept.storage(MAIN, 0)).to.equal(100n + 3n + 2n + 2n);
    });

    it("precompiles are warm from the begin and never marked so", async () => {
      const main = assemble(measured(toAddress(precompile(0x100)), "BALANCE POP"), store(0));
      const outcome = await runMain(main);
      expect(outcome.storage(MAIN, 0)).to.equal(100n + 3n + 2n + 2n);
      expect(outcome.account(precompile(0x100))?.isWarm).to.equal(false);
    });

    it("EXTCODEHASH and EXTCODESIZE of a contract, of an account without code, of none (EIP-1052)", async () => {
      const code = assemble(1, 2, 3);
      const main = concatBytes([
        ...[OTHER, STRANGER, THIRD].map((address, index) =>
          assemble(
            toAddress(address),
            "EXTCODEHASH",
            store(index),
            toAddress(address),
            "EXTCODESIZE",
            store(index + 3),
          ),
        ),
        assemble("SELFBALANCE", store(6), toAddress(STRANGER), "BALANCE", store(7)),
      ]);
      const outcome = await runMain(main, { [OTHER]: { code }, [STRANGER]: { balance: 5n } }, { balance: 11n });
      const stored = Array.from({ length: 8 }, (_, slot) => outcome.storage(MAIN, slot));
      expect(stored).to.eql([BigInt(keccakOf(code)), BigInt(keccakOf("0x")), 0n, BigInt(code.length), 0n, 0n, 11n, 5n]);
    });

    it("BLOCKHASH gives the last 256 blocks' from the history (EIP-2935), 0 for all others", async () => {
      const asked = [BLOCK_NUMBER, BLOCK_NUMBER - 1, BLOCK_NUMBER - 256, BLOCK_NUMBER - 257];
      const storage = Object.fromEntries(asked.map((number) => [word(number % 8_191), word(number + 5_000)]));
      const main = concatBytes([...asked, ALL_GAS].map((number, index) => assemble(number, "BLOCKHASH", store(index))));
      const outcome = await runMain(main, { [HISTORY]: { nonce: 1n, storage } });
      expect([0, 1, 2, 3, 4].map((slot) => outcome.storage(MAIN, slot))).to.eql([
        0n,
        BigInt(BLOCK_NUMBER - 1 + 5_000),
        BigInt(BLOCK_NUMBER - 256 + 5_000),
        0n,
        0n,
      ]);
    });

    it("instructions that find too few or too many items, or too little gas, halt", async () => {
      for (const name of ["SLOAD", "SSTORE", "TLOAD", "TSTORE", "BALANCE", "EXTCODESIZE", "EXTCODEHASH", "BLOCKHASH"]) {
        expect((await runMain(assemble(name))).status, name).to.equal(0);
      }
      const full = concatBytes(Array.from({ length: 1_024 }, () => assemble(0)));
      expect((await runMain(concatBytes([full, assemble("SELFBALANCE")]))).status).to.equal(0);
      for (const [name, gas] of [
        ["SLOAD", 100],
        ["TLOAD", 101],
        ["BALANCE", 2_599],
        ["BLOCKHASH", 21],
      ] as const) {
        const main = assemble(callWith("CALL", OTHER, { gas }), store(0));
        const outcome = await runMain(main, { [OTHER]: { code: assemble(0x1234, name) }, [HISTORY]: { nonce: 1n } });
        expect(outcome.storage(MAIN, 0), name).to.equal(0n);
      }
      const main = assemble(callWith("CALL", OTHER, { gas: 4 }), store(0));
      expect((await runMain(main, { [OTHER]: { code: assemble("SELFBALANCE") } })).storage(MAIN, 0)).to.equal(0n);
      const transient = assemble(callWith("CALL", OTHER, { gas: 103 }), store(0));
      expect((await runMain(transient, { [OTHER]: { code: assemble(0, 0, "TSTORE") } })).storage(MAIN, 0)).to.equal(0n);
    });
  });

  describe("calls", () => {
    const context = (name: "CALL" | "CALLCODE" | "DELEGATECALL") =>
      runMain(
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
      );
    const seen = (outcome: Outcome) => [0, 1, 2].map((slot) => outcome.storage(MAIN, slot));

    it("CALL, CALLCODE and DELEGATECALL differ in self, caller, value and what is transferred", async () => {
      const [called, own, delegated] = [
        await context("CALL"),
        await context("CALLCODE"),
        await context("DELEGATECALL"),
      ];
      expect(seen(called)).to.eql([BigInt(OTHER), BigInt(MAIN), 3n]);
      expect(seen(own)).to.eql([BigInt(MAIN), BigInt(MAIN), 3n]);
      expect(seen(delegated)).to.eql([BigInt(MAIN), BigInt(SENDER), 0n]);
      expect([called, own, delegated].map(({ account }) => account(MAIN)?.balance)).to.eql([7n, 10n, 10n]);
      expect(called.account(OTHER)?.balance).to.equal(3n);
    });

    it("all but one 64th of what all other costs leave is forwarded (EIP-150)", async () => {
      const main = assemble(
        "GAS",
        32,
        0,
        0,
        0,
        toAddress(OTHER),
        "DUP6 STATICCALL POP",
        store(0),
        0,
        "MLOAD",
        store(1),
      );
      const outcome = await runMain(main, { [OTHER]: { code: assemble("GAS", 0, "MSTORE", 32, 0, "RETURN") } });
      const left = (outcome.storage(MAIN, 0) as bigint) - 15n - 2_600n - 3n;
      expect(outcome.storage(MAIN, 1)).to.equal(left - left / 64n - 2n);
    });

    it("a call that cannot pay its value costs no stipend and leaves no return data", async () => {
      const attempt = assemble(callWith("CALL", OTHER, { gas: 0, value: 1 }), "POP");
      const main = assemble(
        callWith("STATICCALL", THIRD),
        "POP",
        measured(attempt),
        store(0),
        "RETURNDATASIZE",
        store(1),
      );
      const outcome = await runMain(main, { [OTHER]: { code: assemble("STOP") }, [THIRD]: { code: REVERT_32 } });
      expect(outcome.storage(MAIN, 0)).to.equal(5n * 2n + 2n * 3n + 2_600n + 9_000n - 2_300n + 2n + 2n);
      expect(outcome.storage(MAIN, 1)).to.equal(0n);
    });

    it("value makes a new account for 25,000 gas more, and none for less (EIP-161)", async () => {
      const pay = (value: number) => assemble(callWith("CALL", STRANGER, { gas: 0, value }), "POP");
      const main = assemble(measured(pay(1)), store(0), measured(pay(1)), store(1), measured(pay(0)), store(2));
      const outcome = await runMain(main, {}, { balance: 10n });
      const rest = 5n * 2n + 2n * 3n + 2n + 2n;
      // Nobody uses the stipend, so it comes back.
      expect(outcome.storage(MAIN, 0)).to.equal(rest + 2_600n + 9_000n + 25_000n - 2_300n);
      expect(outcome.storage(MAIN, 1)).to.equal(rest + 100n + 9_000n - 2_300n);
      expect(outcome.storage(MAIN, 2)).to.equal(rest + 100n - 1n);
      expect(outcome.account(STRANGER)?.balance).to.equal(2n);
    });

    it("a contract that pays itself has what it had", async () => {
      const body = assemble(callWith("CALL", MAIN, { value: 4 }), store(0));
      const guard = (end: number) => assemble("CALLER", toAddress(MAIN), "EQ", end, "JUMPI");
      const code = concatBytes([guard(guard(1).length + body.length), body, assemble("JUMPDEST")]);
      const outcome = await runMain(code, {}, { balance: 10n });
      expect(outcome.storage(MAIN, 0)).to.equal(1n);
      expect(outcome.account(MAIN)?.balance).to.equal(10n);
    });

    it("what is static stays so in every call below (EIP-214)", async () => {
      const forbidden: Readonly<Record<string, Uint8Array>> = {
        SSTORE: assemble(1, 1, "SSTORE"),
        TSTORE: assemble(1, 1, "TSTORE"),
        CREATE: assemble(0, 0, 0, "CREATE"),
        CREATE2: assemble(0, 0, 0, 0, "CREATE2"),
        SELFDESTRUCT: assemble(0, "SELFDESTRUCT"),
        "CALL with value": callWith("CALL", STRANGER, { value: 1 }),
      };
      const main = assemble(callWith("STATICCALL", OTHER, { out: [0, 32] }), "POP", 0, "MLOAD", store(0));
      const through = assemble(callWith("CALL", THIRD), 7, "ADD", 0, "MSTORE", 32, 0, "RETURN");
      const results = async (code: Uint8Array) =>
        (await runMain(main, { [OTHER]: { code: through }, [THIRD]: { code, balance: 9n } })).storage(MAIN, 0);
      for (const [name, code] of Object.entries(forbidden)) expect(await results(code), name).to.equal(7n);
      expect(await results(callWith("CALL", STRANGER))).to.equal(8n);
      expect(await results(callWith("CALLCODE", STRANGER, { value: 1 }))).to.equal(8n);
    });

    it("return data and output window follow the kind of end", async () => {
      const ends: readonly (readonly [Uint8Array, bigint, bigint, bigint])[] = [
        [assemble(ALL_GAS, 0, "MSTORE", 32, 0, "RETURN"), 1n, 32n, ALL_GAS << 128n],
        [assemble(ALL_GAS, 0, "MSTORE", 32, 0, "REVERT"), 0n, 32n, ALL_GAS << 128n],
        [assemble(ALL_GAS, 0, "MSTORE", 8, 0, "RETURN"), 1n, 8n, ALL_GAS << 192n],
        [assemble("INVALID"), 0n, 0n, 0n],
        [assemble("STOP"), 1n, 0n, 0n],
      ];
      for (const [code, result, size, output] of ends) {
        // 16 bytes of the output are wanted.
        const main = assemble(
          callWith("CALL", OTHER, { gas: 50_000, out: [0, 16] }),
          store(0),
          "RETURNDATASIZE",
          store(1),
          0,
          "MLOAD",
          store(2),
        );
        const outcome = await runMain(main, { [OTHER]: { code } });
        expect([0, 1, 2].map((slot) => outcome.storage(MAIN, slot))).to.eql([result, size, output % 2n ** 256n]);
      }
    });

    it("no gas pays for a window that ends beyond 2^32, wherever one of length 0 lies", async () => {
      const windows: readonly (readonly [bigint, bigint, bigint])[] = [
        [2n ** 32n, 1n, 0n],
        [0n, 2n ** 32n, 0n],
        [ALL_GAS, 1n, 0n],
        [2n ** 32n - 1n, 2n, 0n],
        [ALL_GAS, 0n, 1n],
        [2n ** 200n, 0n, 1n],
      ];
      for (const [offset, length, expected] of windows) {
        for (const code of [
          assemble(length, offset, 0, 0, toAddress(STRANGER), 0, "STATICCALL"),
          assemble(0, 0, length, offset, toAddress(STRANGER), 0, "STATICCALL"),
        ]) {
          const main = assemble(callWith("CALL", OTHER, { gas: 100_000 }), store(0));
          expect((await runMain(main, { [OTHER]: { code } })).storage(MAIN, 0)).to.equal(expected);
        }
      }
    });

    it("a frame at depth 1,024 makes no frame, and keeps gas and stipend; one above it does", async () => {
      // With at most 2^24 gas no transaction gets there, so the depth is written into the committed context.
      const outcome = await runMain(callWith("STATICCALL", OTHER, { gas: 1_000 }), {
        [OTHER]: { code: assemble("STOP") },
      });
      const index = outcome.steps.findIndex(({ opcode, next }) => opcode === 0xfa && next === Phase.EnterFrame);
      const [call, entered] = outcome.steps.slice(index) as [FrameStep, FrameStep];
      const [deep, deepest] = [atDepth(call, 1_023), atDepth(call, 1_024)];
      const results = await verifiers.take([deep, deepest]);
      expect(results.map(({ isSuccess }) => isSuccess)).to.eql([true, true]);
      expect(results[1]?.data).to.equal(withoutFrame(deepest, entered));
      expect(results[0]?.data).not.to.equal(withoutFrame(deep, entered));
    });

    it("a deep recursion comes back", async () => {
      const main = assemble(callWith("CALL", MAIN), store(0));
      const outcome = await run({ accounts: { [MAIN]: { code: main } }, to: MAIN, gasLimit: 300_000n });
      expect(Math.max(...outcome.steps.map(({ depth }) => depth))).to.be.greaterThan(30);
    });

    it("too few items, or too little gas, halt", async () => {
      for (const name of ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"]) {
        expect((await runMain(assemble(name))).status, name).to.equal(0);
        const main = assemble(callWith("CALL", OTHER, { gas: 600 }), store(0));
        const code = assemble(0, 0, 0, 0, 0, toAddress(STRANGER), 0, name);
        expect((await runMain(main, { [OTHER]: { code } })).storage(MAIN, 0), name).to.equal(0n);
      }
    });
  });

  describe("delegations (EIP-7702)", () => {
    const designator = (target: Address) => concatBytes([hexToBytes("0xef0100"), hexToBytes(target)]);

    it("a transaction to its sender runs the delegate's code on the sender's account", async () => {
      const code = assemble("ADDRESS", store(1));
      const outcome = await run({ accounts: { [OTHER]: { code } }, to: SENDER, delegateTo: OTHER });
      expect(outcome.status).to.equal(1);
      expect(outcome.storage(SENDER, 1)).to.equal(BigInt(SENDER));
    });

    it("a call pays for the delegate too, cold once", async () => {
      const call = assemble(callWith("CALL", OTHER, { gas: 0 }), "POP");
      const main = assemble(measured(call), store(0), measured(call), store(1));
      const accounts = { [OTHER]: { code: designator(THIRD) }, [THIRD]: { code: assemble("STOP") } };
      const outcome = await runMain(main, accounts);
      const rest = 6n * 2n + 3n + 2n + 2n;
      expect(outcome.storage(MAIN, 0)).to.equal(rest + 2_600n + 2_600n);
      expect(outcome.storage(MAIN, 1)).to.equal(rest + 100n + 100n);
    });

    it("a delegation to itself, to a delegation, to a precompile, to nobody", async () => {
      const main = assemble(
        callWith("CALL", OTHER, { gas: 30_000, out: [0, 32] }),
        store(0),
        "RETURNDATASIZE",
        store(1),
        toAddress(OTHER),
        "EXTCODESIZE",
        store(2),
      );
      for (const [target, result] of [
        [OTHER, 0n],
        [THIRD, 0n],
        [precompile(2), 1n],
        [STRANGER, 1n],
      ] as const) {
        const accounts = { [OTHER]: { code: designator(target) }, [THIRD]: { code: designator(MAIN) } };
        const outcome = await runMain(main, accounts);
        expect(
          [0, 1, 2].map((slot) => outcome.storage(MAIN, slot)),
          target,
        ).to.eql([result, 0n, 23n]);
      }
    });
  });

  describe("creations", () => {
    /** Returns so many zeros as code. */
    const returning = (size: number) => assemble(size, 0, "RETURN");

    it("a created contract has nonce 1, the value, its code, and leaves no return data", async () => {
      for (const name of ["CREATE", "CREATE2"] as const) {
        const main = assemble(createWith(name, returning(3), 5), store(0), "RETURNDATASIZE", store(1));
        const outcome = await runMain(main, {}, { balance: 9n, nonce: 4n });
        const created = bytesToHex(bigintToBytes32(outcome.storage(MAIN, 0) as bigint).subarray(12));
        const account = outcome.account(created);
        expect([account?.nonce, account?.balance, account?.codeLength, account?.isCreated]).to.eql([1n, 5n, 3, true]);
        expect(account?.codeHash).to.equal(keccakOf("0x000000"));
        expect(outcome.account(MAIN)?.nonce).to.equal(5n);
        expect(outcome.storage(MAIN, 1)).to.equal(0n);
      }
    });

    it("only a revert leaves return data, and undoes all but the creator's nonce", async () => {
      const initcode = assemble(1, 1, "SSTORE", 4, 0, "REVERT");
      const main = assemble(createWith("CREATE", initcode, 5), 7, "ADD", store(0), "RETURNDATASIZE", store(1));
      const outcome = await runMain(main, {}, { balance: 9n, nonce: 4n });
      expect([outcome.storage(MAIN, 0), outcome.storage(MAIN, 1)]).to.eql([7n, 4n]);
      expect([outcome.account(MAIN)?.nonce, outcome.account(MAIN)?.balance]).to.eql([5n, 9n]);
    });

    it("an address with nonce, code or storage is taken: nonce counted, gas gone (EIP-684, EIP-7610)", async () => {
      const initcode = returning(1);
      const created = create2Address(MAIN, word(0), initcode);
      for (const [name, account] of Object.entries({
        nonce: { nonce: 1n },
        code: { code: assemble("STOP") },
        storage: { balance: 1n, storage: { "0x01": "0x01" } as Record<Hex, Hex> },
      })) {
        const code = assemble("GAS", createWith("CREATE2", initcode), 7, "ADD", store(0), "GAS", store(2), store(1));
        const outcome = await runMain(code, { [created]: account }, { nonce: 4n });
        expect(outcome.storage(MAIN, 0), name).to.equal(7n);
        expect(outcome.account(MAIN)?.nonce, name).to.equal(5n);
        const [before, after] = [1, 2].map((slot) => outcome.storage(MAIN, slot) as bigint) as [bigint, bigint];
        expect(after < before / 50n, name).to.equal(true);
      }
    });

    it("an account with a balance only is no hindrance", async () => {
      const created = create2Address(MAIN, word(0), returning(1));
      const outcome = await runMain(
        assemble(createWith("CREATE2", returning(1), 2), store(0)),
        { [created]: { balance: 1n } },
        { balance: 2n },
      );
      expect(outcome.storage(MAIN, 0)).to.equal(BigInt(created));
      expect(outcome.account(created)?.balance).to.equal(3n);
    });

    it("nothing is created without the balance, or with the last nonce (EIP-2681)", async () => {
      const main = assemble(createWith("CREATE", returning(1), 5), 7, "ADD", store(0));
      expect((await runMain(main, {}, { balance: 4n, nonce: 4n })).account(MAIN)?.nonce ?? 4n).to.equal(4n);
      const last = await runMain(main, {}, { balance: 9n, nonce: 2n ** 64n - 1n });
      expect(last.storage(MAIN, 0)).to.equal(7n);
      expect(last.account(MAIN)?.nonce).to.equal(2n ** 64n - 1n);
    });

    it("code: 24,576 bytes at most, paid for, and not beginning with 0xef (EIP-170, EIP-3541)", async () => {
      const created = async (initcode: Uint8Array, gas: bigint = ALL_GAS) => {
        const main = assemble(callWith("DELEGATECALL", OTHER, { gas }), "POP");
        const code = assemble(createWith("CREATE", initcode), store(0));
        const outcome = await runMain(main, { [OTHER]: { code } });
        return { isCreated: (outcome.storage(MAIN, 0) ?? 0n) !== 0n, outcome };
      };
      expect((await created(returning(24_576))).isCreated).to.equal(true);
      expect((await created(returning(24_577))).isCreated).to.equal(false);
      expect((await created(returning(0))).isCreated).to.equal(true);
      expect((await created(assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN"))).isCreated).to.equal(false);
      expect((await created(assemble(0xfe, 0, "MSTORE8", 1, 0, "RETURN"))).isCreated).to.equal(true);
      const poor = await created(returning(1_000), 232_000n);
      expect(poor.isCreated).to.equal(false);
      expect(has(poor.outcome, Phase.DepositCode, Phase.ExitFrame)).to.equal(true);
    });

    it("initcode: 49,152 bytes at most, one more is a halt (EIP-3860); none at all is an empty contract", async () => {
      for (const name of ["CREATE", "CREATE2"] as const) {
        for (const [length, result] of [
          [0, 1n],
          [49_152, 1n],
          [49_153, 0n],
        ] as const) {
          const code = assemble(...(name === "CREATE2" ? [0] : []), length, 0, 0, name);
          const outcome = await runMain(assemble(callWith("CALL", OTHER), store(0)), { [OTHER]: { code } });
          expect(outcome.storage(MAIN, 0), `${name} ${length}`).to.equal(result);
        }
      }
    });

    it("initcode sees no calldata and jumps by its own destinations", async () => {
      const reporting = assemble("CALLDATASIZE", 0, "MSTORE", 32, 0, "RETURN");
      const reported = await runMain(assemble(createWith("CREATE2", reporting), "POP"));
      const account = reported.account(create2Address(MAIN, word(0), reporting));
      expect(account?.codeHash).to.equal(keccakOf(word(0)));

      // A JUMPDEST that is a byte of a PUSH1, and one behind it that is not.
      const wrong = concatBytes([assemble(4, "JUMP"), Uint8Array.of(0x60, 0x5b)]);
      const fine = concatBytes([assemble(5, "JUMP"), Uint8Array.of(0x60, 0x5b, 0x5b)]);
      for (const [code, isCreated] of [
        [wrong, false],
        [fine, true],
      ] as const) {
        const outcome = await runMain(assemble(createWith("CREATE", code), store(0)));
        expect(outcome.storage(MAIN, 0) !== 0n).to.equal(isCreated);
      }
    });

    it("a creation transaction", async () => {
      const outcome = await run({ accounts: {}, to: undefined, data: returning(40), value: 3n });
      expect(outcome.status).to.equal(1);
      const reverted = await run({ accounts: {}, to: undefined, data: REVERT_32 });
      expect(reverted.status).to.equal(0);
      const empty = await run({ accounts: {}, to: undefined });
      expect(empty.status).to.equal(1);
    });
  });

  describe("SELFDESTRUCT (EIP-6780)", () => {
    const destroying = (beneficiary: Uint8Array) => assemble(beneficiary, "SELFDESTRUCT");

    it("destroys only what the same transaction created; the balance goes in either case", async () => {
      const old = await runMain(assemble(callWith("CALL", OTHER), store(0)), {
        [OTHER]: { code: destroying(toAddress(STRANGER)), balance: 6n },
      });
      expect([old.account(OTHER)?.isDestroyed, old.account(OTHER)?.balance]).to.eql([false, 0n]);
      expect(old.account(STRANGER)?.balance).to.equal(6n);
      const main = assemble(createWith("CREATE2", destroying(toAddress(STRANGER)), 6), store(0));
      const created = create2Address(MAIN, word(0), destroying(toAddress(STRANGER)));
      const fresh = await runMain(main, {}, { balance: 9n });
      expect([fresh.account(created)?.isDestroyed, fresh.account(created)?.balance]).to.eql([true, 0n]);
      expect(fresh.account(STRANGER)?.balance).to.equal(6n);
    });

    it("to itself burns the balance of what is destroyed, and moves nothing else", async () => {
      const toItself = assemble("ADDRESS SELFDESTRUCT");
      const old = await runMain(assemble(callWith("CALL", OTHER), store(0)), {
        [OTHER]: { code: toItself, balance: 6n },
      });
      expect([old.account(OTHER)?.isDestroyed, old.account(OTHER)?.balance]).to.eql([false, 6n]);
      const fresh = await runMain(assemble(createWith("CREATE2", toItself, 6), store(0)), {}, { balance: 9n });
      const account = fresh.account(create2Address(MAIN, word(0), toItself));
      expect([account?.isDestroyed, account?.balance]).to.eql([true, 0n]);
    });

    it("costs 5,000, 2,600 for a cold heir, 25,000 for a new one that inherits", async () => {
      const gasOf = async (heir: Address, balance: bigint, heirAccount: Account | undefined, isWarm: boolean) => {
        const main = assemble(
          ...(isWarm ? [toAddress(heir), "BALANCE POP"] : []),
          measured(callWith("CALL", OTHER), "POP"),
          store(0),
        );
        const outcome = await runMain(main, {
          [OTHER]: { code: destroying(toAddress(heir)), balance },
          ...(heirAccount === undefined ? {} : { [heir]: heirAccount }),
        });
        return (outcome.storage(MAIN, 0) as bigint) - (5n * 2n + 2n * 3n + 2_600n + 2n + 2n + 3n);
      };
      expect(await gasOf(STRANGER, 0n, undefined, false)).to.equal(5_000n + 2_600n);
      expect(await gasOf(STRANGER, 1n, undefined, false)).to.equal(5_000n + 2_600n + 25_000n);
      expect(await gasOf(STRANGER, 1n, { nonce: 1n }, false)).to.equal(5_000n + 2_600n);
      expect(await gasOf(STRANGER, 1n, { nonce: 1n }, true)).to.equal(5_000n);
      expect(await gasOf(precompile(3), 1n, undefined, false)).to.equal(5_000n + 25_000n);
    });

    it("an heir without a balance to inherit is touched and stays empty", async () => {
      const outcome = await runMain(assemble(callWith("CALL", OTHER), store(0)), {
        [OTHER]: { code: destroying(toAddress(STRANGER)) },
      });
      expect([outcome.account(STRANGER)?.isDirty, outcome.account(STRANGER)?.balance]).to.eql([true, 0n]);
    });
  });

  describe("precompiles", () => {
    const callPrecompile = (number: number, length: number, gas: bigint = ALL_GAS) =>
      assemble(
        callWith("CALL", precompile(number), { gas, input: [0, length], out: [0, 32] }),
        store(0),
        "RETURNDATASIZE",
        store(1),
      );
    const results = async (code: Uint8Array) => {
      const outcome = await runMain(code);
      return [outcome.storage(MAIN, 0), outcome.storage(MAIN, 1)];
    };

    it("each succeeds or fails as Ethereum's does", async () => {
      expect(await results(callPrecompile(0x01, 128))).to.eql([1n, 0n]);
      expect(await results(callPrecompile(0x02, 40))).to.eql([1n, 32n]);
      expect(await results(callPrecompile(0x03, 40))).to.eql([1n, 32n]);
      expect(await results(callPrecompile(0x05, 96))).to.eql([1n, 0n]);
      expect(await results(callPrecompile(0x06, 128))).to.eql([1n, 64n]);
      expect(await results(callPrecompile(0x07, 96))).to.eql([1n, 64n]);
      expect(await results(callPrecompile(0x08, 0))).to.eql([1n, 32n]);
      expect(await results(callPrecompile(0x08, 1))).to.eql([0n, 0n]);
      expect(await results(callPrecompile(0x09, 213))).to.eql([1n, 64n]);
      expect(await results(callPrecompile(0x09, 212))).to.eql([0n, 0n]);
      expect(await results(callPrecompile(0x0a, 192, 60_000n))).to.eql([0n, 0n]);
      expect(await results(callPrecompile(0x0b, 256))).to.eql([1n, 128n]);
      expect(await results(callPrecompile(0x0c, 320))).to.eql([1n, 128n]);
      expect(await results(callPrecompile(0x0d, 512))).to.eql([1n, 256n]);
      expect(await results(callPrecompile(0x0e, 288))).to.eql([1n, 256n]);
      expect(await results(callPrecompile(0x0f, 384))).to.eql([1n, 32n]);
      expect(await results(callPrecompile(0x10, 64))).to.eql([1n, 128n]);
      expect(await results(callPrecompile(0x11, 128))).to.eql([1n, 256n]);
      expect(await results(callPrecompile(0x100, 160))).to.eql([1n, 0n]);
      expect(await results(callPrecompile(0x02, 40, 83n))).to.eql([0n, 0n]);
      expect(await results(callPrecompile(0x02, 40, 84n))).to.eql([1n, 32n]);
    });

    it("65,536 bytes of input are not too long, one more is; IDENTITY takes any number", async () => {
      expect(await results(callPrecompile(0x02, 65_536))).to.eql([1n, 32n]);
      expect(await results(callPrecompile(0x02, 65_537, 100_000n))).to.eql([0n, 0n]);
      expect(await results(callPrecompile(0x04, 100_000))).to.eql([1n, 100_000n]);
      expect(await results(callPrecompile(0x04, 0))).to.eql([1n, 0n]);
      expect(await results(callPrecompile(0x04, 100, 20n))).to.eql([0n, 0n]);
    });

    it("MODEXP reads 3,168 bytes of its input at most", async () => {
      for (const length of [3_167, 3_168, 3_169, 65_536]) {
        expect(await results(callPrecompile(0x05, length))).to.eql([1n, 0n]);
      }
      expect(await results(callPrecompile(0x05, 65_537, 100_000n))).to.eql([0n, 0n]);
    });

    it("7,500,000 gas are not too much, one more is", async () => {
      const blake = (rounds: number) =>
        assemble(BigInt(rounds) << 224n, 0, "MSTORE", callPrecompile(0x09, 213, 9_000_000n));
      expect(await results(blake(7_500_000))).to.eql([1n, 64n]);
      expect(await results(blake(7_500_001))).to.eql([0n, 0n]);
    });

    it("value stays with one that succeeds, and comes back from one that fails", async () => {
      for (const [number, result, balance] of [
        [0x02, 1n, 4n],
        [0x08, 0n, 0n],
      ] as const) {
        const main = assemble(callWith("CALL", precompile(number), { gas: 3_000, value: 4 }), store(0));
        const outcome = await runMain(main, {}, { balance: 9n });
        expect(outcome.storage(MAIN, 0)).to.equal(result);
        expect(outcome.account(precompile(number))?.balance).to.equal(balance);
        expect(outcome.account(MAIN)?.balance).to.equal(9n - balance);
      }
    });

    it("a transaction to one", async () => {
      const outcome = await run({ accounts: {}, to: precompile(2), data: new Uint8Array(70), value: 1n });
      expect(outcome.status).to.equal(1);
    });

    it("with any gas on L1 a step comes to its state or reverts", async () => {
      expect(precompileSteps.length).to.be.greaterThan(20);
      for (const step of precompileSteps) {
        let [least, enough] = [21_000, 2 ** 24];
        expect(await verifiers.takeWith(step, enough)).to.equal(step.after);
        // Between the most gas that is known to be too little and the least that is known to be enough.
        while (enough - least > 1) {
          const gas = (least + enough) >> 1;
          const result = await verifiers.takeWith(step, gas);
          expect(result === undefined || result === step.after, `${kindOf(step)} with ${gas} gas`).to.equal(true);
          if (result === undefined) least = gas;
          else enough = gas;
        }
        for (let gas = least - 40; gas < least; gas += 5) {
          expect([undefined, step.after]).to.include(await verifiers.takeWith(step, gas));
        }
      }
    });
  });

  describe("whoever proves", () => {
    it("has shown every kind of step by now", () => {
      const needed = [
        ...["x54>23", "x54>19", "x54>28", "x55>23", "x55>19", "x55>28", "x5c>23", "x5c>28", "x5d>23", "x5d>28"],
        ...[
          "x31>23",
          "x31>18",
          "x31>28",
          "x3b>23",
          "x3f>23",
          "x47>23",
          "x47>28",
          "x40>23",
          "x40>18",
          "x40>19",
          "x40>28",
        ],
        ...["xf1>20", "xf1>18", "xf1>23", "xf1>28", "xf2>20", "xf4>20", "xfa>20", "xfa>28"],
        ...["xf0>20", "xf0>18", "xf0>23", "xf0>28", "xf5>20", "xf5>18", "xf5>23", "xf5>28", "xff>28", "xff>18"],
        ...["EnterFrame:f1>21", "EnterFrame:f1>22", "EnterFrame:f1>28", "EnterFrame:f0>21", "EnterFrame:f0>28"],
        ...["EnterCode:f1>23", "EnterCode:f0>23", "DepositCode:f0>28", "DepositCode:f5>28"],
        ...[
          "ExitFrame:f1>23",
          "ExitFrame:f1>24",
          "ExitFrame:f1>29",
          "ExitFrame:f0>27",
          "ExitFrame:f0>23",
          "ExitFrame:f0>29",
        ],
      ];
      const shown = new Set([...kinds.keys()].map((kind) => kind.split(" ")[0]));
      expect(needed.filter((kind) => !shown.has(kind))).to.eql([]);
    });

    it("cannot come to another state with another witness", async () => {
      for (const step of kinds.values()) {
        const altered = [...alteredWitnesses(step.witness)];
        // Of a step that opens much, some of it.
        const stride = Math.ceil(altered.length / 60);
        const chosen = altered.filter((_, index) => index % stride === 0);
        const results = await verifiers.take(chosen.map(({ witness }) => ({ ...step, witness })));
        results.forEach(({ isSuccess, data }, index) => {
          const name = `${kindOf(step)}: ${chosen[index]?.what}`;
          if (isSuccess) expect(data, name).to.equal(step.after);
        });
        expect(
          results.some(({ isSuccess }) => !isSuccess),
          kindOf(step),
        ).to.equal(true);
      }
    });

    it("cannot ask a verifier for what is another's", async () => {
      const names = [
        "StorageVerifier",
        "CallVerifier",
        "CreationVerifier",
        "FrameVerifier",
        "PrecompileVerifier",
      ] as const;
      for (const step of kinds.values()) {
        const others = names.filter((name) => name !== step.verifier);
        const results = await verifiers.take(others.map((verifier) => ({ ...step, verifier })));
        expect(results.map(({ isSuccess }) => isSuccess)).to.eql(others.map(() => false));
      }
    });
  });
});

/** `phase or opcode:kind of frame>phase after`, and what else tells steps apart. */
function kindOf({ phase, opcode, next, witness }: FrameStep): string {
  const frameKind = witness.frameContext.length === 0 ? 0 : wordAt(witness.frameContext, 2);
  const name = opcode === undefined ? `${nameOf(phase)}:${frameKind.toString(16)}` : `x${opcode.toString(16)}`;
  const pending = witness.pending.length === 0 ? "" : ` status ${wordAt(witness.pending, 0)}`;
  const target = phase === Phase.Precompile ? ` ${wordAt(witness.frameContext, 8).toString(16)}` : "";
  return `${name}>${next}${pending}${target} ${witness.regions.length} ${witness.overlay.length}`;
}

function nameOf(phase: Phase): string {
  return Object.entries(Phase).find(([, number]) => number === phase)?.[0] ?? "";
}

function wordAt(bytes: Uint8Array, index: number): bigint {
  return BigInt(bytesToHex(bytes.subarray(32 * index, 32 * index + 32)));
}

function withWord(bytes: Uint8Array, index: number, value: Hex | bigint | number): Uint8Array {
  const changed = bytes.slice();
  changed.set(bigintToBytes32(BigInt(value)), 32 * index);
  return changed;
}

const FRAME_OF_MACHINE = 5;
/** Words of a Frame. */
const FRAME = { pc: 5, gas: 6, stack: 7, stackSize: 8 } as const;

/** The step of the same frame at another depth. */
function atDepth(step: FrameStep, depth: number): FrameStep {
  const frameContext = withWord(step.witness.frameContext, 4, depth);
  const frame = withWord(step.witness.frame, 0, keccakOf(frameContext));
  const machine = withWord(step.witness.machine, FRAME_OF_MACHINE, keccakOf(frame));
  return { ...step, before: keccakOf(machine), witness: { ...step.witness, machine, frame, frameContext } };
}

/**
 * The state after a STATICCALL of a cold contract, without input or output, that makes no frame. `entered` is the step
 * that follows where it makes one: what is warm is the same.
 */
function withoutFrame({ witness }: FrameStep, entered: FrameStep): Hash {
  const below = witness.stack.subarray(-32);
  let frame = withWord(witness.frame, FRAME.pc, wordAt(witness.frame, FRAME.pc) + 1n);
  frame = withWord(frame, FRAME.gas, wordAt(frame, FRAME.gas) - 2_600n);
  frame = withWord(frame, FRAME.stack, keccakOf(concatBytes([below, new Uint8Array(32)])));
  frame = withWord(frame, FRAME.stackSize, wordAt(frame, FRAME.stackSize) - 5n);
  const machine = withWord(entered.witness.machine, 0, Phase.Execute);
  return keccakOf(withWord(machine, FRAME_OF_MACHINE, keccakOf(frame)));
}
