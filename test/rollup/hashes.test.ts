import { expect } from "chai";
import { AbiCoder, keccak256 as ethersKeccak } from "ethers";
import fc from "fast-check";
import { ZERO_HASH, bytesToHex, concatBytes, hexToBytes } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import {
  aliasAddress,
  batchHash,
  blobsHash,
  calldataHash,
  claimId,
  contextBodyHash,
  depositBodyHash,
  hashMessage,
  logsHash,
  messageHash,
  receiptHash,
  stateHash,
  unaliasAddress,
  withdrawalHash,
} from "../../src/rollup/index.ts";

const hashOf = (types: string[], values: unknown[]): Hash =>
  ethersKeccak(AbiCoder.defaultAbiCoder().encode(types, values)) as Hash;
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);
const address = bytesOf(20);
const hash = bytesOf(32);
const amount = fc.bigInt(0n, 2n ** 128n - 1n);
const data = fc.uint8Array({ maxLength: 100 });

describe("protocol hashes", () => {
  it("aliases contract addresses by the offset, wrapping at 2^160", () => {
    expect(aliasAddress("0x0000000000000000000000000000000000000000")).to.equal(
      "0x1111000000000000000000000000000000001111",
    );
    expect(aliasAddress("0xffffffffffffffffffffffffffffffffffffffff")).to.equal(
      "0x1111000000000000000000000000000000001110",
    );
    fc.assert(fc.property(address, (value) => void expect(unaliasAddress(aliasAddress(value))).to.equal(value)));
  });

  it("hashes deposits as Solidity's abi.encode does", () => {
    fc.assert(
      fc.property(
        fc.record({
          index: fc.nat(),
          enqueuedAt: fc.nat(),
          sender: address,
          to: address,
          mint: amount,
          value: amount,
          gasLimit: amount,
          refundTo: address,
          data,
        }),
        (deposit) => {
          const body = hashOf(
            ["address", "address", "uint256", "uint256", "uint256", "address", "bytes32"],
            [
              deposit.sender,
              deposit.to,
              deposit.mint,
              deposit.value,
              deposit.gasLimit,
              deposit.refundTo,
              ethersKeccak(deposit.data),
            ],
          );
          expect(depositBodyHash(deposit)).to.equal(body);
          const message = hashOf(
            ["uint256", "uint256", "uint8", "bytes32"],
            [deposit.index, deposit.enqueuedAt, 0, body],
          );
          expect(messageHash(deposit.index, deposit.enqueuedAt, "deposit", body)).to.equal(message);
          expect(hashMessage({ kind: "deposit", ...deposit })).to.equal(message);
        },
      ),
    );
  });

  it("hashes contexts as Solidity's abi.encode does", () => {
    fc.assert(
      fc.property(
        fc.record({
          index: fc.nat(),
          enqueuedAt: fc.nat(),
          number: fc.nat(),
          timestamp: fc.nat(),
          baseFee: amount,
          blobBaseFee: amount,
          parentHash: hash,
        }),
        (context) => {
          const body = hashOf(
            ["uint256", "uint256", "uint256", "uint256", "bytes32"],
            [context.number, context.timestamp, context.baseFee, context.blobBaseFee, context.parentHash],
          );
          expect(contextBodyHash(context)).to.equal(body);
          expect(hashMessage({ kind: "context", ...context })).to.equal(
            hashOf(["uint256", "uint256", "uint8", "bytes32"], [context.index, context.enqueuedAt, 1, body]),
          );
        },
      ),
    );
  });

  it("hashes batches, withdrawals, states and claims as Solidity's abi.encode does", () => {
    fc.assert(
      fc.property(hash, hash, fc.nat(), fc.nat(), fc.nat(), (first, second, a, b, c) => {
        expect(batchHash({ kind: "calldata", dataHash: first, messagesUpTo: a, number: b, timestamp: c })).to.equal(
          hashOf(["uint8", "bytes32", "uint256", "uint256", "uint256"], [0, first, a, b, c]),
        );
        expect(batchHash({ kind: "blobs", dataHash: first, messagesUpTo: a, number: b, timestamp: c })).to.equal(
          hashOf(["uint8", "bytes32", "uint256", "uint256", "uint256"], [1, first, a, b, c]),
        );
        expect(stateHash({ blockHash: first, outboxRoot: second, batchCount: a, messageCount: b })).to.equal(
          hashOf(["bytes32", "bytes32", "uint256", "uint256"], [first, second, a, b]),
        );
        expect(claimId(first, second, first)).to.equal(
          hashOf(["bytes32", "bytes32", "bytes32"], [first, second, first]),
        );
        expect(blobsHash([first, second])).to.equal(ethersKeccak(concatBytes([hexToBytes(first), hexToBytes(second)])));
      }),
    );
    fc.assert(
      fc.property(
        fc.record({ index: fc.nat(), sender: address, target: address, value: amount, minimumGas: amount, data }),
        (message) => {
          expect(withdrawalHash(message)).to.equal(
            hashOf(
              ["uint256", "address", "address", "uint256", "uint256", "bytes32"],
              [
                message.index,
                message.sender,
                message.target,
                message.value,
                message.minimumGas,
                ethersKeccak(message.data),
              ],
            ),
          );
          expect(calldataHash(message.data)).to.equal(ethersKeccak(message.data));
        },
      ),
    );
  });

  it("chains logs from 0 and binds them into the receipt hash", () => {
    expect(logsHash([])).to.equal(ZERO_HASH);
    const log = fc.record({ address, topics: fc.array(hash, { maxLength: 4 }), data });
    fc.assert(
      fc.property(
        fc.array(log, { maxLength: 4 }),
        hash,
        fc.constantFrom(0 as const, 1 as const),
        amount,
        (logs, transactionHash, status, cumulativeGasUsed) => {
          let chain: Hash = ZERO_HASH;
          for (const each of logs) {
            const topics = ethersKeccak(concatBytes(each.topics.map(hexToBytes)));
            chain = hashOf(
              ["bytes32", "address", "bytes32", "bytes32"],
              [chain, each.address, topics, ethersKeccak(each.data)],
            );
          }
          expect(logsHash(logs)).to.equal(chain);
          expect(receiptHash({ transactionHash, status, cumulativeGasUsed, logs })).to.equal(
            hashOf(["bytes32", "uint256", "uint256", "bytes32"], [transactionHash, status, cumulativeGasUsed, chain]),
          );
        },
      ),
    );
  });
});
