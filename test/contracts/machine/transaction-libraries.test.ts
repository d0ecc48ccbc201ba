/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import secp256k1 from "secp256k1";
import { calldataTokens, decodeAccount, encodeAccount, recoverAuthority } from "../../../src/ethereum/index.ts";
import type { AccountRecord } from "../../../src/ethereum/index.ts";
import { ZERO_ADDRESS, bytesToBigint, bytesToHex, concatBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { TransactionLibraries } from "../../../types/ethers-contracts/index.ts";
import { wallet } from "../../execution/harness.ts";

const RUNS = { numRuns: 200 };
const CALL_GAS = { gasLimit: 2n ** 24n };
const alice = wallet(1);

describe("the libraries of a transaction's phases", () => {
  let contract: TransactionLibraries;
  let ethers: Awaited<ReturnType<typeof network.create>>["ethers"];
  before(async () => {
    ({ ethers } = await network.create());
    contract = await ethers.deployContract("TransactionLibraries", []);
  });

  describe("calldata tokens", () => {
    const byte = fc.oneof(fc.constantFrom(0, 0, 0, 1, 0x7f, 0x80, 0x81, 0xff), fc.nat(255));

    it("are zero bytes + 4 × other bytes, whatever the bytes and however many", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(byte, { maxLength: 100 }), async (values) => {
          const bytes = Uint8Array.from(values);
          const { tokens } = await contract.countTokens(bytes);
          expect(tokens).to.equal(calldataTokens(bytes));
        }),
        RUNS,
      );
    });

    it("of the 65,536 bytes of a step cost little to count", async () => {
      const bytes = Uint8Array.from({ length: 65_536 }, (_, index) => index % 3);
      const { tokens, gasUsed } = await contract.countTokens(bytes, CALL_GAS);
      expect(tokens).to.equal(calldataTokens(bytes));
      expect(Number(gasUsed)).to.be.lessThan(400_000);
    });
  });

  describe("the signer of a hash", () => {
    const hash = new Uint8Array(32).fill(7);
    const { signature, recid } = secp256k1.ecdsaSign(hash, alice.privateKey);
    const [r, s] = [bytesToBigint(signature.subarray(0, 32)), bytesToBigint(signature.subarray(32))];

    it("is recovered, and 0 if there is none", async () => {
      expect((await contract.recover(hash, recid, r, s)).toLowerCase()).to.equal(alice.address);
      // No point of the curve has x = 5.
      expect(await contract.recover(hash, 0, 5, s)).to.equal(ZERO_ADDRESS);
    });

    it("is never said to be nobody for lack of gas", async () => {
      const data = contract.interface.encodeFunctionData("recover", [hash, recid, r, s]);
      const outcomes = { reverted: 0, recovered: 0 };
      for (let gasLimit = 22_000; gasLimit < 30_000; gasLimit += 20) {
        let result: string;
        try {
          result = await ethers.provider.call({ to: await contract.getAddress(), data, gasLimit });
        } catch {
          outcomes.reverted++;
          continue;
        }
        expect(result.slice(-40)).to.equal(alice.address.slice(2));
        outcomes.recovered++;
      }
      expect(outcomes.reverted).to.be.greaterThan(50);
      expect(outcomes.recovered).to.be.greaterThan(50);
    });
  });

  describe("a cursor over RLP", () => {
    type Item = Uint8Array | Item[];
    const { item } = fc.letrec<{ item: Item }>((tie) => ({
      item: fc.oneof(
        { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
        { weight: 1, arbitrary: fc.uint8Array({ minLength: 50, maxLength: 300 }) },
        { weight: 2, arbitrary: fc.array(tie("item"), { maxLength: 3 }) },
      ),
    }));
    // Mostly what is nearly right: an encoding with one byte changed, something behind it, or its end cut off.
    const encoding = fc
      .tuple(
        item.map((value) => RLP.encode(value)),
        fc.option(fc.tuple(fc.nat(3), fc.nat(255))),
        fc.uint8Array({ maxLength: 3 }),
        fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
      )
      .map(([encoded, change, rest, cut]) => {
        const bytes = concatBytes([encoded, rest]);
        if (change !== null) bytes[change[0] % bytes.length] = change[1];
        return bytes.subarray(0, Math.max(1, bytes.length - cut));
      });
    const cursorOver = (window: Uint8Array) => ({
      window,
      start: 1_000,
      position: 1_000,
      end: 1_000 + window.length,
      isMalformed: false,
    });
    /** The first item by the strict decoder of the library, and where it ends. */
    const decode = (bytes: Uint8Array): { readonly data: Item; readonly end: number } | undefined => {
      try {
        const { data, remainder } = RLP.decode(bytes, true);
        return { data, end: 1_000 + bytes.length - remainder.length };
      } catch {
        return undefined;
      }
    };

    it("reads exactly the canonical numbers of the size asked for", async () => {
      const outcomes = { malformed: 0, read: 0 };
      await fc.assert(
        fc.asyncProperty(encoding, fc.constantFrom(1, 8, 32), async (bytes, maximum) => {
          const expected = decode(bytes);
          const reading = await contract.readNumber(cursorOver(bytes), maximum);
          const data = expected?.data;
          if (!(data instanceof Uint8Array) || data.length > maximum || data[0] === 0) {
            outcomes.malformed++;
            expect(reading.isMalformed, bytesToHex(bytes)).to.equal(true);
            return;
          }
          outcomes.read++;
          expect([...reading], bytesToHex(bytes)).to.eql([false, bytesToBigint(data), BigInt(expected?.end ?? 0)]);
        }),
        { numRuns: 500 },
      );
      for (const count of Object.values(outcomes)) expect(count).to.be.greaterThan(50);
    });

    it("reads strings of one size", async () => {
      for (const length of [20, 32]) {
        const value = new Uint8Array(length).fill(9);
        for (const size of [0, length - 1, length, length + 1]) {
          const encoded = RLP.encode(new Uint8Array(size));
          expect((await contract.readFixed(cursorOver(encoded), length)).isMalformed).to.equal(size !== length);
        }
        const reading = await contract.readFixed(cursorOver(RLP.encode(value)), length);
        expect(reading.value).to.equal(bytesToBigint(value));
      }
    });

    it("tells a list from a string, and where either ends", async () => {
      await fc.assert(
        fc.asyncProperty(item, async (value) => {
          const encoded = RLP.encode(value);
          const cursor = { ...cursorOver(encoded.subarray(0, 4)), end: 1_000 + encoded.length };
          const list = await contract.readListHeader(cursor);
          const string = await contract.readStringHeader(cursor);
          expect(list.isMalformed).to.equal(value instanceof Uint8Array);
          expect(string.isMalformed).to.equal(!(value instanceof Uint8Array));
          if (value instanceof Uint8Array) {
            expect(string.value).to.equal(BigInt(value.length));
            expect(string.position + string.value).to.equal(BigInt(cursor.end));
          } else {
            expect(list.value).to.equal(BigInt(cursor.end));
          }
        }),
        RUNS,
      );
    });

    it("never passes the end of the list it is in, nor what is known of the bytes", async () => {
      const encoded = RLP.encode(new Uint8Array(32).fill(1));
      const cursor = cursorOver(encoded);
      expect((await contract.readNumber({ ...cursor, end: cursor.end - 1 }, 32)).isMalformed).to.equal(true);
      const window = encoded.subarray(0, 32);
      expect((await contract.readNumber({ ...cursor, window }, 32)).isMalformed).to.equal(true);
      expect((await contract.readNumber({ ...cursor, position: cursor.end }, 32)).isMalformed).to.equal(true);
      expect((await contract.readListHeader({ ...cursor, window: new Uint8Array() })).isMalformed).to.equal(true);
    });

    it("stays malformed once it is", async () => {
      const reading = await contract.readNumber({ ...cursorOver(Uint8Array.of(1)), isMalformed: true }, 32);
      expect([...reading]).to.eql([true, 0n, 1_000n]);
    });
  });

  describe("an authorization", () => {
    const { signature, recid } = secp256k1.ecdsaSign(
      Buffer.from(
        keccak256(concatBytes([Uint8Array.of(5), RLP.encode([42n, new Uint8Array(20).fill(3), 7n])])).slice(2),
        "hex",
      ),
      alice.privateKey,
    );
    const fields = [
      Uint8Array.of(42),
      new Uint8Array(20).fill(3),
      Uint8Array.of(7),
      recid === 0 ? new Uint8Array() : Uint8Array.of(1),
      signature.slice(0, 32),
      signature.slice(32),
    ];
    const read = (encoded: Uint8Array) =>
      contract.readAuthorization({ window: encoded, start: 0, position: 0, end: encoded.length, isMalformed: false });

    it("is its signer's", async () => {
      const { isMalformed, authority } = await read(RLP.encode(fields));
      expect(isMalformed).to.equal(false);
      expect(authority.toLowerCase()).to.equal(alice.address);
    });

    it("is nobody's or somebody's as for the rest of the chain, whatever it says", async () => {
      const number = (size: number) =>
        fc.uint8Array({ maxLength: size }).map((bytes) => bytes.subarray(bytes.findIndex((byte) => byte !== 0) >>> 0));
      const any = fc.tuple(
        number(32),
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        number(8),
        fc.oneof(number(1), fc.constantFrom(new Uint8Array(), Uint8Array.of(1))),
        fc.oneof(number(32), fc.constant(signature.slice(0, 32))),
        fc.oneof(number(32), fc.constant(signature.slice(32))),
      );
      await fc.assert(
        fc.asyncProperty(any, async ([chainId, target, nonce, yParity, r, s]) => {
          const { isMalformed, authority } = await read(RLP.encode([chainId, target, nonce, yParity, r, s]));
          expect(isMalformed).to.equal(false);
          const expected = recoverAuthority({
            chainId: bytesToBigint(chainId),
            address: bytesToHex(target),
            nonce: bytesToBigint(nonce),
            yParity: Number(bytesToBigint(yParity)),
            r: bytesToBigint(r),
            s: bytesToBigint(s),
          });
          expect(authority.toLowerCase()).to.equal(expected ?? ZERO_ADDRESS);
        }),
        RUNS,
      );
    });

    it("has six fields", async () => {
      for (const wrong of [fields.slice(0, 5), [...fields, new Uint8Array()]]) {
        expect((await read(RLP.encode(wrong))).isMalformed).to.equal(true);
      }
    });
  });

  describe("entries of the state", () => {
    const uint = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const account: fc.Arbitrary<AccountRecord> = fc.record({
      nonce: uint(64n),
      balance: uint(256n),
      storageRoot: hash,
      codeHash: hash,
    });
    const flags = { codeLength: 0, delegation: 0, isWarm: false, isCreated: false, isDestroyed: false, isDirty: false };

    it("have the encoding that the rest of the chain gives them", async () => {
      await fc.assert(
        fc.asyncProperty(account, uint(256n), async (record, slot) => {
          const encoded = encodeAccount(record);
          expect(await contract.encodeAccount({ ...record, ...flags })).to.equal(bytesToHex(encoded));
          const decoded = await contract.decodeAccount(encoded);
          expect([decoded.nonce, decoded.balance, decoded.storageRoot, decoded.codeHash]).to.eql([
            record.nonce,
            record.balance,
            bytesToHex(record.storageRoot),
            bytesToHex(record.codeHash),
          ]);
          expect(decodeAccount(encoded).nonce).to.equal(decoded.nonce);
          expect(await contract.decodeSlot(await contract.encodeSlot(slot))).to.equal(slot);
          expect(await contract.encodeSlot(slot)).to.equal(bytesToHex(RLP.encode(slot)));
        }),
        RUNS,
      );
    });

    it("are refused if no state has them", async () => {
      const malformed = [
        "0xc0",
        "0x80",
        bytesToHex(RLP.encode([1n, 2n, new Uint8Array(31).fill(1), new Uint8Array(32)])),
      ];
      for (const value of malformed) {
        let error: unknown;
        await contract.decodeAccount(value).catch((caught: unknown) => (error = caught));
        expect(String(error)).to.contain("EntryMalformed");
      }
      let error: unknown;
      await contract.decodeSlot("0x0101").catch((caught: unknown) => (error = caught));
      expect(String(error)).to.contain("EntryMalformed");
    });
  });

  it("a delegation is a code of 23 bytes that begins with 0xef0100", async () => {
    const target = "11".repeat(20);
    expect(await contract.delegationOf(`0xef0100${target}`)).to.equal(2n ** 160n + BigInt(`0x${target}`));
    for (const code of ["0x", `0xef0101${target}`, `0xef0100${target}00`, `0xef0100${target.slice(2)}`]) {
      expect(await contract.delegationOf(code)).to.equal(0n);
    }
  });

  it("the bloom of no logs is 256 zero bytes", async () => {
    expect(await contract.emptyBloomHash()).to.equal(keccak256(new Uint8Array(256)));
  });
});
