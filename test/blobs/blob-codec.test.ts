import { randomFillSync } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import {
  BLOB_PAYLOAD_SIZE,
  BLOB_SIZE,
  blobsToPayload,
  encodePayload,
  highBytesOf,
  payloadToBlobs,
} from "../../src/batch/index.ts";
import { contentOf } from "../batch/payload-content.ts";

const sizes = fc.oneof(
  fc.nat({ max: 3 * BLOB_PAYLOAD_SIZE }),
  fc.constantFrom(0, 1, 30, 31, 32, BLOB_PAYLOAD_SIZE - 1, BLOB_PAYLOAD_SIZE, BLOB_PAYLOAD_SIZE + 1),
);

describe("blob codec", () => {
  it("carries a payload through blobs, padded with zeros", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const payload = randomFillSync(new Uint8Array(size));
        const blobs = payloadToBlobs(payload);
        expect(blobs).to.have.length(Math.max(1, Math.ceil(size / BLOB_PAYLOAD_SIZE)));
        for (const blob of blobs) {
          expect(blob).to.have.length(BLOB_SIZE);
          for (let offset = 0; offset < BLOB_SIZE; offset += 32)
            if (blob[offset] !== 0) expect.fail(`byte ${offset} is not 0`);
        }
        const padded = Buffer.alloc(blobs.length * BLOB_PAYLOAD_SIZE);
        padded.set(payload);
        expect(Buffer.compare(blobsToPayload(blobs), padded)).to.equal(0);
      }),
      { numRuns: 30 },
    );
  });

  it("reads the same payload whatever the high bytes of the field elements are", () => {
    const payload = randomFillSync(new Uint8Array(200_000));
    const blobs = payloadToBlobs(payload).map((blob) => {
      const dirty = Uint8Array.from(blob);
      for (let offset = 0; offset < BLOB_SIZE; offset += 32) dirty[offset] = (offset / 32) % 0x74;
      return dirty;
    });
    expect(Buffer.compare(blobsToPayload(blobs).subarray(0, 200_000), payload)).to.equal(0);
  });

  it("makes any blobs again of their payload and the high bytes of their field elements", () => {
    const blobs = [randomFillSync(new Uint8Array(BLOB_SIZE)), new Uint8Array(BLOB_SIZE)];
    blobs[1]![32 * 4_095] = 7;
    const again = payloadToBlobs(blobsToPayload(blobs), highBytesOf(blobs));
    expect(Buffer.compare(Buffer.concat(again), Buffer.concat(blobs))).to.equal(0);
    expect(highBytesOf(payloadToBlobs(Uint8Array.of(1)))).to.equal(undefined);
  });

  it("gives payloads that decode as before, padding and all", () => {
    const payload = encodePayload([{ timestamp: 1, messages: 2, transactions: [Uint8Array.of(1, 2, 3)] }]);
    expect(contentOf(blobsToPayload(payloadToBlobs(payload)))).to.eql(contentOf(payload));
  });

  it("gives a payload of any blobs at all", () => {
    const blobs = [randomFillSync(new Uint8Array(BLOB_SIZE)), new Uint8Array(BLOB_SIZE).fill(0xff)];
    expect(blobsToPayload(blobs)).to.have.length(2 * BLOB_PAYLOAD_SIZE);
    expect(blobsToPayload([])).to.have.length(0);
  });

  it("refuses what is not the size of a blob, naming the size", () => {
    expect(() => blobsToPayload([new Uint8Array(131_071)])).to.throw(RangeError, "131071");
  });
});
