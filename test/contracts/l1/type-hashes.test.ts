/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import {
  EMPTY_APPEND_ONLY_MERKLE_TREE,
  appendLeaf,
  bytesToHex,
  keccak256,
  merkleProof,
  merkleRoot,
  proofLength,
} from "../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../src/primitives/index.ts";
import {
  BATCH_KINDS,
  MESSAGE_KINDS,
  batchHash,
  claimId,
  contextBodyHash,
  depositBodyHash,
  messageHash,
  stateHash,
  withdrawalHash,
} from "../../../src/rollup/index.ts";
import type { TypeHashes } from "../../../types/ethers-contracts/index.ts";

const RUNS = { numRuns: 50 };
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
const hash: fc.Arbitrary<Hash> = bytesOf(32);
const address: fc.Arbitrary<Address> = bytesOf(20);
const uint256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const count = fc.maxSafeNat();
const data = fc.uint8Array({ maxLength: 200 });

describe("hashes and trees, Solidity against TypeScript", () => {
  let contract: TypeHashes;
  let deploy: () => Promise<TypeHashes>;
  before(async () => {
    const { ethers } = await network.create();
    deploy = async () => ethers.deployContract("TypeHashes", []);
    contract = await deploy();
  });

  it("deposit bodies hash the same", async () => {
    const body = fc.record({
      sender: address,
      to: address,
      mint: uint256,
      value: uint256,
      gasLimit: uint256,
      refundTo: address,
      data,
    });
    await fc.assert(
      fc.asyncProperty(body, async ({ data: bytes, ...fields }) => {
        expect(await contract.hashDeposit({ ...fields, dataHash: keccak256(bytes) })).to.equal(
          depositBodyHash({ ...fields, data: bytes }),
        );
      }),
      RUNS,
    );
  });

  it("context bodies hash the same", async () => {
    const body = fc.record({
      number: count,
      timestamp: count,
      baseFee: uint256,
      blobBaseFee: uint256,
      parentHash: hash,
    });
    await fc.assert(
      fc.asyncProperty(body, async (fields) => {
        expect(await contract.hashContext(fields)).to.equal(contextBodyHash(fields));
      }),
      RUNS,
    );
  });

  it("messages hash the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        count,
        count,
        fc.constantFrom("deposit", "context"),
        hash,
        async (index, enqueuedAt, kind, bodyHash) => {
          const opening = { enqueuedAt, kind: MESSAGE_KINDS[kind], bodyHash };
          expect(await contract.hashMessage(opening, index)).to.equal(messageHash(index, enqueuedAt, kind, bodyHash));
        },
      ),
      RUNS,
    );
  });

  it("batches hash the same", async () => {
    const batch = fc.record({
      kind: fc.constantFrom("calldata", "blobs"),
      dataHash: hash,
      messagesUpTo: count,
      number: count,
      timestamp: count,
    });
    await fc.assert(
      fc.asyncProperty(batch, async (fields) => {
        expect(await contract.hashBatch({ ...fields, kind: BATCH_KINDS[fields.kind] })).to.equal(batchHash(fields));
      }),
      RUNS,
    );
  });

  it("states and claims hash the same", async () => {
    const state = fc.record({ blockHash: hash, outboxRoot: hash, batchCount: count, messageCount: count });
    await fc.assert(
      fc.asyncProperty(state, hash, hash, async (fields, parentId, traceRoot) => {
        expect(await contract.hashState(fields)).to.equal(stateHash(fields));
        const body = { parentId, stateHash: stateHash(fields), traceRoot };
        expect(await contract.claimId(body)).to.equal(claimId(parentId, body.stateHash, traceRoot));
      }),
      RUNS,
    );
  });

  it("withdrawals hash the same", async () => {
    const withdrawal = fc.record({
      index: count,
      sender: address,
      target: address,
      value: uint256,
      minimumGas: uint256,
      data,
    });
    await fc.assert(
      fc.asyncProperty(withdrawal, async (fields) => {
        expect(await contract.withdrawalLeaf({ ...fields, data: bytesToHex(fields.data) })).to.equal(
          withdrawalHash(fields),
        );
      }),
      RUNS,
    );
  });

  it("append-only trees have the same roots at every size, and each takes the other's proofs", async () => {
    const grown = await deploy();
    const leaves: Hash[] = [];
    let tree = EMPTY_APPEND_ONLY_MERKLE_TREE;
    for (let size = 0; size < 70; size++) {
      expect([...(await grown.tree())]).to.eql([BigInt(size), merkleRoot(leaves)]);
      expect(tree.root).to.equal(merkleRoot(leaves));
      expect(await grown.depthOf(size)).to.equal(BigInt(proofLength(size)));
      for (const index of new Set([0, size >> 1, size - 1].filter((position) => position >= 0 && position < size))) {
        expect(await grown.computeRoot(leaves[index]!, index, merkleProof(leaves, index))).to.equal(tree.root);
      }
      const leaf: Hash = bytesToHex(new Uint8Array(32).fill(size + 1));
      leaves.push(leaf);
      tree = appendLeaf(tree, leaf);
      await grown.append([leaf]);
    }
  });

  it("appending many leaves at once is appending them one by one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(hash, { maxLength: 20 }), { maxLength: 5 }), async (groups) => {
        const grown = await deploy();
        for (const group of groups) await grown.append(group);
        expect((await grown.tree()).root).to.equal(merkleRoot(groups.flat()));
      }),
      { numRuns: 15 },
    );
  });
});
