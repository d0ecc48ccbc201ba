import { expect } from "chai";
import { encodePayload } from "../../src/batch/index.ts";
import { createPayloadContents } from "../../src/node/payload-contents.ts";
import { calldataHash } from "../../src/rollup/index.ts";

describe("Contents of payloads", () => {
  const payloads = [1, 2].map((timestamp) => encodePayload([{ timestamp, messages: 0, transactions: [] }]));
  const [first, second] = payloads.map((payload) => ({ kind: "calldata", dataHash: calldataHash(payload) }) as const);
  const nothing = { kind: "calldata", dataHash: calldataHash(new Uint8Array()) } as const;
  const open = () => {
    const reads: unknown[] = [];
    const contents = createPayloadContents({
      getPayload: (identity) => {
        reads.push(identity);
        if (identity === nothing) return new Uint8Array();
        const index = [first, second].findIndex((each) => each?.dataHash === identity.dataHash);
        return identity.kind === "calldata" ? payloads[index] : undefined;
      },
    });
    return { reads, contents };
  };

  it("are read and inflated once for batches that follow each other", () => {
    const { reads, contents } = open();
    const content = contents(first!);
    for (let count = 0; count < 300; count++) expect(contents({ ...first! })).to.equal(content);
    expect(reads.length).to.equal(1);
    expect(contents(second!).read(0, 8)).to.eql(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2));
    expect(contents(first!).read(0, 8)).to.eql(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
    expect(reads.length).to.equal(3);
  });

  it("are inflated once too if empty batches stand between", () => {
    const { reads, contents } = open();
    const content = contents(first!);
    for (let count = 0; count < 300; count++) {
      expect(contents(nothing).read(0, 1)).to.equal(undefined);
      expect(contents(first!)).to.equal(content);
    }
    expect(reads.filter((read) => read === first)).to.eql([first]);
  });

  it("are told apart by kind as well, and must be in the store", () => {
    const { contents } = open();
    contents(first!);
    expect(() => contents({ ...first!, kind: "blobs" })).to.throw(first!.dataHash);
  });
});
