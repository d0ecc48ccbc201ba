import { expect } from "chai";
import fc from "fast-check";
import { InvalidTransactionError, decodeTransaction } from "../../src/ethereum/index.ts";
import type { SignedTransaction } from "../../src/ethereum/index.ts";
import { bytesToHex, concatBytes } from "../../src/primitives/index.ts";
import { decodeLibraryTransaction } from "../../src/reference/library-transaction.ts";
import { changedTransactions, fieldsOf, signFields } from "../ethereum/transaction-bytes.ts";
import { CHAIN_ID } from "../execution/harness.ts";

function decodeOrUndefined(raw: Uint8Array): SignedTransaction | undefined {
  try {
    return decodeTransaction(raw, CHAIN_ID);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return undefined;
    throw error;
  }
}

/** Compares both decoders; says what came out. */
function compare(raw: Uint8Array): "accepted" | "rejected" {
  const ours = decodeOrUndefined(raw);
  const library = decodeLibraryTransaction(raw, CHAIN_ID);
  if (ours === undefined || library === undefined) {
    expect(library === undefined, bytesToHex(raw)).to.equal(ours === undefined);
    return "rejected";
  }
  const json = library.toJSON();
  expect({
    sender: ours.sender,
    hash: ours.hash,
    type: ours.type,
    nonce: ours.nonce,
    gasLimit: ours.gasLimit,
    value: ours.value,
    to: ours.to,
    data: bytesToHex(ours.data),
    fees: [ours.maxFeePerGas, ours.maxPriorityFeePerGas],
    signature: [ours.v, ours.r, ours.s],
    accessList: ours.accessList,
    authorizations: ours.authorizations.map(({ address, nonce, yParity }) => [address, nonce, yParity]),
  }).to.eql({
    sender: library.getSenderAddress().toString(),
    hash: bytesToHex(library.hash()),
    type: library.type,
    nonce: library.nonce,
    gasLimit: library.gasLimit,
    value: library.value,
    to: library.to?.toString(),
    data: bytesToHex(library.data),
    fees:
      "maxFeePerGas" in library
        ? [library.maxFeePerGas, library.maxPriorityFeePerGas]
        : Array(2).fill(library.gasPrice),
    signature: [library.v, library.r, library.s],
    accessList: json.accessList ?? [],
    authorizations: ("authorizationList" in library ? library.authorizationList : []).map(
      ([, address, nonce, yParity]) => [
        bytesToHex(address),
        BigInt(`0x0${bytesToHex(nonce).slice(2)}`),
        Number(`0x0${bytesToHex(yParity).slice(2)}`),
      ],
    ),
  });
  return "accepted";
}

describe("the decoder accepts what ethereumjs's accepts, with the same fields and sender", function () {
  this.timeout(120_000);

  it("of transactions of every type whose structure is changed", () => {
    const outcomes = { accepted: 0, rejected: 0 };
    fc.assert(
      fc.property(changedTransactions, fc.nat(300), (transactionOf, nonce) => {
        outcomes[compare(transactionOf(nonce))]++;
      }),
      { numRuns: 2_000 },
    );
    for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).to.be.greaterThan(100);
  });

  it("of transactions with a byte changed, put in, taken out, or cut off", () => {
    const seeds = ([0, 1, 2, 4] as const).map((type) => signFields(type, fieldsOf(type)));
    const damages = [
      (raw: Uint8Array, at: number, value: number) => raw.with(at, value),
      (raw: Uint8Array, at: number, value: number) =>
        concatBytes([raw.subarray(0, at), Uint8Array.of(value), raw.subarray(at)]),
      (raw: Uint8Array, at: number) => concatBytes([raw.subarray(0, at), raw.subarray(at + 1)]),
      (raw: Uint8Array, at: number) => raw.subarray(0, at),
    ];
    const value = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0x94, 0xa0, 0xb8, 0xbf, 0xc0, 0xc1, 0xf8, 0xff),
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.constantFrom(...damages), fc.nat(), value, (raw, damage, at, byte) => {
        compare(damage(raw, at % raw.length, byte));
      }),
      { numRuns: 3_000 },
    );
  });
});
