import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import type { Hex } from "../../src/primitives/index.ts";
import {
  batchCodec,
  bodyCodec,
  chainProgressCodec,
  derivedBatchCodec,
  inboxProgressCodec,
  locationCodec,
  messageCodec,
  receiptsCodec,
  summaryCodec,
  traceProgressCodec,
  tracedBatchCodec,
} from "../../src/storage/codec.ts";
import type { RecordCodec } from "../../src/storage/record-schema.ts";
import { arbitraryBlock, arbitraryHash, arbitraryMessage } from "./fixtures.ts";
import { SAMPLES } from "./sample-records.ts";

const arbitraryOrigin = fc.record({
  block: fc.record({ number: fc.maxSafeNat(), hash: arbitraryHash }),
  transactionHash: arbitraryHash,
});

/** Bytes of records as databases hold them, by the name of the sample. */
const GOLDEN = JSON.parse(readFileSync(new URL("golden-records.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Hex>
>;

describe("Records of the database", () => {
  function samples(): Readonly<Record<string, Sample>> {
    const { block, messageHashes, origin } = SAMPLES;
    const { hash, header, firstMessage, nextMessage, transactions, receipts } = block;
    return {
      summary: sample(summaryCodec, { hash, header, firstMessage, nextMessage }),
      body: sample(bodyCodec, { transactions, messageHashes }),
      receipts: sample(receiptsCodec, receipts),
      "deposit message": sample(messageCodec, { message: SAMPLES.deposit, origin }),
      "context message": sample(messageCodec, { message: SAMPLES.context, origin }),
      "calldata batch": sample(batchCodec, { batch: SAMPLES.batch, origin }),
      "blob batch": sample(batchCodec, { batch: SAMPLES.blobBatch, origin }),
      "derived batch": sample(derivedBatchCodec, SAMPLES.derivedBatch),
      "chain progress": sample(chainProgressCodec, SAMPLES.chainProgress),
      "Inbox progress": sample(inboxProgressCodec, SAMPLES.inboxProgress),
      "Inbox progress before the first block": sample(inboxProgressCodec, SAMPLES.emptyInboxProgress),
      location: sample(locationCodec, SAMPLES.location),
      "traced batch": sample(tracedBatchCodec, SAMPLES.tracedBatch),
      "trace progress": sample(traceProgressCodec, SAMPLES.traceProgress),
    };
  }

  it("have the bytes that are on disk already", () => {
    const encoded = Object.entries(samples()).map(([name, { encode }]) => [name, bytesToHex(encode())]);
    expect(Object.fromEntries(encoded)).to.eql(GOLDEN);
  });

  it("are read from the bytes that are on disk already", () => {
    for (const [name, { decode, value }] of Object.entries(samples())) {
      expect(decode(hexToBytes(GOLDEN[name]!)), name).to.eql(value);
    }
  });

  it("of another version, with a list for a byte string, or with a field too few are refused", () => {
    const record = locationCodec.encode(SAMPLES.location);
    const refusal = (bytes: Hex) => () => locationCodec.decode(hexToBytes(bytes));
    expect(refusal(`0x02${bytesToHex(record).slice(4)}`)).to.throw("corrupt database: expected a record of version 1");
    expect(refusal("0x01c2c080")).to.throw("corrupt database: expected a byte string, got object");
    expect(refusal("0x01c101")).to.throw("corrupt database: expected a byte string, got undefined");
    expect(refusal("0x0101")).to.throw("corrupt database: expected a list, got 0x01");
    expect(refusal("0x01c9872000000000000080")).to.throw(
      "corrupt database: expected a safe integer, got 0x20000000000000",
    );
  });

  it("give back every block part as it was", () => {
    fc.assert(
      fc.property(arbitraryBlock, fc.array(arbitraryHash, { maxLength: 4 }), (block, messageHashes) => {
        const { hash, header, firstMessage, nextMessage } = block;
        expect(summaryCodec.decode(summaryCodec.encode(block))).to.eql({ hash, header, firstMessage, nextMessage });
        const body = bodyCodec.decode(bodyCodec.encode({ transactions: block.transactions, messageHashes }));
        expect(body).to.eql({ transactions: block.transactions, messageHashes });
        expect(receiptsCodec.decode(receiptsCodec.encode(block.receipts))).to.eql(block.receipts);
      }),
    );
  });

  it("give back every Inbox entry as it was", () => {
    const batch = fc.record({
      index: fc.maxSafeNat(),
      kind: fc.constantFrom("calldata" as const, "blobs" as const),
      dataHash: arbitraryHash,
      messagesUpTo: fc.maxSafeNat(),
      number: fc.maxSafeNat(),
      timestamp: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(arbitraryMessage, batch, arbitraryOrigin, (message, entry, origin) => {
        expect(messageCodec.decode(messageCodec.encode({ message, origin }))).to.eql({ message, origin });
        expect(batchCodec.decode(batchCodec.encode({ batch: entry, origin }))).to.eql({ batch: entry, origin });
      }),
    );
  });

  it("are refused by name when their bytes are damaged", () => {
    fc.assert(
      fc.property(arbitraryBlock, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, position, change) => {
        const record = Uint8Array.from(summaryCodec.encode(block));
        const at = position % record.length;
        record[at] = (record[at] ?? 0) ^ change;
        let decoded: unknown;
        try {
          decoded = summaryCodec.decode(record);
        } catch (error) {
          expect(error).to.be.instanceOf(Error);
          return;
        }
        // A change that decodes must show: nothing is silently dropped.
        const { hash, header, firstMessage, nextMessage } = block;
        expect(decoded).to.not.eql({ hash, header, firstMessage, nextMessage });
      }),
    );
  });
});

interface Sample {
  readonly value: unknown;
  readonly encode: () => Uint8Array;
  readonly decode: (record: Uint8Array) => unknown;
}

function sample<T>(codec: RecordCodec<T>, value: T): Sample {
  return { value, encode: () => codec.encode(value), decode: codec.decode };
}
