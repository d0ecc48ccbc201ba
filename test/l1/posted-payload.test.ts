import { expect } from "chai";
import fc from "fast-check";
import { encodeFunctionData } from "viem";
import { decodePostedPayload, inboxAbi } from "../../src/l1/index.ts";
import { bytesToHex, concatBytes, hexToBytes } from "../../src/primitives/index.ts";

const word = (value: bigint | number) => hexToBytes(`0x${BigInt(value).toString(16).padStart(64, "0")}`);
const selector = Uint8Array.of(1, 2, 3, 4);

describe("The payload in the input of a posting transaction", () => {
  it("is found in both forms of the call", () => {
    const opening = { enqueuedAt: 1n, kind: 0, bodyHash: `0x${"11".repeat(32)}` } as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (payload, messagesUpTo) => {
        const args = [BigInt(messagesUpTo), bytesToHex(payload)] as const;
        const short = encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args });
        const long = encodeFunctionData({ abi: inboxAbi, functionName: "postBatch", args: [...args, opening] });
        for (const input of [short, long]) expect(decodePostedPayload(input)).to.eql(payload);
      }),
    );
  });

  it("is found wherever an unusual encoder put it, as the contract finds it", () => {
    const payload = Uint8Array.of(9, 8, 7);
    const unaligned = concatBytes([selector, word(5), word(64 + 13), new Uint8Array(13).fill(0xee), word(3), payload]);
    expect(decodePostedPayload(bytesToHex(unaligned))).to.eql(payload);
    const followed = concatBytes([selector, word(5), word(64), word(3), payload, new Uint8Array(100).fill(1)]);
    expect(decodePostedPayload(bytesToHex(followed))).to.eql(payload);
    // The offset points at the word of `messagesUpTo`, which then is the length.
    const overlapping = concatBytes([selector, word(3), word(0), word(0)]);
    expect(decodePostedPayload(bytesToHex(overlapping))).to.eql(Uint8Array.of(0, 0, 0));
  });

  it("is not there in a call the contract would have refused", () => {
    const inputs = [
      "0x",
      bytesToHex(selector),
      bytesToHex(concatBytes([selector, word(0)])),
      bytesToHex(concatBytes([selector, word(0), word(64)])),
      bytesToHex(concatBytes([selector, word(0), word(64), word(1)])),
      bytesToHex(concatBytes([selector, word(0), word(2n ** 255n), word(1)])),
      bytesToHex(concatBytes([selector, word(0), word(64), word(2n ** 64n)])),
    ];
    for (const input of inputs) expect(decodePostedPayload(input), input).to.equal(undefined);
  });

  it("is looked for in any bytes without failing", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (input) => void decodePostedPayload(bytesToHex(input))));
  });
});
