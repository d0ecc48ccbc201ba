import { expect } from "chai";
import fc from "fast-check";
import { encodeAbiParameters, keccak256 } from "viem";
import { Phase, canonicalStateHash } from "../../../src/machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

// The numbers of the phases and the order of the words are those of docs/machine.md §1 and §6, by a general ABI encoder.
const HALT = 0n;
const LOAD_BATCH = 1n;
const EMPTY_BLOOM_HASH = keccak256(`0x${"00".repeat(256)}`);

const NUMBER = { type: "uint256" } as const;
const WORD = { type: "bytes32" } as const;
const MACHINE = [NUMBER, WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD, NUMBER] as const;

function expectedHash(phase: bigint, stateHash: Hash): Hash {
  const words = [phase, stateHash, ...Array<Hash>(8).fill(ZERO_HASH), EMPTY_BLOOM_HASH, 0n] as const;
  return keccak256(encodeAbiParameters(MACHINE, words as never));
}

describe("the canonical state", () => {
  it("commits to its phase and the hash of the claimed state, and to nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex), (stateHash) => {
        expect(canonicalStateHash(Phase.LoadBatch, stateHash)).to.equal(expectedHash(LOAD_BATCH, stateHash));
        expect(canonicalStateHash(Phase.Halt, stateHash)).to.equal(expectedHash(HALT, stateHash));
      }),
    );
  });
});
