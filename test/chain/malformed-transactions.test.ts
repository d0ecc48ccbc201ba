import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import secp256k1 from "secp256k1";
import { InvalidTransactionError, decodeTransaction } from "../../src/chain/index.ts";
import type { SignedTransaction } from "../../src/chain/index.ts";
import { bytesToBigint, concatBytes, hexToBytes, keccak256Bytes } from "../../src/primitives/index.ts";
import { minimalBytes } from "../../src/chain/account.ts";
import { CHAIN_ID, ETHER, GWEI, PROGRAMS, account, createTestChain, wallet } from "./harness.ts";

/** What RLP can encode. */
type Item = Uint8Array | readonly Item[];
type TransactionType = 0 | 1 | 2 | 4;

const alice = wallet(1);
const CONTRACT = account(1);
const NOTHING = new Uint8Array();
const number = (value: bigint | number) => minimalBytes(BigInt(value));
const bytes = (size: number, value = 7) => new Uint8Array(size).fill(value);
/** As long as a string of bytes, which is all that `length` tells. */
const list = (size: number, item: Item = Uint8Array.of(7)): Item => Array.from({ length: size }, () => item);

const typePrefix = (type: TransactionType) => Uint8Array.from(type === 0 ? [] : [type]);
const encode = (item: Item): Uint8Array => RLP.encode(item as Parameters<typeof RLP.encode>[0]);

function signHash(hash: Uint8Array): { readonly recoveryId: number; readonly r: Uint8Array; readonly s: Uint8Array } {
  const { signature, recid } = secp256k1.ecdsaSign(hash, alice.privateKey);
  const half = (start: number) => minimalBytes(bytesToBigint(signature.subarray(start, start + 32)));
  return { recoveryId: recid, r: half(0), s: half(32) };
}

/** Raw bytes of a transaction of these fields, whatever they are, with Alice's signature of them. */
function signFields(type: TransactionType, fields: readonly Item[]): Uint8Array {
  const unsigned = type === 0 ? [...fields, number(CHAIN_ID), NOTHING, NOTHING] : fields;
  const { recoveryId, r, s } = signHash(keccak256Bytes(concatBytes([typePrefix(type), encode(unsigned)])));
  const v = number(type === 0 ? recoveryId + 35 + 2 * CHAIN_ID : recoveryId);
  return concatBytes([typePrefix(type), encode([...fields, v, r, s])]);
}

function authorization(nonce: number): readonly Item[] {
  const fields = [number(CHAIN_ID), hexToBytes(CONTRACT), number(nonce)];
  const { recoveryId, r, s } = signHash(keccak256Bytes(concatBytes([Uint8Array.of(5), encode(fields)])));
  return [...fields, number(recoveryId), r, s];
}

const ACCESS_LIST: Item = [
  [hexToBytes(CONTRACT), [bytes(32, 0), bytes(32)]],
  [bytes(20), []],
];

/** Fields without the signature; the access list is the last but for type 4. */
function fieldsOf(type: TransactionType, accessList: Item = ACCESS_LIST, nonce = 0): readonly Item[] {
  const call = [number(100_000), hexToBytes(CONTRACT), NOTHING, Uint8Array.of(1, 0)];
  if (type === 0) return [number(nonce), number(GWEI), ...call];
  const fees = type === 1 ? [number(GWEI)] : [NOTHING, number(GWEI)];
  const fields = [number(CHAIN_ID), number(nonce), ...fees, ...call, accessList];
  return type === 4 ? [...fields, [authorization(nonce + 1), authorization(5)]] : fields;
}

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
    expect(new Set(messages)).to.deep.equal(new Set(["lists nest deeper than 4 in the encoding"]));
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

    const replacement: fc.Arbitrary<(item: Item) => readonly Item[]> = fc.oneof(
      fc.constantFrom<((item: Item) => readonly Item[])[]>(
        (item) => [item],
        () => [[]],
        () => [NOTHING],
        () => [],
        (item) => [item, item],
        (item) => [[item]],
        (item) => [list(item.length)],
        (item) => [list(item.length, [])],
        (item) => [bytes(item.length)],
        (item) => [item instanceof Uint8Array ? concatBytes([item, bytes(1)]) : [...item, bytes(1)]],
        (item) => [item.slice(0, -1)],
        (item) => [item instanceof Uint8Array ? concatBytes([bytes(1, 0), item]) : [bytes(1, 0), ...item]],
      ),
      fc.uint8Array({ maxLength: 40 }).map((value) => () => [value]),
    );
    const mutations = fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 2 });
    const isSignatureKept = fc.integer({ min: 0, max: 3 }).map((value) => value === 0);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TransactionType[]>(0, 1, 2, 4),
        mutations,
        isSignatureKept,
        async (type, changes, keepsSignature) => {
          const nonce = Number(await chain.nonce(alice.address));
          const mutate = (fields: readonly Item[]) =>
            changes.reduce((items, [position, change]) => replaceItem(items, position, change), fields);
          if (!keepsSignature) return execute(signFields(type, mutate(fieldsOf(type, ACCESS_LIST, nonce))));
          // The signature then is of something else, and so of somebody else.
          const signed = signFields(type, fieldsOf(type, ACCESS_LIST, nonce));
          const fields = RLP.decode(signed.subarray(typePrefix(type).length)) as readonly Item[];
          return execute(concatBytes([typePrefix(type), encode(mutate(fields))]));
        },
      ),
      { numRuns: 3_000 },
    );
    // Each way was gone often enough to mean something.
    for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).to.be.greaterThan(40);
  });
});

/** Replaces the item at a position of the tree, counted modulo its size in the order of the encoding. */
function replaceItem(
  items: readonly Item[],
  position: number,
  change: (item: Item) => readonly Item[],
): readonly Item[] {
  let countdown = position % Math.max(1, countItems(items));
  const visit = (item: Item): readonly Item[] => {
    if (countdown-- === 0) return change(item);
    return [item instanceof Uint8Array ? item : item.flatMap(visit)];
  };
  return items.flatMap(visit);
}

function countItems(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + 1 + (item instanceof Uint8Array ? 0 : countItems(item)), 0);
}
