import { readFileSync } from "node:fs";
import { createEVM } from "@ethereumjs/evm";
import type { EVM } from "@ethereumjs/evm";
import { createAddressFromString } from "@ethereumjs/util";
import type { Address } from "@ethereumjs/util";
import { expect } from "chai";
import { Interface } from "ethers";
import type { InterfaceAbi } from "ethers";
import fc from "fast-check";
import { bytesToHex, hexToBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { Hash, Hex } from "../../../src/primitives/index.ts";
import { createExecutingCommon } from "../../../src/reference/osaka-common.ts";
import { batchHash, blobsHash } from "../../../src/rollup/index.ts";

const OPERATOR = createAddressFromString(`0x${"f0".repeat(20)}`);
const ANYBODY = `0x${"aa".repeat(20)}`;

const artifact = JSON.parse(
  readFileSync(new URL("../../../artifacts/contracts/l1/Inbox.sol/Inbox.json", import.meta.url), "utf8"),
) as { abi: InterfaceAbi; bytecode: Hex };
const inbox = new Interface(artifact.abi);

/** A hash of version 1, as random as any. */
const versionedHash = (seed: number): Hash => `0x01${keccak256(Uint8Array.of(seed)).slice(4)}`;

// L1 gives a transaction six blobs, so the Inbox runs on an EVM here that can be told of any.
describe("the blobs of a batch", () => {
  let evm: EVM;
  let address: Address;
  beforeEach(async () => {
    evm = await createEVM({ common: await createExecutingCommon(1) });
    // Before the first context is due, so that a batch is all that is recorded.
    const parameters = inbox.encodeDeploy([1, OPERATOR.toString(), 100, 200, 30, 2 ** 24, 0, ANYBODY]);
    const { createdAddress } = await evm.runCall({ data: hexToBytes(artifact.bytecode + parameters.slice(2)) });
    if (createdAddress === undefined) throw new Error("the Inbox was not deployed");
    address = createdAddress;
  });

  async function call(name: string, args: readonly unknown[], blobVersionedHashes: Hash[] = []) {
    const data = hexToBytes(inbox.encodeFunctionData(name, args));
    const { execResult } = await evm.runCall({ caller: OPERATOR, to: address, data, blobVersionedHashes });
    return { output: bytesToHex(execResult.returnValue), failed: execResult.exceptionError !== undefined };
  }

  async function refusal(hashes: Hash[]): Promise<readonly unknown[]> {
    const { output, failed } = await call("postBlobBatch(uint256)", [0], hashes);
    const error = failed ? inbox.parseError(output) : null;
    return error === null ? ["none"] : [error.name, ...error.args];
  }

  const expected = (hashes: Hash[]) =>
    batchHash({ kind: "blobs", dataHash: blobsHash(hashes), messagesUpTo: 0, number: 0, timestamp: 0 });

  it("are 1 to 32, which it commits to in order", async () => {
    for (let count = 1; count <= 32; count++) {
      const hashes = Array.from({ length: count }, (_, seed) => versionedHash(seed));
      expect(await refusal(hashes)).to.eql(["none"]);
      expect((await call("batchHashes", [count - 1])).output).to.equal(expected(hashes));
    }
  });

  it("are refused where there is none, or one more", async () => {
    expect(await refusal([])).to.eql(["NoBlobs"]);
    for (const count of [33, 34, 64]) {
      const hashes = Array.from({ length: count }, (_, seed) => versionedHash(seed));
      expect(await refusal(hashes)).to.eql(["TooManyBlobs", BigInt(count), 32n]);
    }
  });

  it("are refused where any is of another version than 1", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 32 }),
        fc.nat(31),
        fc.nat(255).filter((version) => version !== 1),
        async (count, at, version) => {
          const index = at % count;
          const hashes = Array.from({ length: count }, (_, seed) => versionedHash(seed));
          const wrong: Hash = `0x${version.toString(16).padStart(2, "0")}${hashes[index]!.slice(4)}`;
          expect(await refusal(hashes.with(index, wrong))).to.eql(["UnknownBlobVersion", BigInt(index), wrong]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
