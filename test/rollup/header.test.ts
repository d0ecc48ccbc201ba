import { createBlockHeader } from "@ethereumjs/block";
import { Hardfork, Mainnet, createCustomCommon } from "@ethereumjs/common";
import { Bloom } from "@ethereumjs/vm";
import { expect } from "chai";
import fc from "fast-check";
import { bloomContains, logsBloom } from "../../src/ethereum/index.ts";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import { CONSTANT_HEADER_FIELDS, decodeHeader, encodeHeader, headerHash } from "../../src/rollup/index.ts";
import type { BlockHeader } from "../../src/rollup/index.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
const header: fc.Arbitrary<BlockHeader> = fc.record({
  parentHash: bytesOf(32),
  coinbase: bytesOf(20),
  stateRoot: bytesOf(32),
  transactionsRoot: bytesOf(32),
  receiptsRoot: bytesOf(32),
  logsBloom: bytesOf(256),
  number: fc.nat(),
  gasLimit: fc.bigInt(2n ** 30n, 2n ** 40n),
  gasUsed: fc.bigInt(0n, 2n ** 30n),
  gasCapacity: fc.bigInt(0n, 2n ** 64n - 1n),
  gasPerSecond: fc.bigInt(0n, 2n ** 64n - 1n),
  gasLevel: fc.bigInt(0n, 2n ** 64n - 1n),
  gasExcess: fc.bigInt(0n, 2n ** 64n - 1n),
  timestamp: fc.nat(),
  prevRandao: bytesOf(32),
  baseFeePerGas: fc.bigInt(0n, 2n ** 80n),
  outboxRoot: bytesOf(32),
});

describe("block header", () => {
  it("hashes as ethereumjs hashes an Osaka header with the same fields", () => {
    const common = createCustomCommon({ chainId: 7 }, Mainnet, { hardfork: Hardfork.Osaka });
    fc.assert(
      fc.property(header, (fields) => {
        const {
          outboxRoot,
          prevRandao,
          transactionsRoot,
          receiptsRoot,
          gasCapacity,
          gasPerSecond,
          gasLevel,
          gasExcess,
          ...rest
        } = fields;
        const reference = createBlockHeader(
          {
            ...rest,
            extraData: `0x${[gasCapacity, gasPerSecond, gasLevel, gasExcess].map((gas) => gas.toString(16).padStart(16, "0")).join("")}`,
            mixHash: prevRandao,
            transactionsTrie: transactionsRoot,
            receiptTrie: receiptsRoot,
            withdrawalsRoot: outboxRoot,
            uncleHash: CONSTANT_HEADER_FIELDS.ommersHash,
            parentBeaconBlockRoot: CONSTANT_HEADER_FIELDS.parentBeaconBlockRoot,
            requestsHash: CONSTANT_HEADER_FIELDS.requestsHash,
            blobGasUsed: 0n,
            excessBlobGas: 0n,
          },
          { common, skipConsensusFormatValidation: true },
        );
        expect(headerHash(fields)).to.equal(bytesToHex(reference.hash()));
      }),
    );
  });

  it("survives encoding and decoding", () => {
    fc.assert(fc.property(header, (fields) => void expect(decodeHeader(encodeHeader(fields))).to.eql(fields)));
  });

  it("refuses whatever it would not encode, with a RangeError and nothing else", () => {
    fc.assert(
      fc.property(header, fc.nat(), fc.integer({ min: 1, max: 255 }), (fields, position, change) => {
        const encoded = encodeHeader(fields);
        const damaged = Uint8Array.from(encoded);
        damaged[position % damaged.length] = (damaged[position % damaged.length] as number) ^ change;
        try {
          expect(encodeHeader(decodeHeader(damaged))).to.eql(damaged);
        } catch (error) {
          if (error instanceof Error && error.name === "AssertionError") throw error;
          expect(error).to.be.instanceOf(RangeError);
        }
        expect(() => decodeHeader(encoded.subarray(0, position % encoded.length))).to.throw(RangeError);
      }),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        (garbage) => void expect(() => decodeHeader(garbage)).to.throw(RangeError),
      ),
    );
  });
});

describe("logs bloom", () => {
  it("is ethereumjs's bloom of addresses and topics, and contains exactly what it may", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ address: bytesOf(20), topics: fc.array(bytesOf(32), { maxLength: 4 }) }), {
          maxLength: 5,
        }),
        (logs) => {
          const reference = new Bloom();
          for (const { address, topics } of logs)
            for (const value of [address, ...topics]) reference.add(hexToBytes(value));
          const bloom = logsBloom(logs);
          expect(bytesToHex(bloom)).to.equal(bytesToHex(reference.bitvector));
          for (const { address } of logs) expect(bloomContains(bloom, hexToBytes(address))).to.equal(true);
        },
      ),
    );
    expect(bloomContains(new Uint8Array(256), Uint8Array.of(1))).to.equal(false);
  });
});
