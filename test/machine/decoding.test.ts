import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import {
  InvalidTransactionError,
  MAX_INITCODE_SIZE,
  MAX_NONCE,
  createMemoryStateDatabase,
  decodeTransaction,
  openStateView,
} from "../../src/ethereum/index.ts";
import type { SignedTransaction } from "../../src/ethereum/index.ts";
import { EMPTY_TRIE_ROOT } from "../../src/ethereum/merkle-patricia-trie.ts";
import { BlockState, stateOf } from "../../src/execution/index.ts";
import { Phase, createMachine, isBoundary, rawSlice, start, step } from "../../src/machine/index.ts";
import type { Machine } from "../../src/machine/index.ts";
import { bytesToHex, concatBytes, ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import { ACCESS_LIST, alice, bytes, changedTransactions, fieldsOf, signFields } from "../ethereum/transaction-bytes.ts";
import { CHAIN_ID, account, signRaw, wallet } from "../execution/harness.ts";

/** A machine that has decoded raw bytes and is at `Validate`, or has skipped them. */
function decodeInSteps(raw: Uint8Array, isProving: boolean): Machine {
  const view = openStateView(createMemoryStateDatabase(), bytesToHex(EMPTY_TRIE_ROOT));
  const machine = createMachine({
    environment: {
      number: 1,
      timestamp: 1,
      coinbase: ZERO_ADDRESS,
      gasLimit: 60_000_000n,
      baseFee: 7n,
      prevRandao: ZERO_HASH,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: 1n,
      dataPrice: 0n,
    },
    ...stateOf(new BlockState(() => view)),
    isProving,
  });
  machine.block.raw = rawSlice(raw);
  start(machine);
  while (!isBoundary(machine.phase) && machine.phase !== Phase.Validate) step(machine);
  return machine;
}

function decodeOrUndefined(raw: Uint8Array): SignedTransaction | undefined {
  try {
    return decodeTransaction(raw, CHAIN_ID);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return undefined;
    throw error;
  }
}

/** What `decodeTransaction` refuses and the machine leaves to `Validate`, where it is skipped whatever the state. */
function isInvalidLater({ transaction }: Machine): boolean {
  if (transaction === undefined) return false;
  const { nonce, isCreation, data, gasLimit, maxFeePerGas } = transaction;
  return (
    nonce === MAX_NONCE ||
    (isCreation && data.bytes.length > MAX_INITCODE_SIZE) ||
    BigInt(gasLimit) * maxFeePerGas >= 2n ** 256n
  );
}

/** Compares both ways; says what came out. */
function compare(raw: Uint8Array): "accepted" | "rejected" {
  const expected = decodeOrUndefined(raw);
  for (const isProving of [false, true]) {
    const machine = decodeInSteps(raw, isProving);
    const { transaction } = machine;
    if (expected === undefined) {
      expect(transaction === undefined || isInvalidLater(machine), bytesToHex(raw)).to.equal(true);
      if (transaction === undefined) {
        expect(machine.skipReason?.kind).to.equal("invalid");
        expect(machine.block.outcome).to.equal(2);
        expect([...machine.overlay.keys]).to.eql([]);
      }
      continue;
    }
    if (transaction === undefined) throw new Error(`${JSON.stringify(machine.skipReason)}: ${bytesToHex(raw)}`);
    const { accessList } = expected;
    const actual = {
      hash: transaction.transactionHash,
      sender: transaction.sender,
      kind: transaction.kind,
      nonce: transaction.nonce,
      gasLimit: BigInt(transaction.gasLimit),
      value: transaction.value,
      maxFeePerGas: transaction.maxFeePerGas,
      maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
      tokens: BigInt(transaction.tokens),
      to: transaction.isCreation ? undefined : transaction.to,
      data: bytesToHex(transaction.data.bytes),
      addressCount: transaction.addressCount,
      slotCount: transaction.slotCount,
      authorizationCount: transaction.authorizationCount,
      pending: machine.pending,
    };
    expect(actual).to.eql({
      hash: expected.hash,
      sender: expected.sender,
      kind: expected.type,
      nonce: expected.nonce,
      gasLimit: expected.gasLimit,
      value: expected.value,
      maxFeePerGas: expected.maxFeePerGas,
      maxPriorityFeePerGas: expected.maxPriorityFeePerGas,
      tokens: expected.tokens,
      to: expected.to,
      data: bytesToHex(expected.data),
      addressCount: accessList.length,
      slotCount: accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0),
      authorizationCount: expected.authorizations.length,
      pending: undefined,
    });
    if (!machine.isProving) {
      // Becomes warm once the transaction is valid.
      const listed = accessList.flatMap(({ address, storageKeys }) =>
        [undefined, ...storageKeys].map((slot) => ({ address, slot })),
      );
      expect(machine.toWarm).to.eql(listed);
      expect([...machine.overlay.keys]).to.eql([]);
      continue;
    }
    for (const { address, storageKeys } of accessList) {
      // The entry of a precompile need not be: it is warm as it is.
      if (BigInt(address) > 0x100n) expect(machine.overlay.account(address)?.isWarm).to.equal(true);
      for (const key of storageKeys) expect(machine.overlay.slot(address, key)?.isWarm).to.equal(true);
    }
  }
  return expected === undefined ? "rejected" : "accepted";
}

