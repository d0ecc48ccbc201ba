import { randomFillSync } from "node:crypto";
import { expect } from "chai";
import { BLOB_SIZE, elementPoint, payloadToBlobs } from "../../src/batch/index.ts";
import { kzgForEthereumJs } from "../../src/reference/osaka-common.ts";
import { blobVersionedHash, bytesToHex, loadKzg, versionedHash } from "../../src/primitives/index.ts";
import type { Kzg } from "../../src/primitives/index.ts";

/** Commitment and proofs of the zero polynomial. */
const INFINITY = Buffer.concat([Uint8Array.of(0xc0), Buffer.alloc(47)]);
const [blob] = payloadToBlobs(randomFillSync(new Uint8Array(100_000))) as [Uint8Array];

describe("KZG", () => {
  it("is loaded once", async () => {
    expect(await loadKzg()).to.equal(await loadKzg());
  });

  it("names the empty blob as Ethereum does", async () => {
    const kzg = await loadKzg();
    expect(bytesToHex(await kzg.blobToCommitment(new Uint8Array(BLOB_SIZE)))).to.equal(bytesToHex(INFINITY));
    expect(versionedHash(INFINITY)).to.equal("0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
  });

  for (const implementation of ["native", "wasm"] as const) {
    describe(`by the ${implementation} library`, () => {
      let kzg: Kzg;
      before(async function () {
        // The WebAssembly library takes 12 s to load.
        this.timeout(120_000);
        kzg = await loadKzg(implementation);
        expect(kzg.implementation).to.equal(implementation);
      });

      it("proves a blob, and no other blob by that proof", async () => {
        const commitment = await kzg.blobToCommitment(blob);
        const proof = await kzg.computeBlobProof(blob, commitment);
        expect(await kzg.verifyBlobProof(blob, commitment, proof)).to.equal(true);
        const other = Uint8Array.from(blob);
        other[131_071]! ^= 1;
        expect(await kzg.verifyBlobProof(other, commitment, proof)).to.equal(false);
        expect(await kzg.verifyBlobProof(blob, commitment, INFINITY)).to.equal(false);
      });

      it("answers false to malformed proofs instead of throwing", async () => {
        const commitment = await kzg.blobToCommitment(blob);
        const zero = new Uint8Array(32);
        const noPoint = new Uint8Array(48);
        const noScalar = new Uint8Array(32).fill(0xff);
        expect(await kzg.verifyBlobProof(blob, commitment, noPoint)).to.equal(false);
        expect(await kzg.verifyBlobProof(new Uint8Array(3), commitment, INFINITY)).to.equal(false);
        expect(kzg.verifyProof(commitment, zero, zero, noPoint)).to.equal(false);
        expect(kzg.verifyProof(noPoint, zero, zero, INFINITY)).to.equal(false);
        expect(kzg.verifyProof(INFINITY, noScalar, zero, INFINITY)).to.equal(false);
        expect(kzg.verifyProof(INFINITY, zero, noScalar, INFINITY)).to.equal(false);
        expect(kzg.verifyProof(INFINITY.subarray(1), zero, zero, INFINITY)).to.equal(false);
      });

      it("evaluates the zero polynomial to zero everywhere, for the EVM too", () => {
        const z = new Uint8Array(32).fill(7);
        const one = Buffer.concat([Buffer.alloc(31), Uint8Array.of(1)]);
        expect(kzg.verifyProof(INFINITY, z, new Uint8Array(32), INFINITY)).to.equal(true);
        expect(kzg.verifyProof(INFINITY, z, one, INFINITY)).to.equal(false);
        const { verifyProof } = kzgForEthereumJs(kzg);
        const infinity = bytesToHex(INFINITY);
        expect(verifyProof(infinity, bytesToHex(z), bytesToHex(new Uint8Array(32)), infinity)).to.equal(true);
        expect(verifyProof(infinity, bytesToHex(z), bytesToHex(one), infinity)).to.equal(false);
      });

      it("proves an element of a blob at its point, where it can make such a proof", async () => {
        expect(kzg.computeProof === undefined).to.equal(implementation === "wasm");
        const native = await loadKzg("native");
        const commitment = await native.blobToCommitment(blob);
        for (const index of [0, 1, 2, 2_049, 4_095]) {
          const z = elementPoint(index);
          const value = blob.subarray(32 * index, 32 * index + 32);
          const proof = (kzg.computeProof ?? native.computeProof!)(blob, z);
          expect(kzg.verifyProof(commitment, z, value, proof)).to.equal(true);
          expect(kzg.verifyProof(commitment, elementPoint(index ^ 1), value, proof)).to.equal(false);
        }
      });

      it("rejects blobs that are none", async () => {
        for (const bad of [new Uint8Array(BLOB_SIZE).fill(0xff), new Uint8Array(BLOB_SIZE - 1), new Uint8Array(0)]) {
          const error = await kzg.blobToCommitment(bad).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error).to.be.instanceOf(Error);
        }
      });
    });
  }

  it("is the same by both libraries: commitments, blob proofs and all 128 cell proofs", async () => {
    const [native, wasm] = await Promise.all([loadKzg("native"), loadKzg("wasm")]);
    const commitment = await native.blobToCommitment(blob);
    expect(bytesToHex(await wasm.blobToCommitment(blob))).to.equal(bytesToHex(commitment));
    expect(await blobVersionedHash(wasm, blob)).to.equal(versionedHash(commitment));
    const proof = await native.computeBlobProof(blob, commitment);
    expect(bytesToHex(await wasm.computeBlobProof(blob, commitment))).to.equal(bytesToHex(proof));
    const cellProofs = await native.computeCellProofs(blob);
    expect(cellProofs).to.have.length(128);
    expect((await wasm.computeCellProofs(blob)).map(bytesToHex)).to.eql(cellProofs.map(bytesToHex));
  });
});
