import { existsSync, readFileSync } from "node:fs";
import { RLP } from "@ethereumjs/rlp";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, hexToBytes } from "../../../../src/primitives/index.ts";
import type { MachineTries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries } from "./libraries-fixture.ts";

const VECTORS = new URL("../../../../../shared/vectors/rlp/", import.meta.url);

type Decoded = Uint8Array | Decoded[];
const decoded: fc.Arbitrary<Decoded> = fc.letrec<{ item: Decoded }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3 },
    fc.uint8Array({ maxLength: 3 }),
    fc.uint8Array({ minLength: 50, maxLength: 70 }),
    fc.array(tie("item"), { maxLength: 5 }),
  ),
})).item;

describe("Rlp, on chain", () => {
  let tries: MachineTries;
  before(async () => {
    ({ tries } = await deployLibraries());
  });

  /** What the contract makes of `bytes` item by item; `undefined` if anything in it is malformed. */
  async function decode(bytes: Uint8Array, position = 0, end = bytes.length): Promise<Decoded | undefined> {
    const [isValid, isList, start, length] = await tries.item(bytes, position, end);
    if (!isValid || start + length !== BigInt(end)) return undefined;
    if (!isList) return bytes.slice(Number(start), Number(start + length));
    const items: Decoded[] = [];
    for (let at = Number(start); at < end;) {
      const [isItemValid, , itemStart, itemLength] = await tries.item(bytes, at, end);
      if (!isItemValid) return undefined;
      const item = await decode(bytes, at, Number(itemStart + itemLength));
      if (item === undefined) return undefined;
      items.push(item);
      at = Number(itemStart + itemLength);
    }
    return items;
  }

  async function encode(item: Decoded): Promise<string> {
    if (item instanceof Uint8Array) return tries.encodeBytes(item);
    const items = [];
    for (const each of item) items.push((await encode(each)).slice(2));
    return tries.encodeList(`0x${items.join("")}`);
  }

  it("encodes and decodes as @ethereumjs/rlp does", async () => {
    await fc.assert(
      fc.asyncProperty(decoded, async (item) => {
        const encoded = RLP.encode(item);
        expect(await encode(item)).to.equal(bytesToHex(encoded));
        expect(await decode(encoded)).to.eql(item);
      }),
      { numRuns: 40 },
    );
  });

  it("accepts of any bytes one form only: what it accepts encodes to those bytes", async () => {
    const start = fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0x81,
      0x82,
      0xb7,
      0xb8,
      0xb9,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xf7,
      0xf8,
      0xff,
    );
    const bytes = fc
      .tuple(start, start, fc.uint8Array({ maxLength: 80 }))
      .map(([a, b, rest]) => Uint8Array.from([a, b, ...rest]));
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        const [isValid, isList, from, length] = await tries.item(data, 0, data.length);
        if (!isValid) {
          expect([isList, from, length]).to.eql([false, 0n, 0n]);
          return;
        }
        const end = Number(from + length);
        expect(end).to.be.at.most(data.length);
        const payload = data.slice(Number(from), end);
        expect(await (isList ? tries.encodeList(payload) : tries.encodeBytes(payload))).to.equal(
          bytesToHex(data.slice(0, end)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("refuses an item cut short anywhere, or that ends beyond the bound", async () => {
    await fc.assert(
      fc.asyncProperty(decoded, async (item) => {
        const encoded = RLP.encode(item);
        for (let length = 0; length < encoded.length; length += 1 + (encoded.length >> 5)) {
          expect((await tries.item(encoded.slice(0, length), 0, length))[0]).to.equal(false);
          expect((await tries.item(encoded, 0, length))[0]).to.equal(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("needs no more than the header, and of a byte with a header the byte", async () => {
    const header = hexToBytes("0xf90100");
    expect([...(await tries.item(header, 0, 259))]).to.eql([true, true, 3n, 256n]);
    expect((await tries.item(header, 0, 258))[0]).to.equal(false);
    expect((await tries.item(header.slice(0, 2), 0, 259))[0]).to.equal(false);
    expect((await tries.item("0x81", 0, 2))[0]).to.equal(false);
    expect([...(await tries.item("0x8180", 0, 2))]).to.eql([true, false, 1n, 1n]);
    expect((await tries.item("0x817f", 0, 2))[0]).to.equal(false);
    for (const position of [3n, 4n, 2n ** 256n - 1n]) {
      expect((await tries.item(header, position, 2n ** 256n - 1n))[0]).to.equal(false);
    }
    expect((await tries.item("0xffffffffffffffffff", 0, 2n ** 64n + 8n))[0]).to.equal(true);
  });

  it("encodes and decodes numbers of up to 32 bytes", async () => {
    const uint256 = fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.nat(255))
      .map(([word, shift]) => word >> BigInt(shift));
    await fc.assert(
      fc.asyncProperty(uint256, fc.integer({ min: 0, max: 32 }), async (value, maximum) => {
        const encoded = RLP.encode(value);
        expect(await tries.encodeNumber(value)).to.equal(bytesToHex(encoded));
        const fits = value < 1n << BigInt(8 * maximum);
        const expected = fits ? [true, value, BigInt(encoded.length)] : [false, 0n, 0n];
        expect([...(await tries.number(encoded, 0, encoded.length, maximum))]).to.eql(expected);
      }),
      {
        numRuns: 100,
        examples: [
          [0n, 0],
          [0n, 32],
          [1n, 1],
          [127n, 1],
          [128n, 1],
          [255n, 1],
          [256n, 1],
          [256n, 2],
        ],
      },
    );
  });

  it("knows no numbers with leading zeros, in lists, or of which bytes are missing", async () => {
    for (const [bytes, end] of [
      ["0x00", 1],
      ["0x820001", 3],
      ["0x8100", 2],
      ["0xc0", 1],
      ["0xc101", 2],
      ["0x8201", 3],
      ["0x", 1],
    ] as const) {
      expect([...(await tries.number(bytes, 0, end, 32))], bytes).to.eql([false, 0n, 0n]);
    }
  });

  it("encodes addresses as strings of 20 bytes", async () => {
    const address = `0x${"00".repeat(18)}abcd`;
    expect(await tries.encodeAddress(address)).to.equal(bytesToHex(RLP.encode(hexToBytes(address))));
  });

  describe("Ethereum's RLPTests", () => {
    const load = (file: string): [string, { in: unknown; out: string }][] | undefined => {
      const path = new URL(file, VECTORS);
      if (!existsSync(path)) return undefined;
      return Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, { in: unknown; out: string }>);
    };
    const prefixed = (hex: string) => hexToBytes(hex.startsWith("0x") ? hex : `0x${hex}`);
    const toItem = (value: unknown): Decoded => {
      if (Array.isArray(value)) return value.map(toItem);
      if (typeof value === "number") return toItem(`#${value}`);
      const text = value as string;
      if (!text.startsWith("#")) return new TextEncoder().encode(text);
      const number = BigInt(text.slice(1));
      if (number === 0n) return new Uint8Array();
      const hex = number.toString(16);
      return hexToBytes(`0x${hex.length % 2 === 1 ? "0" : ""}${hex}`);
    };

    for (const file of ["rlptest.json", "invalidRLPTest.json"]) {
      const cases = load(file);
      if (cases === undefined) {
        it.skip(`skipped: ${file} is not beside the project (../shared/vectors/rlp)`);
        continue;
      }
      for (const [name, test] of cases) {
        it(`${file}: ${name}`, async () => {
          const bytes = prefixed(test.out);
          if (test.in === "INVALID") {
            expect(await decode(bytes)).to.equal(undefined);
          } else if (test.in === "VALID") {
            expect(await decode(bytes)).to.not.equal(undefined);
          } else {
            expect(await encode(toItem(test.in))).to.equal(bytesToHex(bytes));
            expect(await decode(bytes)).to.eql(toItem(test.in));
          }
        });
      }
    }
  });
});