describe("decoding a transaction in steps gives what decoding it at once gives", function () {
  this.timeout(120_000);

  it("for valid transactions of every type, with and without a chain id, long lists and long data", () => {
    const long = new Uint8Array(100_000).fill(3, 1_000, 70_000);
    const raws = [
      ...([0, 1, 2, 4] as const).map((type) => signFields(type, fieldsOf(type))),
      ...[55, 56, 255, 256, 65_535, 65_536, 65_537, 130_000].map((size) =>
        signRaw(alice, { to: account(1), data: long.subarray(0, size), gasLimit: 2n ** 24n }),
      ),
      signRaw(alice, { type: 0, data: new Uint8Array() }),
      signRaw(alice, { type: 0, data: Uint8Array.of(0x7f) }),
      signRaw(alice, { type: 1, to: account(1), data: Uint8Array.of(0x80) }),
      signFields(
        2,
        fieldsOf(
          2,
          Array.from({ length: 300 }, (_, index) => [bytes(20, index % 7), [bytes(32, index % 5)]]),
        ),
      ),
      signFields(1, fieldsOf(1, [[bytes(20), Array.from({ length: 3_000 }, (_, index) => bytes(32, index % 250))]])),
      RLP.encode([1, 1, 21_000, "", "", new Uint8Array(60), 27, 1, 1]),
    ];
    for (const raw of raws) expect(compare(raw)).to.equal("accepted");
  });

  it("for transactions of the least and most bytes, and one byte beyond", () => {
    const ofSize = (size: number) => RLP.encode([1, 1, 21_000, "", "", new Uint8Array(size - 13), 27, 1, 1]);
    expect(compare(ofSize(64))).to.equal("rejected");
    expect(compare(ofSize(65))).to.equal("accepted");
    expect(compare(new Uint8Array())).to.equal("rejected");
    expect(compare(new Uint8Array(131_072))).to.equal("rejected");
    expect(compare(new Uint8Array(131_073))).to.equal("rejected");
  });

  it("for what decodeTransaction refuses only because it is never valid", () => {
    const change = (index: number, value: Uint8Array) => fieldsOf(2).with(index, value);
    const raws = [
      signFields(2, change(1, bytes(8, 255))),
      signFields(2, change(7, bytes(49_153)).with(5, new Uint8Array())),
      signFields(2, change(3, bytes(32, 255))),
    ];
    for (const raw of raws) {
      expect(compare(raw)).to.equal("rejected");
      const machine = decodeInSteps(raw, true);
      while (!isBoundary(machine.phase)) step(machine);
      expect(machine.block.outcome).to.equal(2);
    }
  });

  it("for transactions whose structure is changed", () => {
    const outcomes = { accepted: 0, rejected: 0 };
    fc.assert(
      fc.property(changedTransactions, fc.nat(300), (transactionOf, nonce) => {
        outcomes[compare(transactionOf(nonce))]++;
      }),
      { numRuns: 3_000 },
    );
    for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).to.be.greaterThan(100);
  });

  it("for transactions with a byte changed, put in, taken out, or cut off", () => {
    const seeds = ([0, 1, 2, 4] as const).flatMap((type) => [
      signFields(type, fieldsOf(type)),
      signFields(
        type,
        fieldsOf(type, type === 0 ? undefined : ([ACCESS_LIST, ACCESS_LIST].flat(1) as typeof ACCESS_LIST)),
      ),
      signRaw(wallet(2), { type: 2, data: bytes(300) }),
    ]);
    const damages = [
      (raw: Uint8Array, at: number, value: number) => raw.with(at, value),
      (raw: Uint8Array, at: number, value: number) =>
        concatBytes([raw.subarray(0, at), Uint8Array.of(value), raw.subarray(at)]),
      (raw: Uint8Array, at: number) => concatBytes([raw.subarray(0, at), raw.subarray(at + 1)]),
      (raw: Uint8Array, at: number) => raw.subarray(0, at),
    ];
    // Headers are where it matters.
    const value = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0x94, 0xa0, 0xb8, 0xbf, 0xc0, 0xc1, 0xf8, 0xff),
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.constantFrom(...damages), fc.nat(), value, (raw, damage, at, byte) => {
        compare(damage(raw, at % raw.length, byte));
      }),
      { numRuns: 10_000 },
    );
  });

  it("for bytes that are anything", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 65, maxLength: 200 }), (raw) => {
        expect(compare(raw)).to.equal("rejected");
      }),
      { numRuns: 2_000 },
    );
  });
});
