import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import { readStateTests } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest } from "../../../scripts/conformance/state-tests.ts";
import { minimalBytes } from "../../../src/ethereum/account.ts";
import type { SkipReason } from "../../../src/ethereum/index.ts";
import { Phase } from "../../../src/machine/index.ts";
import type { Environment } from "../../../src/machine/index.ts";
import { ZERO_HASH, bytesToHex, concatBytes, hexToBytes } from "../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../src/primitives/index.ts";
import {
  CONTRACT,
  NOTHING,
  alice,
  authorization,
  bytes,
  changedTransactions,
  fieldsOf,
  signFields,
} from "../../ethereum/transaction-bytes.ts";
import type { Item } from "../../ethereum/transaction-bytes.ts";
import { CHAIN_ID, GWEI, signRaw, wallet } from "../../execution/harness.ts";
import { STATE_TESTS, hasStateTests, stateTestFiles } from "../../execution/state-tests.ts";
import { beginStateTest } from "../../machine/proving/unit.ts";
import {
  alteredWitnesses,
  beginTransaction,
  deployTransactionVerifiers,
  traceTransaction,
} from "./transaction-steps.ts";
import type { TracedUnit, TransactionStep, TransactionVerifiers, Unit } from "./transaction-steps.ts";

/** Files whose tests are about transactions, and of each so many transactions at most, spread evenly. */
const FILES =
  /2930|1559|7702|7623|7825|3651|3860|7610|6780|4844|eip3607|stEIP3607|stTransactionTest|stRefundTest|stSStoreTest|tstore/;
const SAMPLE_PER_FILE = Number(process.env["STATE_TESTS_PER_FILE"] ?? 5);

const UINT256_MAX = 2n ** 256n - 1n;
const PRECOMPILE: Address = "0x0000000000000000000000000000000000000004";
const COINBASE = wallet(9).address;
const SENDER_BALANCE = 10n ** 20n;

const environment: Environment = {
  number: 100,
  timestamp: 1_700_000_000,
  coinbase: COINBASE,
  gasLimit: 60_000_000n,
  baseFee: GWEI / 2n,
  prevRandao: ZERO_HASH,
  chainId: BigInt(CHAIN_ID),
  blobBaseFee: 1n,
  dataPrice: 0n,
};

type Account = StateTest["pre"][Address];

function accountOf(fields: {
  readonly nonce?: bigint;
  readonly balance?: bigint;
  readonly code?: Hex;
  readonly storage?: Readonly<Record<Hash, Hex>>;
}): Account {
  const { nonce = 0n, balance = 0n, code = "0x", storage = {} } = fields;
  return { nonce: `0x${nonce.toString(16)}`, balance: `0x${balance.toString(16)}`, code, storage };
}

/** Fields of a type 2 transaction of Alice that pays 1 gwei per gas. */
interface Fields {
  readonly nonce?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly gasLimit?: bigint;
  readonly to?: Address | undefined;
  readonly value?: bigint;
  readonly data?: Uint8Array;
}

function rawOf(fields: Fields): Uint8Array {
  const { nonce = 0n, maxPriorityFeePerGas = GWEI, maxFeePerGas = GWEI, gasLimit = 100_000n } = fields;
  const { value = 0n, data = NOTHING } = fields;
  const to = "to" in fields ? fields.to : CONTRACT;
  const numbers = [environment.chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit].map(minimalBytes);
  const items: Item[] = [...numbers, to === undefined ? NOTHING : hexToBytes(to), minimalBytes(value), data, []];
  return signFields(2, items);
}

interface Case {
  readonly fields?: Fields;
  readonly sender?: Parameters<typeof accountOf>[0];
  readonly others?: Readonly<Record<Address, Account>>;
  readonly block?: Partial<Environment>;
  readonly progress?: Pick<Unit, "gasUsed" | "transactionCount">;
}

function run({ fields = {}, sender = {}, others = {}, block = {}, progress = {} }: Case): TracedUnit {
  const pre = { ...others, [alice.address]: accountOf({ balance: SENDER_BALANCE, ...sender }) };
  return traceTransaction(
    beginTransaction({ pre, raw: rawOf(fields), environment: { ...environment, ...block }, ...progress }),
  );
}

