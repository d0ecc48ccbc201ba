import { expect } from "chai";
import { elementPoint, payloadToBlobs } from "../../src/batch/index.ts";
import { bytesToHex, loadKzg } from "../../src/primitives/index.ts";
import { proveElement } from "../../src/traces/element-proof.ts";

describe("The proof of an element of a blob", () => {
  it("is that of the native library, which not every platform has", async () => {
    const kzg = await loadKzg("native");
    const content = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7_919) % 251);
    const [blob] = payloadToBlobs(content);
    for (const position of [0, 1, 17, 2_500, 4_095]) {
      const { value, proof } = await proveElement(kzg, blob!, position);
      expect(value).to.eql(blob!.slice(32 * position, 32 * position + 32));
      expect(bytesToHex(proof)).to.equal(bytesToHex(kzg.computeProof!(blob!, elementPoint(position))));
    }
  });

  it("is one for an empty blob too", async () => {
    const kzg = await loadKzg("native");
    const blob = new Uint8Array(131_072);
    const { value, proof } = await proveElement(kzg, blob, 9);
    const commitment = await kzg.blobToCommitment(blob);
    expect(kzg.verifyProof(commitment, elementPoint(9), value, proof)).to.equal(true);
  });
}).timeout(60_000);
