import { createStepChecker } from "../../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../../scripts/conformance/step-checker.ts";
import { createAddress } from "../../../../src/ethereum/index.ts";
import { prepareMachine } from "../../../../src/machine/index.ts";
import { concatBytes, hexToBytes } from "../../../../src/primitives/index.ts";
import { wallet } from "../../../execution/harness.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { CodePart } from "../../../machine/assemble.ts";
import type { World, WorldAccount } from "../../../machine/world.ts";
import { expectSkipped, expectTransaction } from "./prove-transaction.ts";
import type { Expected } from "./prove-transaction.ts";
import {
  ENVIRONMENT,
  GAS_PRICE,
  MAIN,
  OTHER,
  SENDER,
  SENDER_BALANCE,
  STRANGER,
  THIRD,
  authorize,
  callWith,
  createWith,
  designator,
  measured,
  pushBytes,
  store,
} from "./transactions.ts";
import type { TransactionFields } from "./transactions.ts";

// Gas, summed up by hand. PUSH0 costs 2, every other PUSH 3.
const TRANSACTION = 21_000n;
const COLD = 2_600n;
/** `callWith` up to the CALL or CALLCODE: five PUSH0, PUSH20, GAS; without value one PUSH0 less. */
const CALL_OPERANDS = 15n;
const DELEGATECALL_OPERANDS = 13n;
/** Of a call with a number for its gas. */
const CALL_WITH_GAS_OPERANDS = 16n;
/** `store(0)` of a number in a slot that was 0: PUSH0, SSTORE of a cold slot. */
const STORE = 2n + 2_100n + 20_000n;
const POP = 2n;
/** PUSH1 and ADD. */
const ADD_NUMBER = 3n + 3n;
/** RETURNDATASIZE, and a number added to it. */
const SIZE_AND_NUMBER = 2n + ADD_NUMBER;