describe("the phases of a transaction on-chain", function () {
  this.timeout(600_000);
  let verifiers: TransactionVerifiers;
  const seen = new Set<string>();
  before(async () => {
    verifiers = await deployTransactionVerifiers();
  });

  const verify = async (unit: TracedUnit) => {
    const outcomes = await verifiers.verify(unit.steps);
    for (const { phase, next } of unit.steps) seen.add(`${phase} to ${next}`);
    return outcomes;
  };
  const isSkipped = async (test: Case, reason: SkipReason["kind"]) => {
    const unit = run(test);
    expect([unit.outcome, unit.reason]).to.eql(["skipped", reason]);
    await verify(unit);
  };
  const isIncluded = async (test: Case) => {
    const unit = run(test);
    expect([unit.outcome, unit.reason]).to.eql(["included", undefined]);
    await verify(unit);
  };

  describe("come to the state the machine comes to, step by step, in Ethereum's Osaka state tests", () => {
    if (!hasStateTests()) return;
    for (const file of stateTestFiles(STATE_TESTS).filter((name) => FILES.test(name))) {
      it(file.replace(".ndjson.gz", ""), async () => {
        const tests = [...readStateTests(new URL(file, STATE_TESTS))].flatMap((test) =>
          test.post.map((post) => ({ test, post })),
        );
        const stride = Math.max(1, Math.ceil(tests.length / SAMPLE_PER_FILE));
        for (let index = 0; index < tests.length; index += stride) {
          const { test, post } = tests[index] as (typeof tests)[number];
          const unit = traceTransaction(beginStateTest(test, post));
          // Blob transactions do not exist on this chain.
          const isInvalid = post.expectException !== undefined || post.txbytes.startsWith("0x03");
          expect(unit.outcome, test.name).to.equal(isInvalid ? "skipped" : "included");
          await verify(unit);
        }
      });
    }
  });

  describe("whatever bytes a transaction is said to be", () => {
    it("it is decoded or skipped as by the machine, if its structure is changed", async () => {
      const pre = {
        [alice.address]: accountOf({ balance: SENDER_BALANCE }),
        [CONTRACT]: accountOf({ nonce: 1n, code: "0x60013555" }),
      };
      const outcomes = { included: 0, skipped: 0 };
      await fc.assert(
        fc.asyncProperty(changedTransactions, async (change) => {
          const unit = traceTransaction(beginTransaction({ pre, raw: change(0), environment }));
          outcomes[unit.outcome]++;
          await verify(unit);
        }),
        { numRuns: 100 },
      );
      expect(outcomes.included).to.be.greaterThan(5);
      expect(outcomes.skipped).to.be.greaterThan(5);
    });

    it("it is decoded or skipped as by the machine, if any of its bytes are changed", async () => {
      const raws = ([0, 1, 2, 4] as const).map((type) => signFields(type, fieldsOf(type)));
      const change = fc.tuple(fc.constantFrom(...raws), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }));
      await fc.assert(
        fc.asyncProperty(change, fc.integer({ min: -2, max: 1 }), async ([raw, changes], length) => {
          let changed: Uint8Array = raw.slice(0, raw.length + Math.min(0, length));
          for (const [position, value] of changes) changed[position % changed.length] = value;
          if (length > 0) changed = concatBytes([changed, bytes(length)]);
          await verify(traceTransaction(beginTransaction({ pre: {}, raw: changed, environment })));
        }),
        { numRuns: 100 },
      );
    });

    it("it is skipped if it has fewer than 65 or more than 131,072 bytes", async () => {
      for (const size of [0, 1, 64, 131_073]) {
        const unit = traceTransaction(beginTransaction({ pre: {}, raw: bytes(size, 0xc1), environment }));
        expect([unit.outcome, unit.steps.length]).to.eql(["skipped", 1]);
        await verify(unit);
      }
    });

    it("it is included with and without a chain id in a legacy signature, with any length of data", async () => {
      const sizes = [0, 1, 55, 56, 255, 256, 65_535, 65_536, 65_537];
      const pre = { [alice.address]: accountOf({ balance: SENDER_BALANCE }) };
      for (const size of sizes) {
        const data = new Uint8Array(size).fill(1, 0, size - (size >> 1));
        for (const type of [0, 2]) {
          const raw = signRaw(alice, { type, to: CONTRACT, data, gasLimit: 2n ** 24n });
          const unit = traceTransaction(beginTransaction({ pre, raw, environment }));
          expect([unit.outcome, unit.reason]).to.eql(["included", undefined]);
          await verify(unit);
        }
      }
      // As before EIP-155: v is 27 or 28.
      const raw = RLP.encode([1, 1, 21_000, "", "", new Uint8Array(60), 27, 1, 1]);
      const unit = traceTransaction(beginTransaction({ pre, raw, environment }));
      expect(unit.steps.map(({ phase }) => phase)).to.include(Phase.Validate);
      await verify(unit);
    });

    it("it is skipped by the phase that reads what is wrong with it", async () => {
      const legacy = [1, 1, 21_000, "", "", new Uint8Array(60), 27];
      const wrong: readonly (readonly [Phase, Uint8Array])[] = [
        [Phase.DecodeHeader, signFields(1, fieldsOf(1).slice(1))],
        [Phase.DecodeAccessList, signFields(1, fieldsOf(1, [[bytes(19), []]]))],
        [Phase.DecodeAuthorizations, signFields(4, [...fieldsOf(4).slice(0, -1), [[]]])],
        [Phase.DecodeSignature, RLP.encode([...legacy, "", 1])],
        // No point of secp256k1 has the abscissa 5.
        [Phase.RecoverSender, RLP.encode([...legacy, 5, 1])],
      ];
      for (const [phase, raw] of wrong) {
        const unit = traceTransaction(beginTransaction({ pre: {}, raw, environment }));
        expect([unit.outcome, unit.steps.at(-1)?.phase]).to.eql(["skipped", phase]);
        await verify(unit);
      }
    });
  });

  describe("a transaction that cannot be paid for is skipped, however large its numbers are", () => {
    const rich = { balance: UINT256_MAX };

    it("by a fee whose product with the gas limit has more than 256 bits", async () => {
      const fields = { maxFeePerGas: UINT256_MAX, gasLimit: 2n ** 24n };
      await isSkipped({ fields, sender: rich }, "insufficient-funds");
      await isSkipped({ fields: { ...fields, maxPriorityFeePerGas: UINT256_MAX }, sender: rich }, "insufficient-funds");
    });

    it("by a value whose sum with the fee has more than 256 bits", async () => {
      await isSkipped({ fields: { value: UINT256_MAX }, sender: rich }, "insufficient-funds");
    });

    it("by one wei", async () => {
      const fields = { value: SENDER_BALANCE - 100_000n * GWEI };
      await isIncluded({ fields });
      await isSkipped({ fields: { value: fields.value + 1n } }, "insufficient-funds");
    });

    it("by a data price whose product with the tokens has more than 256 bits", async () => {
      for (const baseFee of [1n, 7n, 2n ** 200n]) {
        const block = { dataPrice: UINT256_MAX, baseFee };
        await isSkipped({ block, fields: { maxFeePerGas: UINT256_MAX }, sender: rich }, "gas-below-intrinsic");
      }
      // Here the quotient is small.
      const block = { dataPrice: UINT256_MAX, baseFee: UINT256_MAX };
      await isSkipped({ block, fields: { maxFeePerGas: UINT256_MAX }, sender: rich }, "insufficient-funds");
    });
  });

  describe("a transaction is validated", () => {
    it("with the gas of its data, rounded up", async () => {
      for (const dataPrice of [1n, environment.baseFee - 1n, environment.baseFee, 64n * environment.baseFee]) {
        await isIncluded({ block: { dataPrice } });
      }
      await isSkipped({ block: { dataPrice: 500n * environment.baseFee } }, "gas-below-intrinsic");
    });

    it("by its fee", async () => {
      await isIncluded({ fields: { maxFeePerGas: environment.baseFee, maxPriorityFeePerGas: 0n } });
      const fields = { maxFeePerGas: environment.baseFee - 1n, maxPriorityFeePerGas: 0n };
      await isSkipped({ fields }, "fee-below-base-fee");
    });

    it("by what it needs at least, and by what the block has left", async () => {
      await isIncluded({ fields: { gasLimit: 21_000n } });
      await isSkipped({ fields: { gasLimit: 20_999n } }, "gas-below-intrinsic");
      await isIncluded({ progress: { gasUsed: 60_000_000n - 100_000n } });
      await isSkipped({ progress: { gasUsed: 60_000_001n - 100_000n } }, "block-gas-exceeded");
      await isSkipped({ progress: { gasUsed: 60_000_001n } }, "block-gas-exceeded");
    });

    it("by its nonce", async () => {
      const last = 2n ** 64n - 2n;
      await isIncluded({ fields: { nonce: last }, sender: { nonce: last } });
      await isSkipped({ fields: { nonce: last + 1n }, sender: { nonce: last + 1n } }, "invalid");
      await isSkipped({ fields: { nonce: 1n } }, "nonce-too-high");
      await isSkipped({ sender: { nonce: 1n } }, "nonce-too-low");
    });

    it("by its sender's code", async () => {
      await isSkipped({ sender: { code: "0x00" } }, "sender-has-code");
      await isIncluded({ sender: { code: `0xef0100${"77".repeat(20)}` } });
    });

    it("by the length of its initcode", async () => {
      const fields = { to: undefined, gasLimit: 2n ** 24n };
      await isIncluded({ fields: { ...fields, data: new Uint8Array(49_152) } });
      await isSkipped({ fields: { ...fields, data: new Uint8Array(49_153) } }, "invalid");
    });
  });

  describe("a transaction is included", () => {
    it("if sender, coinbase and recipient are any of each other, or precompiles", async () => {
      for (const coinbase of [alice.address, CONTRACT, PRECOMPILE, COINBASE]) {
        for (const to of [alice.address, CONTRACT, PRECOMPILE])
          await isIncluded({ block: { coinbase }, fields: { to } });
        await isIncluded({ block: { coinbase }, fields: { to: undefined } });
      }
    });

    it("if its recipient runs the code of another account, of a precompile, of its sender or of itself", async () => {
      for (const target of [wallet(3).address, PRECOMPILE, alice.address, CONTRACT]) {
        await isIncluded({ others: { [CONTRACT]: accountOf({ nonce: 1n, code: `0xef0100${target.slice(2)}` }) } });
      }
    });

    it("as a failed one, if its contract's address is taken", async () => {
      // Of Alice's nonce 0.
      const created = createdAddress(run({ fields: { to: undefined } }));
      const [key, value]: [Hash, Hex] = [`0x${"00".repeat(31)}01`, "0x01"];
      for (const taken of [{ nonce: 1n }, { code: "0x00" as Hex }, { storage: { [key]: value } }]) {
        await isIncluded({ fields: { to: undefined }, others: { [created]: accountOf(taken) } });
      }
      expect(seen).to.include(`${Phase.EnterTransaction} to ${Phase.Settle}`);
    });

    it("if its frames read accounts and slots that nothing has read before", async () => {
      await isIncluded({ others: { [CONTRACT]: accountOf({ nonce: 1n, code: "0x611234315060015400" }) } });
    });

    it("behind any number of others in its block", async () => {
      for (const transactionCount of [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 31]) {
        await isIncluded({ progress: { transactionCount, gasUsed: BigInt(transactionCount) * 21_000n } });
      }
    });

    it("with authorizations that are passed over or set, whoever signed them", async () => {
      const [numbers, target] = [authorization(0), hexToBytes(CONTRACT)];
      const changed = (index: number, value: Item) => numbers.with(index, value);
      const order = hexToBytes("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
      const lists: Item[][] = [
        [authorization(1), authorization(2), authorization(2)],
        [changed(0, NOTHING), changed(0, Uint8Array.of(1))],
        [changed(1, bytes(20, 0)), changed(1, target)],
        [changed(2, bytes(8, 255)), changed(3, Uint8Array.of(2)), changed(3, Uint8Array.of(255))],
        [changed(4, NOTHING), changed(4, order), changed(4, Uint8Array.of(5))],
        [changed(5, NOTHING), changed(5, bytes(32, 0x7f)), changed(5, bytes(32, 0x80))],
      ];
      for (const list of lists) {
        const raw = signFields(4, fieldsOf(4).with(4, minimalBytes(500_000n)).with(9, list));
        const pre = { [alice.address]: accountOf({ balance: SENDER_BALANCE }) };
        const unit = traceTransaction(beginTransaction({ pre, raw, environment }));
        expect([unit.outcome, unit.reason]).to.eql(["included", undefined]);
        await verify(unit);
      }
    });
  });

  describe("a step", () => {
    it("has one next state: any other witness reverts or gives the same", async () => {
      const raw = signFields(4, fieldsOf(4).with(4, minimalBytes(500_000n)));
      const pre = {
        [alice.address]: accountOf({ balance: SENDER_BALANCE }),
        [CONTRACT]: accountOf({ nonce: 1n, code: "0x600160015560026000556003600055600060015500" }),
        [wallet(3).address]: accountOf({ nonce: 7n, code: `0xef0100${"77".repeat(20)}` }),
      };
      const environmentWithData = { ...environment, dataPrice: environment.baseFee };
      const { steps } = traceTransaction(
        beginTransaction({ pre, raw, environment: environmentWithData, transactionCount: 3 }),
      );
      const ways = new Map<string, TransactionStep>();
      for (const step of steps) ways.set(`${step.phase} to ${step.next}, ${step.witness.tries.length}`, step);
      const altered: TransactionStep[] = [];
      for (const step of ways.values()) {
        for (const { witness } of alteredWitnesses(step.witness)) altered.push({ ...step, witness });
      }
      const outcomes = await verifiers.take(altered);
      const counts = { reverted: 0, same: 0 };
      outcomes.forEach(({ isSuccess, data }, index) => {
        const step = altered[index] as TransactionStep;
        if (isSuccess) expect(data, `phase ${step.phase} to ${step.next}`).to.equal(step.after);
        counts[isSuccess ? "same" : "reverted"]++;
      });
      expect(ways.size).to.be.greaterThan(15);
      expect(counts.reverted).to.be.greaterThan(500);
    });

    it("says nothing about a signer for lack of gas", async () => {
      const raw = signFields(4, fieldsOf(4).with(4, minimalBytes(500_000n)));
      const pre = { [alice.address]: accountOf({ balance: SENDER_BALANCE }) };
      const { steps } = traceTransaction(beginTransaction({ pre, raw, environment }));
      for (const phase of [Phase.RecoverSender, Phase.Authorize]) {
        const step = steps.find((one) => one.phase === phase) as TransactionStep;
        const counts = { reverted: 0, right: 0 };
        for (let gasLimit = 60_000; gasLimit <= 300_000; gasLimit += 500) {
          const result = await verifiers.takeWith(step, gasLimit);
          if (result !== undefined) expect(result).to.equal(step.after);
          counts[result === undefined ? "reverted" : "right"]++;
        }
        expect(counts.reverted).to.be.greaterThan(5);
        expect(counts.right).to.be.greaterThan(5);
      }
    });

    it("is small: the largest take less than 3,000,000 gas and 80 KB", async () => {
      const data = new Uint8Array(130_000).fill(1);
      const raw = signRaw(alice, { type: 2, to: CONTRACT, data, gasLimit: 2n ** 24n });
      const pre = { [alice.address]: accountOf({ balance: SENDER_BALANCE }) };
      const unit = traceTransaction(beginTransaction({ pre, raw, environment }));
      const outcomes = await verify(unit);
      expect(Math.max(...outcomes.map(({ gasUsed }) => gasUsed))).to.be.within(300_000, 3_000_000);
      const sizes = unit.steps.map(({ witness }) => witness.regions.reduce((sum, { words }) => sum + words.length, 0));
      expect(Math.max(...sizes)).to.be.lessThan(80_000);
    });
  });

  describe("in all of this", () => {
    it("every way from one phase to the next has been gone", () => {
      const { Transaction, EndBlock, CountTransaction, Absorb, DecodeHeader, CountCalldata, DecodeAccessList } = Phase;
      const { DecodeAuthorizations, DecodeSignature, RecoverSender, Validate, BuyGas, Authorize } = Phase;
      const { EnterTransaction, LoadAccount, LoadSlot, EnterFrame, Execute, Settle, Flush, EndTransaction } = Phase;
      const ways: readonly (readonly [Phase, readonly Phase[]])[] = [
        [Transaction, [EndBlock, CountTransaction]],
        [CountTransaction, [CountTransaction, Absorb]],
        [DecodeHeader, [EndBlock, CountCalldata]],
        [CountCalldata, [CountCalldata, DecodeAccessList, DecodeSignature]],
        [DecodeAccessList, [EndBlock, DecodeAccessList, DecodeAuthorizations, DecodeSignature, LoadAccount, LoadSlot]],
        [DecodeAuthorizations, [EndBlock, DecodeAuthorizations, DecodeSignature]],
        [DecodeSignature, [EndBlock, Absorb]],
        [RecoverSender, [EndBlock, Validate]],
        [Validate, [EndBlock, BuyGas, LoadAccount]],
        [BuyGas, [Authorize, EnterTransaction, LoadAccount]],
        [Authorize, [Authorize, EnterTransaction, LoadAccount]],
        [EnterTransaction, [EnterFrame, Settle, LoadAccount]],
        [LoadAccount, [DecodeAccessList, Validate, BuyGas, Authorize, EnterTransaction, Execute]],
        [LoadSlot, [DecodeAccessList, Execute]],
        [Settle, [Flush]],
        [Flush, [Flush, EndTransaction]],
        [EndTransaction, [EndBlock]],
      ];
      const expected = ways.flatMap(([from, tos]) => tos.map((to) => `${from} to ${to}`));
      expect(expected.filter((way) => !seen.has(way))).to.eql([]);
    });
  });
});

/** The account that `EnterTransaction` makes warm last before the frame. */
function createdAddress({ steps }: TracedUnit): Address {
  const load = steps.find(({ phase, next }) => phase === Phase.LoadAccount && next === Phase.EnterTransaction);
  if (load === undefined) throw new Error("expected the new account to be loaded");
  return bytesToHex(load.witness.pending.subarray(44, 64));
}
