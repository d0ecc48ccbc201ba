import { expect } from "chai";
import fc from "fast-check";
import { InvalidTransactionError, decodeTransaction } from "../../src/ethereum/index.ts";
import type { SignedTransaction } from "../../src/ethereum/index.ts";
import { concatBytes } from "../../src/primitives/index.ts";
import { CHAIN_ID, ETHER, PROGRAMS, createTestChain } from "../execution/harness.ts";
import {
  CONTRACT,
  NOTHING,
  alice,
  authorization,
  bytes,
  changedTransactions,
  fieldsOf,
  list,
  signFields,
} from "./transaction-bytes.ts";
import type { Item } from "./transaction-bytes.ts";

function decodeOrUndefined(raw: Uint8Array): SignedTransaction | undefined {
  try {
    return decodeTransaction(raw, CHAIN_ID);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return undefined;
    throw error;
  }
}

describe("a signed transaction is rejected with InvalidTransactionError", () => {
  const rejects = (raw: Uint8Array) => expect(() => decodeTransaction(raw, CHAIN_ID)).to.throw(InvalidTransactionError);

  for (const [what, accessList] of [
    ["is the empty string", NOTHING],
    ["is a string", bytes(20)],
    ["has an address that is a list of 20 strings", [[list(20), []]]],
    ["has an address that is a list of 20 lists", [[list(20, []), []]]],
    ["has an address of 19 bytes", [[bytes(19), []]]],
    ["has slots that are the empty string", [[bytes(20), NOTHING]]],
    ["has slots that are a string", [[bytes(20), bytes(32)]]],
    ["has a slot that is a list of 32 strings", [[bytes(20), [list(32)]]]],
    ["has a slot of 31 bytes", [[bytes(20), [bytes(31)]]]],
    ["has an item that is a string of 2 bytes", [bytes(2)]],
    ["has an item of three fields", [[bytes(20), [], []]]],
    ["has a string after its items", [[bytes(20), []], NOTHING]],
  ] as readonly (readonly [string, Item])[]) {
    it(`if its access list ${what}`, () => {
      for (const type of [1, 2, 4] as const) rejects(signFields(type, fieldsOf(type, accessList)));
    });
  }

  const authorizations = (change: (fields: Item[]) => Item): Item => {
    const fields = [...authorization(0)];
    return [authorization(1), change(fields)];
  };
  const replacing = (index: number, value: Item) => authorizations((fields) => fields.with(index, value));
  for (const [what, authorizationList] of [
    ["is the empty string", NOTHING],
    ["is a string", bytes(20)],
    ["is empty", []],
    ["has an item that is a string of 6 bytes", authorizations(() => bytes(6))],
    ["has an item of seven fields", authorizations((fields) => [...fields, NOTHING])],
    ["has an item of five fields", authorizations((fields) => fields.slice(0, 5))],
    ["has an address that is a list of 20", replacing(1, list(20))],
    ["has an address of 21 bytes", replacing(1, bytes(21))],
    ["has no address", replacing(1, NOTHING)],
    ["has a chain id of 33 bytes", replacing(0, bytes(33))],
    ["has a nonce of 9 bytes", replacing(2, bytes(9))],
    ["has a yParity of 2 bytes", replacing(3, bytes(2))],
    ["has an r of 33 bytes", replacing(4, bytes(33))],
    ["has an s of 33 bytes", replacing(5, bytes(33))],
    ...[0, 2, 3, 4, 5].flatMap((index): [string, Item][] => [
      [`has an empty list for field ${index}`, replacing(index, [])],
      [`has a leading zero in field ${index}`, replacing(index, Uint8Array.of(0, 1))],
      [`has a zero byte for field ${index}`, replacing(index, Uint8Array.of(0))],
    ]),
  ] as readonly (readonly [string, Item])[]) {
    it(`if its authorization list ${what}`, () => {
      rejects(signFields(4, fieldsOf(4).with(9, authorizationList)));
    });
  }

  it("if its lists nest ten thousand deep, at once and with the same message on a stack of any size", () => {
    const messages = [10, 1_000, 30_000].map((depth) => {
      let nested: Uint8Array = Uint8Array.of(0xc0);
      const prefixes: Uint8Array[] = [nested];
      let size = 1;
      for (let level = 1; level < depth; level++) {
        const prefix =
          size < 56
            ? [0xc0 + size]
            : size < 256
              ? [0xf8, size]
              : size < 65_536
                ? [0xf9, size >> 8, size & 255]
                : [0xfa, size >> 16, (size >> 8) & 255, size & 255];
        size += prefix.length;
        prefixes.push(Uint8Array.from(prefix));
      }
      nested = concatBytes([...prefixes.reverse(), bytes(65)]);
      try {
        decodeTransaction(nested, CHAIN_ID);
      } catch (error) {
        return error instanceof InvalidTransactionError ? error.message : error;
      }
      return undefined;
    });
    expect(new Set(messages)).to.eql(new Set(["lists nest deeper than 4 in the encoding"]));
  });
});

describe("whatever structure a signed transaction has", () => {
  it("it is included if it is well formed, authorizations and access list in effect", async () => {
    for (const type of [0, 1, 2, 4] as const) {
      const chain = await createTestChain({
        balances: { [alice.address]: ETHER },
        code: { [CONTRACT]: PROGRAMS.remember },
      });
      await chain.include(decodeTransaction(signFields(type, fieldsOf(type)), CHAIN_ID));
      expect(await chain.nonce(alice.address)).to.equal(type === 4 ? 2n : 1n);
    }
  });

  it("a block with it is made: it is included or skipped, and nothing ever throws", async () => {
    const chain = await createTestChain({ code: { [CONTRACT]: PROGRAMS.remember } });
    const outcomes = { rejected: 0, skipped: 0, included: 0 };

    const execute = async (raw: Uint8Array): Promise<void> => {
      const transaction = decodeOrUndefined(raw);
      if (transaction === undefined) {
        outcomes.rejected++;
        return;
      }
      await chain.block(async (execution) => {
        const { sender } = transaction;
        await execution.executeMessage(chain.deposit({ sender, refundTo: sender, mint: ETHER }));
        const outcome = await execution.executeTransaction(transaction);
        outcomes[outcome.kind]++;
      });
    };

    await fc.assert(
      fc.asyncProperty(changedTransactions, async (transactionOf) => {
        await execute(transactionOf(Number(await chain.nonce(alice.address))));
      }),
      { numRuns: 3_000 },
    );
    // Each way was gone often enough to mean something.
    for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).to.be.greaterThan(40);
  });
});
