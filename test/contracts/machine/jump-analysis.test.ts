/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { bytesToHex } from "../../../src/primitives/index.ts";
import type { FrameLibraries } from "../../../types/ethers-contracts/index.ts";

const JUMPDEST = 0x5b;
const PUSH0 = 0x5f;
const PUSH1 = 0x60;
const PUSH32 = 0x7f;
const MAX_INITCODE = 49_152;
const CALL_GAS = { gasLimit: 16_000_000n };

/** One instruction after the other, as the Yellow Paper (9.4.3) has it. */
function destinationsOf(code: Uint8Array): Uint8Array {
  const words = new Uint8Array(32 * Math.ceil(code.length / 256));
  for (let index = 0; index < code.length; index++) {
    const opcode = code[index] as number;
    if (opcode === JUMPDEST) {
      const byte = 32 * (index >> 8) + 31 - ((index & 255) >> 3);
      words[byte] = (words[byte] as number) | (1 << (index & 7));
    }
    if (opcode > PUSH0 && opcode <= PUSH32) index += opcode - PUSH0;
  }
  return words;
}

describe("the jump destinations of a code, Solidity against the definition", () => {
  let contract: FrameLibraries;
  before(async () => {
    const { ethers } = await network.create();
    contract = await ethers.deployContract("FrameLibraries");
  });

  const agree = async (code: Uint8Array) => {
    const { words, gasUsed } = await contract.destinationsOf(code, CALL_GAS);
    expect(words, bytesToHex(code.subarray(0, 600))).to.equal(bytesToHex(destinationsOf(code)));
    return Number(gasUsed);
  };

  const opcode = fc.oneof(
    fc.nat(255),
    fc.constant(JUMPDEST),
    fc.integer({ min: 0x58, max: 0x62 }),
    fc.integer({ min: PUSH1, max: PUSH32 }),
  );
  const codeOf = (maxLength: number) => fc.array(opcode, { maxLength }).map((bytes) => Uint8Array.from(bytes));

  it("are the same for any short code", () =>
    fc.assert(
      fc.asyncProperty(codeOf(90), async (code) => void (await agree(code))),
      { numRuns: 300 },
    ));

  it("are the same for any code of some words", () =>
    fc.assert(
      fc.asyncProperty(codeOf(1_500), async (code) => void (await agree(code))),
      { numRuns: 60 },
    ));

  it("are the same around every length at which a word of code or of bits is full", async () => {
    for (const length of [0, 1, 31, 32, 33, 255, 256, 257, 288, 511, 512, 513]) {
      await agree(new Uint8Array(length).fill(JUMPDEST));
    }
  });

  it("are the same wherever the immediate bytes of a last PUSH are cut off", async () => {
    for (let push = PUSH1; push <= PUSH32; push++) {
      for (const there of [0, 1, push - PUSH0 - 1, push - PUSH0]) {
        await agree(Uint8Array.of(JUMPDEST, push, ...new Array<number>(there).fill(JUMPDEST)));
        await agree(
          Uint8Array.of(...new Array<number>(255).fill(JUMPDEST), push, ...new Array<number>(there).fill(JUMPDEST)),
        );
      }
    }
  });

  it("do not depend on what memory has been used for before", () =>
    fc.assert(
      fc.asyncProperty(codeOf(300), async (code) => {
        const words = await contract.destinationsInUsedMemory(code, CALL_GAS);
        expect(words, bytesToHex(code)).to.equal(bytesToHex(destinationsOf(code)));
      }),
      { numRuns: 100 },
    ));

  describe("take less than 3,300,000 gas for 49,152 bytes", () => {
    const fillers: readonly (readonly [string, (index: number) => number])[] = [
      ["of JUMPDEST", () => JUMPDEST],
      ["of STOP", () => 0],
      ["of PUSH0", () => PUSH0],
      ["of PUSH1 without a JUMPDEST between", () => PUSH1],
      ["of PUSH1 before every other JUMPDEST", (index) => [PUSH1, 0, JUMPDEST][index % 3] as number],
      ["of PUSH32 and 32 JUMPDESTs", (index) => (index % 33 === 0 ? PUSH32 : JUMPDEST)],
    ];
    for (const [name, filler] of fillers) {
      it(name, async () => {
        const code = Uint8Array.from({ length: MAX_INITCODE }, (_, index) => filler(index));
        expect(await agree(code)).to.be.lessThan(3_300_000);
      });
    }
  });
});
