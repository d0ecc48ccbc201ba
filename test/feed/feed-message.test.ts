import { expect } from "chai";
import fc from "fast-check";
import {
  decodeBlockFrame,
  decodeFeedBlock,
  decodeSubscribeFrame,
  encodeBlockFrame,
  encodeFeedBlock,
  encodeSubscribeFrame,
  FeedMessageError,
} from "../../src/feed/feed-message.ts";
import type { FeedBlock } from "../../src/feed/feed-message.ts";
import { createFeedSigner, recoverFeedSigner } from "../../src/feed/feed-signature.ts";
import { bytesToHex } from "../../src/primitives/index.ts";

const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const feedBlock: fc.Arbitrary<FeedBlock> = fc.record({
  sequence: natural,
  number: natural,
  parentHash: hash,
  blockHash: hash,
  firstMessage: natural,
  block: fc.record({
    timestamp: natural,
    messages: fc.nat({ max: 2 ** 32 - 1 }),
    transactions: fc.array(fc.uint8Array({ minLength: 65, maxLength: 300 }), { maxLength: 5 }),
  }),
});
const domain = { chainId: 7, genesisHash: bytesToHex(new Uint8Array(32).fill(1)) };
const signer = createFeedSigner(bytesToHex(new Uint8Array(32).fill(0x42)), domain);

/** Whether `decode` gives a value or the one error it may throw; anything else fails the test. */
function isTaken(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof FeedMessageError) return false;
    throw error;
  }
}

describe("Feed messages", () => {
  it("read back as they were written", () => {
    fc.assert(
      fc.property(feedBlock, natural, (message, from) => {
        const content = encodeFeedBlock(message);
        const signed = decodeBlockFrame(encodeBlockFrame({ signature: signer.sign(content), content }));
        const read = decodeFeedBlock(signed.content);
        expect({
          ...read,
          block: { ...read.block, transactions: read.block.transactions.map(bytesToHex) },
        }).to.eql({
          ...message,
          block: { ...message.block, transactions: message.block.transactions.map(bytesToHex) },
        });
        expect(decodeSubscribeFrame(encodeSubscribeFrame(from))).to.equal(from);
      }),
    );
  });

  it("have one encoding: shortened, lengthened or garbled content is refused or reads as what it encodes", () => {
    fc.assert(
      fc.property(feedBlock, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }), (message, at, garbage) => {
        const content = encodeFeedBlock(message);
        expect(isTaken(() => decodeFeedBlock(content.subarray(0, at % content.length)))).to.equal(false);
        expect(isTaken(() => decodeFeedBlock(Buffer.concat([content, garbage])))).to.equal(false);
        const garbled = Uint8Array.from(content);
        garbled.set(garbage.subarray(0, content.length - (at % content.length)), at % content.length);
        if (isTaken(() => decodeFeedBlock(garbled))) {
          expect(bytesToHex(encodeFeedBlock(decodeFeedBlock(garbled)))).to.equal(bytesToHex(garbled));
        }
      }),
    );
  });

  it("of any other bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        isTaken(() => decodeFeedBlock(decodeBlockFrame(bytes).content));
        expect(isTaken(() => decodeSubscribeFrame(bytes))).to.equal(
          bytes.length === 10 && bytes[0] === 1 && bytes[1] === 2 && bytes[2] === 0 && bytes[3]! < 32,
        );
      }),
    );
  });
});

describe("Feed signatures", () => {
  const content = encodeFeedBlock({
    sequence: 1,
    number: 2,
    parentHash: domain.genesisHash,
    blockHash: domain.genesisHash,
    firstMessage: 3,
    block: { timestamp: 4, messages: 5, transactions: [Uint8Array.of(6)] },
  });
  const signature = signer.sign(content);

  it("tell who signed", () => {
    expect(recoverFeedSigner(content, signature, domain)).to.equal(signer.address);
  });

  it("hold for one content, chain and genesis only", () => {
    const altered = Uint8Array.from(content, (byte, index) => (index === 40 ? byte ^ 1 : byte));
    expect(recoverFeedSigner(altered, signature, domain)).to.not.equal(signer.address);
    expect(recoverFeedSigner(content, signature, { ...domain, chainId: 8 })).to.not.equal(signer.address);
    const genesisHash = bytesToHex(new Uint8Array(32).fill(2));
    expect(recoverFeedSigner(content, signature, { ...domain, genesisHash })).to.not.equal(signer.address);
  });

  it("that are no signatures have no signer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(recoverFeedSigner(content, bytes, domain)).to.not.equal(signer.address);
      }),
    );
    expect(recoverFeedSigner(content, new Uint8Array(65), domain)).to.equal(undefined);
    expect(recoverFeedSigner(content, Uint8Array.of(...signature.subarray(0, 64), 4), domain)).to.equal(undefined);
  });

  it("cannot be made with something that is no key", () => {
    for (const key of ["0x", "0x01", `0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`] as const) {
      expect(() => createFeedSigner(key, domain)).to.throw(RangeError);
    }
  });
});