describe("known traps, on the machine and every step on its contracts", function () {
  this.timeout(300_000);
  let checker: StepChecker;
  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
  });
  after(() => checker.close());

  const contract = (...parts: readonly CodePart[]): WorldAccount => ({ nonce: 1n, code: assemble(...parts) });
  const expectOf = (world: World, fields: TransactionFields, expected: Expected) =>
    expectTransaction(checker, world, fields, expected);
  /** The transaction calls `MAIN`, and its slot 0 comes to be `value`. */
  const expectStored = (world: World, value: bigint, gasUsed: bigint, changes: World = {}) =>
    expectOf(world, {}, { gasUsed, changes: { [MAIN]: { ...world[MAIN], storage: { 0: value } }, ...changes } });

  it("what a reverted call has warmed is cold again (EIP-2929)", async () => {
    const touch = assemble(pushBytes(hexToBytes(STRANGER)), "BALANCE POP");
    const world = {
      [MAIN]: contract(callWith("CALL", OTHER), "POP", measured(touch), store(0)),
      [OTHER]: contract(touch, 0, 0, "REVERT"),
    };
    const touching = 3n + COLD + POP;
    const reverting = touching + 2n + 2n;
    const measuring = 2n + touching + 2n + 3n + 3n;
    const gasUsed = TRANSACTION + CALL_OPERANDS + COLD + reverting + POP + measuring + STORE;
    await expectStored(world, touching + 2n, gasUsed);
  });

  it("a fifth of the gas is refunded at most, and the floor of the calldata is taken after that (EIP-3529, EIP-7623)", async () => {
    const world = {
      [MAIN]: { ...contract(0, 0, "SSTORE", 0, 1, "SSTORE", 0, 2, "SSTORE"), storage: { 0: 5n, 1: 6n, 2: 7n } },
    };
    const execution = 3n * (2n + 5_000n) + 2n + 3n + 3n;
    const used = TRANSACTION + execution;
    // Three times 4,800 would be 14,400.
    const changes = { [MAIN]: { ...world[MAIN], storage: {} } };
    await expectOf(world, {}, { gasUsed: used - used / 5n, changes });
    const data = new Uint8Array(1_000).fill(1);
    await expectOf(world, { data }, { gasUsed: TRANSACTION + 40n * 1_000n, changes });
  });

  describe("delegations (EIP-7702)", () => {
    const bob = wallet(2);
    const reverting = { [MAIN]: contract(0, 0, "REVERT"), [OTHER]: contract(7, 0, "SSTORE") };
    const execution = TRANSACTION + 2n + 2n;

    it("a delegation outlives the transaction's revert", () =>
      expectOf(
        reverting,
        { type: 4, authorizationList: [authorize(bob, OTHER, 0n)] },
        { status: 0, gasUsed: execution + 25_000n, changes: { [bob.address]: { nonce: 1n, code: designator(OTHER) } } },
      ));

    it("so does the refund for an authority that exists, up to a fifth", () => {
      const used = execution + 25_000n;
      return expectOf(
        { ...reverting, [bob.address]: { balance: 5n } },
        { type: 4, authorizationList: [authorize(bob, OTHER, 0n)] },
        {
          status: 0,
          gasUsed: used - used / 5n,
          changes: { [bob.address]: { nonce: 1n, balance: 5n, code: designator(OTHER) } },
        },
      );
    });

    it("each authorization sees what the ones before it have done, and one that is not valid stops none", () =>
      expectOf(
        reverting,
        {
          type: 4,
          authorizationList: [authorize(bob, OTHER, 0n), authorize(bob, OTHER, 5n), authorize(bob, THIRD, 1n)],
        },
        {
          status: 0,
          gasUsed: execution + 3n * 25_000n - 12_500n,
          changes: { [bob.address]: { nonce: 2n, code: designator(THIRD) } },
        },
      ));

    it("the delegate's code runs on the storage of who delegates", () => {
      const delegating = { nonce: 1n, code: designator(OTHER) };
      return expectOf(
        { ...reverting, [bob.address]: delegating },
        { to: bob.address },
        { gasUsed: TRANSACTION + 3n + STORE, changes: { [bob.address]: { ...delegating, storage: { 0: 7n } } } },
      );
    });
  });

  it("SELFDESTRUCT of an older contract moves its balance and leaves all else (EIP-6780)", () => {
    const heir = pushBytes(hexToBytes(STRANGER));
    const old = { ...contract(heir, "SELFDESTRUCT"), storage: { 1: 2n } };
    const world = { [MAIN]: contract(callWith("CALL", OTHER)), [OTHER]: { ...old, balance: 6n } };
    const gasUsed = TRANSACTION + CALL_OPERANDS + COLD + 3n + 5_000n + COLD + 25_000n;
    return expectOf(world, {}, { gasUsed, changes: { [OTHER]: old, [STRANGER]: { balance: 6n } } });
  });

  it("SELFDESTRUCT of a contract of the same transaction leaves no account (EIP-6780)", () => {
    const main = { ...contract(createWith("CREATE", assemble("CALLER SELFDESTRUCT"), 6)), balance: 9n };
    const operands = 3n + 2n + 3n + 3n + 3n * 3n;
    const gasUsed = TRANSACTION + operands + 32_000n + 2n + 2n + 5_000n;
    return expectOf({ [MAIN]: main }, {}, { gasUsed, changes: { [MAIN]: { ...main, nonce: 2n } } });
  });

  it("transient storage that a reverted call has written is what it was (EIP-1153)", () => {
    const world = {
      [MAIN]: contract(callWith("DELEGATECALL", OTHER), "POP", 3, "TLOAD", 1, "ADD", store(0)),
      [OTHER]: contract(9, 3, "TSTORE", 0, 0, "REVERT"),
    };
    const reverting = 3n + 3n + 100n + 2n + 2n;
    const gasUsed = TRANSACTION + DELEGATECALL_OPERANDS + COLD + reverting + POP + 3n + 100n + ADD_NUMBER + STORE;
    return expectStored(world, 1n, gasUsed);
  });

  it("a call gets all but one 64th of what is left after all of its other costs, and the stipend (EIP-150)", () => {
    const main = { ...contract(callWith("CALL", OTHER, { value: 1, out: [0, 1_024] })), balance: 4n };
    const other = contract("GAS", store(0));
    const gas = 1_000_000n;
    const operands = CALL_OPERANDS + 1n + 1n;
    // 32 words of memory.
    const costs = COLD + 9_000n + 3n * 32n + 2n;
    const left = gas - TRANSACTION - operands - costs;
    const given = left - left / 64n + 2_300n;
    return expectOf(
      { [MAIN]: main, [OTHER]: other },
      { gas },
      {
        gasUsed: TRANSACTION + operands + costs + 2n + STORE - 2_300n,
        changes: { [MAIN]: { ...main, balance: 3n }, [OTHER]: { ...other, balance: 1n, storage: { 0: given - 2n } } },
      },
    );
  });

  it("a call that lacks the balance for its value gives gas and stipend back and goes on with 0", () => {
    const world = {
      [MAIN]: contract(callWith("CALL", OTHER, { value: 1, gas: 50_000 }), 5, "ADD", store(0)),
      [OTHER]: contract("INVALID"),
    };
    const operands = CALL_WITH_GAS_OPERANDS + 1n;
    return expectStored(world, 5n, TRANSACTION + operands + COLD + 9_000n - 2_300n + ADD_NUMBER + STORE);
  });

  describe("return data (EIP-211)", () => {
    it("is empty after a creation that succeeds", () => {
      const initcode = assemble(5, 0, "RETURN");
      const world = { [MAIN]: contract(createWith("CREATE", initcode), "POP RETURNDATASIZE", 7, "ADD", store(0)) };
      const operands = 3n + 2n + 3n + 3n + 3n + 3n + 2n;
      const creating = 32_000n + 2n + (3n + 2n + 3n) + 5n * 200n;
      return expectOf(
        world,
        {},
        {
          gasUsed: TRANSACTION + operands + creating + POP + SIZE_AND_NUMBER + STORE,
          changes: {
            [MAIN]: { ...world[MAIN], nonce: 2n, storage: { 0: 7n } },
            [createAddress(MAIN, 1n)]: { nonce: 1n, code: new Uint8Array(5) },
          },
        },
      );
    });

    it("is empty after a call that halts, whatever the call before it has returned", () => {
      const world = {
        [MAIN]: contract(
          ...[callWith("CALL", THIRD), "POP", callWith("CALL", OTHER, { gas: 1_000 }), "POP"],
          ...["RETURNDATASIZE", 7, "ADD", store(0)],
        ),
        [OTHER]: contract("INVALID"),
        [THIRD]: contract(9, 0, "RETURN"),
      };
      const returning = CALL_OPERANDS + COLD + 3n + 2n + 3n + POP;
      const halting = CALL_WITH_GAS_OPERANDS + COLD + 1_000n + POP;
      return expectStored(world, 7n, TRANSACTION + returning + halting + SIZE_AND_NUMBER + STORE);
    });

    it("read behind its end is a halt, even of no bytes", () => {
      const world = {
        [MAIN]: contract(callWith("CALL", OTHER, { gas: 500 }), 5, "ADD", store(0)),
        [OTHER]: contract(0, 1, 0, "RETURNDATACOPY"),
      };
      return expectStored(world, 5n, TRANSACTION + CALL_WITH_GAS_OPERANDS + COLD + 500n + ADD_NUMBER + STORE);
    });
  });

  it("what a static call calls is static, too (EIP-214)", () => {
    const world = {
      [MAIN]: contract(callWith("STATICCALL", OTHER, { out: [0, 32] }), "POP", 0, "MLOAD", store(0)),
      [OTHER]: contract(callWith("CALL", THIRD, { gas: 5_000 }), 7, "ADD", 0, "MSTORE", 32, 0, "RETURN"),
      [THIRD]: contract(0, 0, "SSTORE"),
    };
    const inner = CALL_WITH_GAS_OPERANDS + COLD + 5_000n + ADD_NUMBER + 2n + 3n + 3n + 3n + 2n;
    const outer = DELEGATECALL_OPERANDS + 1n + COLD + 3n + inner + POP + 2n + 3n;
    return expectStored(world, 7n, TRANSACTION + outer + STORE);
  });

  it("1,024 items are a stack, one more is a halt", async () => {
    const full = concatBytes([new Uint8Array(1_024).fill(0x5f), assemble("STOP")]);
    await expectOf({ [MAIN]: { code: full, nonce: 1n } }, {}, { gasUsed: TRANSACTION + 2n * 1_024n });
    const tooMany = { [MAIN]: { code: new Uint8Array(1_025).fill(0x5f), nonce: 1n } };
    await expectOf(tooMany, { gas: 30_000n }, { status: 0, gasUsed: 30_000n });
  });

  it("no empty account is written, were it the coinbase's (EIP-161)", async () => {
    const environment = { ...ENVIRONMENT, baseFee: GAS_PRICE };
    await expectTransaction(checker, {}, { to: STRANGER }, { gasUsed: TRANSACTION }, { environment });
    // An empty one that stands in the state vanishes when it is touched.
    await expectTransaction(
      checker,
      { [STRANGER]: {} },
      { to: STRANGER },
      { gasUsed: TRANSACTION, gone: [STRANGER] },
      { environment },
    );
  });

  describe("a creation where there is an account", () => {
    const occupants: Readonly<Record<string, WorldAccount>> = {
      "with a nonce": { nonce: 1n },
      "with code": { code: assemble("STOP") },
      "with storage": { balance: 1n, storage: { 1: 1n } },
    };
    for (const [what, occupant] of Object.entries(occupants)) {
      it(`${what}: the nonce counts, the forwarded gas is gone, 0 is pushed (EIP-684, EIP-7610)`, () => {
        const main = contract(createWith("CREATE", new Uint8Array()), 5, "ADD", store(0));
        const gas = 3_000_000n;
        const operands = 2n + 3n + 2n;
        const left = gas - TRANSACTION - operands - 32_000n;
        return expectOf(
          { [MAIN]: main, [createAddress(MAIN, 1n)]: occupant },
          { gas },
          {
            gasUsed: TRANSACTION + operands + 32_000n + (left - left / 64n) + ADD_NUMBER + STORE,
            changes: { [MAIN]: { ...main, nonce: 2n, storage: { 0: 5n } } },
          },
        );
      });

      it(`${what}: a transaction's takes all gas`, () =>
        expectOf(
          { [createAddress(SENDER.address, 0n)]: occupant },
          { to: null, gas: 100_000n, data: assemble("STOP") },
          { status: 0, gasUsed: 100_000n },
        ));
    }
  });

  describe("code of a creation", () => {
    const created = createAddress(SENDER.address, 0n);
    /** Base, creation, a word of initcode, and tokens of 5 bytes of which one is 0. */
    const intrinsic = TRANSACTION + 32_000n + 2n + 4n * 17n;
    const memory = 3n * 768n + (768n * 768n) / 512n;
    const cost = intrinsic + 3n + 2n + memory + 200n * 24_576n;

    it("of 24,576 bytes is deposited for 200 gas each (EIP-170)", () =>
      expectOf(
        {},
        { to: null, data: assemble(24_576, 0, "RETURN"), gas: cost },
        { gasUsed: cost, changes: { [created]: { nonce: 1n, code: new Uint8Array(24_576) } } },
      ));

    it("that a gas is missing for is not, and takes all gas", () =>
      expectOf(
        {},
        { to: null, data: assemble(24_576, 0, "RETURN"), gas: cost - 1n },
        { status: 0, gasUsed: cost - 1n },
      ));

    it("of 24,577 bytes is not, and takes all gas", () =>
      expectOf({}, { to: null, data: assemble(24_577, 0, "RETURN") }, { status: 0, gasUsed: 2n ** 24n }));

    it("with 0xef in front is not, and takes all gas (EIP-3541)", () =>
      expectOf(
        {},
        { to: null, data: assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN"), gas: 100_000n },
        { status: 0, gasUsed: 100_000n },
      ));
  });

  it("initcode of 49,152 bytes runs, one byte more is a halt (EIP-3860)", async () => {
    const main = contract(49_152, 0, 0, "CREATE");
    const memory = 3n * 1_536n + (1_536n * 1_536n) / 512n;
    await expectOf(
      { [MAIN]: main },
      {},
      {
        gasUsed: TRANSACTION + 7n + 32_000n + 2n * 1_536n + memory,
        changes: { [MAIN]: { ...main, nonce: 2n }, [createAddress(MAIN, 1n)]: { nonce: 1n } },
      },
    );
    const tooLong = { [MAIN]: contract(49_153, 0, 0, "CREATE") };
    await expectOf(tooLong, { gas: 100_000n }, { status: 0, gasUsed: 100_000n });
  });

  it("bytes that end behind 2^32 are out of gas, were their end beyond 2^256; no bytes lie nowhere", async () => {
    const offsets = [2n ** 32n, 2n ** 32n - 1n, 2n ** 256n - 1n];
    for (const code of [
      ...offsets.map((offset) => assemble(2, offset, "RETURN")),
      assemble(2n ** 256n - 1n, 1, "KECCAK256"),
      assemble(2n ** 256n - 1n, "MLOAD"),
      callWith("CALL", STRANGER, { input: [2n ** 256n - 32n, 64] }),
    ]) {
      await expectOf({ [MAIN]: { code, nonce: 1n } }, { gas: 50_000n }, { status: 0, gasUsed: 50_000n });
    }
    await expectOf({ [MAIN]: contract(0, 2n ** 256n - 1n, "RETURN") }, {}, { gasUsed: TRANSACTION + 2n + 3n });
  });

  it("SSTORE halts with 2,300 gas left, and not with 2,301, though it costs less (EIP-2200)", () => {
    const world = {
      [MAIN]: contract(
        callWith("CALL", OTHER, { gas: 2_304 }),
        callWith("CALL", OTHER, { gas: 2_305 }),
        "ADD",
        store(0),
      ),
      [OTHER]: contract(0, 0, "SSTORE"),
    };
    const halting = CALL_WITH_GAS_OPERANDS + COLD + 2_304n;
    const storing = CALL_WITH_GAS_OPERANDS + 100n + 2n + 2n + 2_100n + 100n;
    return expectStored(world, 1n, TRANSACTION + halting + storing + 3n + STORE);
  });

  it("a slot set to 0 leaves the storage trie, which is then as if it had never been there", async () => {
    for (let slots = 1; slots <= 17; slots++) {
      const storage = Object.fromEntries(Array.from({ length: slots }, (_, slot) => [slot + 1, BigInt(slot) + 9n]));
      const main = contract(0, 1, "SSTORE");
      const { 1: _, ...kept } = storage;
      const used = TRANSACTION + 2n + 3n + 5_000n;
      await expectOf(
        { [MAIN]: { ...main, storage } },
        {},
        { gasUsed: used - 4_800n, changes: { [MAIN]: { ...main, storage: kept } } },
      );
    }
  });

  it("a transaction that is not valid is skipped by a step and changes nothing", async () => {
    const poor = { [SENDER.address]: { balance: 100_000n * GAS_PRICE - 1n } };
    const contractSender = { [SENDER.address]: { balance: SENDER_BALANCE, code: assemble("STOP") } };
    await expectSkipped(checker, {}, { nonce: 1n });
    await expectSkipped(checker, {}, { gas: 20_999n });
    await expectSkipped(checker, {}, { gas: TRANSACTION + 999n, data: new Uint8Array(100) });
    await expectSkipped(checker, poor, { gas: 100_000n });
    await expectSkipped(checker, contractSender, {});
    await expectSkipped(checker, {}, { gas: 100_000n }, { gasUsed: ENVIRONMENT.gasLimit - 99_999n });
  });
});
