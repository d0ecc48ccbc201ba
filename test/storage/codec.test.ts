import { expect } from "chai";
import fc from "fast-check";
import {
  decodeBatch,
  decodeBody,
  decodeMessage,
  decodeReceipts,
  decodeSummary,
  encodeBatch,
  encodeBody,
  encodeMessage,
  encodeReceipts,
  encodeSummary,
} from "../../src/storage/codec.ts";
import { arbitraryBlock, arbitraryHash, arbitraryMessage } from "./fixtures.ts";

const arbitraryOrigin = fc.record({
  block: fc.record({ number: fc.maxSafeNat(), hash: arbitraryHash }),
  transactionHash: arbitraryHash,
});

describe("Records of the database", () => {
  it("give back every block part as it was", () => {
    fc.assert(
      fc.property(arbitraryBlock, fc.array(arbitraryHash, { maxLength: 4 }), (block, messageHashes) => {
        const { hash, header, firstMessage, nextMessage } = block;
        expect(decodeSummary(encodeSummary(block))).to.eql({ hash, header, firstMessage, nextMessage });
        const body = decodeBody(encodeBody(block.transactions, messageHashes));
        expect(body).to.eql({ transactions: block.transactions, messageHashes });
        expect(decodeReceipts(encodeReceipts(block.receipts))).to.eql(block.receipts);
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
        expect(decodeMessage(encodeMessage(message, origin))).to.eql({ message, origin });
        expect(decodeBatch(encodeBatch(entry, origin))).to.eql({ batch: entry, origin });
      }),
    );
  });

  it("are refused by name when their bytes are damaged", () => {
    fc.assert(
      fc.property(arbitraryBlock, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, position, change) => {
        const record = Uint8Array.from(encodeSummary(block));
        const at = position % record.length;
        record[at] = (record[at] ?? 0) ^ change;
        let decoded: unknown;
        try {
          decoded = decodeSummary(record);
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
