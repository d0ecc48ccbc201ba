/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { loadPrecompiles, runPrecompile } from "../../../src/ethereum/index.ts";
import type { Precompile, Precompiles } from "../../../src/ethereum/index.ts";
import { bigintToBytes32, bytesToHex, concatBytes, hexToBytes } from "../../../src/primitives/index.ts";
import type { FrameLibraries } from "../../../types/ethers-contracts/index.ts";
import {
  addressOfPrecompile,
  bnPointBy,
  dearModexpInput,
  modexpInput,
  validPrecompileInputs,
} from "../../machine/precompile-inputs.ts";

const MAX_GAS = 7_500_000;
const CALL_GAS = { gasLimit: 16_000_000n };
const word = (value: number | bigint) => bigintToBytes32(BigInt(value));

// Every precompile of L1, run as a step runs it, against the one the nodes run.
describe("precompiles on L1", () => {
  let precompiles: Precompiles;
  let contract: FrameLibraries;
  before(async () => {
    const { ethers } = await network.create();
    contract = await ethers.deployContract("FrameLibraries");
    precompiles = await loadPrecompiles();
  });

  const precompileAt = (number: number) => precompiles.get(addressOfPrecompile(number)) as Precompile;
  const compute = (number: number, input: Uint8Array) => precompileAt(number).run(input) as Uint8Array;

  const agreeOnCost = async (number: number, input: Uint8Array) => {
    const name = `0x${number.toString(16)} with ${input.length} bytes ${bytesToHex(input.subarray(0, 1_000))}`;
    const precompile = precompileAt(number);
    const { isRunnable, cost } = await contract.costOf(addressOfPrecompile(number), input, CALL_GAS);
    const expected = precompile.gas(input);
    // Where it says that it cannot run, the other one fails, too, if by its cost or not.
    if (isRunnable) expect(cost, name).to.equal(BigInt(expected));
    else expect(expected > (precompile.maxGas ?? MAX_GAS) || precompile.run(input) === undefined, name).to.equal(true);
  };

  const agree = async (number: number, input: Uint8Array) => {
    await agreeOnCost(number, input);
    const { isSuccess, output } = await contract.run(addressOfPrecompile(number), input, CALL_GAS);
    const result = runPrecompile(precompileAt(number), input, 2 * MAX_GAS);
    const name = `0x${number.toString(16)} ${bytesToHex(input)}`;
    expect(isSuccess, name).to.equal("output" in result);
    if ("output" in result) expect(output, name).to.equal(bytesToHex(result.output));
    return isSuccess;
  };

  /** Inputs of a valid one's length and near it. */
  const damaged = (valid: Uint8Array) =>
    fc.oneof(
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([position, value]) => valid.with(position, value)),
      fc.nat(valid.length + 40).map((size) => concatBytes([valid, new Uint8Array(40)]).subarray(0, size)),
    );

  const bnPoint = bnPointBy(compute);
  /** Something that succeeds, for each. */
  const validInputs = () => validPrecompileInputs(precompiles);

  describe("give result, gas and failure of those the nodes run", () => {
    it("for a valid input of each", async () => {
      const inputs = validInputs();
      expect(inputs.map(([number]) => number)).to.eql([
        ...[1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100],
      ]);
      for (const [number, input] of inputs) {
        expect(await agree(number, input), `0x${number.toString(16)}`).to.equal(true);
      }
    });

    it("for inputs near a valid one", async () => {
      for (const [number, valid] of validInputs()) {
        await fc.assert(
          fc.asyncProperty(damaged(valid), async (input) => void (await agree(number, input))),
          { numRuns: 40 },
        );
      }
    });

    it("for any bytes", async () => {
      for (const [number] of validInputs()) {
        await fc.assert(
          fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), async (input) => void (await agree(number, input))),
          { numRuns: 40 },
        );
      }
    });

    it("for no input", async () => {
      for (const [number] of validInputs()) await agree(number, new Uint8Array());
    });
  });

  describe("cost what they cost on L2", () => {
    it("MODEXP, with numbers of any length (EIP-7823, EIP-7883)", async () => {
      const length = fc.oneof(fc.nat(70), fc.nat(1_100), fc.constantFrom(32, 33, 64, 1_023, 1_024, 1_025));
      const input = fc
        .tuple(length, length, length, fc.uint8Array({ maxLength: 1_200 }), fc.nat(40))
        .map(([base, exponent, modulus, body, zeros]) =>
          concatBytes([word(base), word(exponent), word(modulus), new Uint8Array(zeros), body]),
        );
      await fc.assert(
        fc.asyncProperty(input, async (data) => agreeOnCost(0x05, data)),
        { numRuns: 400 },
      );
    });

    it("MODEXP, with a header that is cut off or has lengths beyond everything", async () => {
      const huge = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.bigInt({ min: 0n, max: 2_000n }));
      const input = fc
        .tuple(huge, huge, huge, fc.nat(140))
        .map(([base, exponent, modulus, size]) =>
          concatBytes([word(base), word(exponent), word(modulus), new Uint8Array(64).fill(0xff)]).subarray(0, size),
        );
      await fc.assert(
        fc.asyncProperty(input, async (data) => agreeOnCost(0x05, data)),
        { numRuns: 300 },
      );
    });

    it("the multi-scalar multiplications, for 0 to 130 points and for all that fit (EIP-2537)", async () => {
      for (const [number, size, most] of [
        [0x0c, 160, 409],
        [0x0e, 288, 227],
      ] as const) {
        for (const count of [...Array(131).keys(), most]) {
          const { isRunnable, cost } = await contract.costOf(
            addressOfPrecompile(number),
            new Uint8Array(size * count),
            CALL_GAS,
          );
          expect(isRunnable).to.equal(true);
          expect(Number(cost), `${count} points`).to.equal(precompileAt(number).gas(new Uint8Array(size * count)));
        }
      }
    });

    it("the others, for any length of input", async () => {
      for (const number of [0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0d, 0x0f, 0x10, 0x11, 0x100]) {
        for (const size of [0, 1, 31, 32, 33, 191, 192, 384, 385, 5_000, 44_000, 65_536]) {
          await agreeOnCost(number, new Uint8Array(size));
        }
      }
    });
  });

  describe("cost at most 7,500,000 gas, and MODEXP 8,000,000", () => {
    const costOf = async (number: number, input: Uint8Array) => {
      const { isRunnable, cost } = await contract.costOf(addressOfPrecompile(number), input, CALL_GAS);
      return { isRunnable, cost: Number(cost) };
    };

    it("BLAKE2 compression: 7,500,000 rounds run, one more fails", async () => {
      const rounds = (count: number) => concatBytes([word(count).subarray(28), new Uint8Array(209)]);
      expect(await costOf(0x09, rounds(7_500_000))).to.eql({ isRunnable: true, cost: 7_500_000 });
      expect((await costOf(0x09, rounds(7_500_001))).isRunnable).to.equal(false);
      expect(await agree(0x09, rounds(7_500_001))).to.equal(false);
      expect((await costOf(0x09, rounds(2 ** 32 - 1))).isRunnable).to.equal(false);
    });

    it("the bn254 pairing: 219 pairs run, one more fails", async () => {
      expect(await costOf(0x08, new Uint8Array(192 * 219))).to.eql({ isRunnable: true, cost: 7_491_000 });
      expect((await costOf(0x08, new Uint8Array(192 * 220))).isRunnable).to.equal(false);
    });

    it("MODEXP: 8,000,000 gas run, one bit more of the exponent fails", async () => {
      expect(await costOf(0x05, dearModexpInput(240))).to.eql({ isRunnable: true, cost: 8_000_000 });
      expect(await agree(0x05, dearModexpInput(240))).to.equal(true);
      expect((await costOf(0x05, dearModexpInput(241))).isRunnable).to.equal(false);
      expect(await agree(0x05, dearModexpInput(241))).to.equal(false);
    });

    it("MODEXP of three full numbers fails", async () => {
      const full = new Uint8Array(1_024).fill(0xff);
      expect((await costOf(0x05, modexpInput(full, full, full))).isRunnable).to.equal(false);
    });

    it("no other input of at most 65,536 bytes comes near", async () => {
      for (const number of [0x01, 0x02, 0x03, 0x06, 0x07, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x100]) {
        const { isRunnable, cost } = await costOf(number, new Uint8Array(65_536));
        expect(isRunnable).to.equal(true);
        expect(cost).to.be.lessThan(MAX_GAS);
      }
    });
  });

  describe("cannot be made to fail by whoever calls", () => {
    /** The outcome with a gas limit; undefined if the call reverted, for whatever reason. */
    const outcome = async (number: number, input: Uint8Array, gasLimit: number) => {
      try {
        return await contract.run(addressOfPrecompile(number), input, { gasLimit: BigInt(gasLimit) });
      } catch {
        return undefined;
      }
    };

    it("with any gas a valid input either succeeds or reverts", async () => {
      // Of much gas, one 64th is enough to go on with: there a wrong failure would come back.
      const costly = concatBytes([word(2_000_000).subarray(28), new Uint8Array(209)]);
      for (const [number, input] of [...validInputs(), [0x09, costly] as const]) {
        const cost = precompileAt(number).gas(input);
        // From less than its calldata takes up to far more than is needed.
        const least = 21_000;
        const most = least + 40 * input.length + Math.ceil(cost * 1.2) + 180_000;
        let [reverted, succeeded] = [0, 0];
        const attempt = async (gasLimit: number) => {
          const result = await outcome(number, input, gasLimit);
          if (result === undefined) reverted++;
          else {
            expect(result.isSuccess, `0x${number.toString(16)} with ${gasLimit} gas`).to.equal(true);
            succeeded++;
          }
          return result !== undefined;
        };
        for (let step = 0; step <= 24; step++) await attempt(least + Math.floor(((most - least) * step) / 24));
        // Down to the gas where one turns into the other, and around it.
        let [low, high] = [least, most];
        while (high - low > 1) {
          const middle = (low + high) >> 1;
          if (await attempt(middle)) high = middle;
          else low = middle;
        }
        for (let gasLimit = low - 5; gasLimit < low + 5; gasLimit++) await attempt(gasLimit);
        expect(reverted, `0x${number.toString(16)}`).to.be.greaterThan(0);
        expect(succeeded, `0x${number.toString(16)}`).to.be.greaterThan(0);
      }
    });

    it("says how much gas it needs", async () => {
      const input = concatBytes([bnPoint(5), new Uint8Array(128)]);
      await expect(contract.run(addressOfPrecompile(0x08), input, { gasLimit: 90_000n })).to.be.revertedWithCustomError(
        contract,
        "NotEnoughGas",
      );
    });

    it("an invalid input fails with any gas that does not revert", async () => {
      const input = concatBytes([word(1), word(3), new Uint8Array(128)]);
      let failed = 0;
      for (let gasLimit = 30_000; gasLimit < 400_000; gasLimit += 5_000) {
        const result = await outcome(0x08, input, gasLimit);
        if (result === undefined) continue;
        expect(result.isSuccess).to.equal(false);
        failed++;
      }
      expect(failed).to.be.greaterThan(0);
    });
  });

  describe("at a price that L1 has raised", () => {
    // Taken for cheaper than they are: to the contract that is the same as dearer ones here.
    const runFor = (number: number, input: Uint8Array, cost: number) =>
      contract.runFor(addressOfPrecompile(number), input, cost, CALL_GAS);

    it("each gives what it gives, as long as that is 100,000 gas more at most", async () => {
      for (const [number, input] of validInputs()) {
        const cost = precompileAt(number).gas(input);
        const { isSuccess, output } = await runFor(number, input, Math.max(0, cost - 100_000));
        expect(isSuccess, `0x${number.toString(16)}`).to.equal(true);
        expect(output).to.equal(bytesToHex(compute(number, input)));
      }
    });

    it("a 16th more of a high one does no harm either", async () => {
      const pairs = concatBytes(Array.from({ length: 200 }, () => new Uint8Array(192)));
      const cost = precompileAt(0x08).gas(pairs);
      expect((await runFor(0x08, pairs, Math.floor((cost * 16) / 17))).isSuccess).to.equal(true);
    });

    it("those that never fail give what they give, however much it is, or revert", async () => {
      const rounds = concatBytes([word(200_000).subarray(28), new Uint8Array(209)]);
      const power = modexpInput(
        new Uint8Array(1_024).fill(255),
        new Uint8Array(32).fill(255),
        new Uint8Array(1_024).fill(254),
      );
      for (const [number, input] of [
        [0x05, power],
        [0x09, rounds],
      ] as const) {
        const name = `0x${number.toString(16)}`;
        const attempt = (gasLimit: number) =>
          contract.runFor(addressOfPrecompile(number), input, 0, { gasLimit: BigInt(gasLimit) });
        // Down to the gas where success turns into a revert.
        let [low, high] = [21_000, 16_000_000];
        while (high - low > 1) {
          const middle = (low + high) >> 1;
          const result = await attempt(middle).catch(() => undefined);
          if (result === undefined) low = middle;
          else {
            expect(result, name).to.eql([true, bytesToHex(compute(number, input))]);
            high = middle;
          }
        }
        expect(high, name).to.be.lessThan(16_000_000);
        await expect(attempt(low), name).to.be.revertedWithCustomError(contract, "UnexpectedFailure");
      }
    });
  });

  it("there is none elsewhere", async () => {
    for (const number of [0x00, 0x04, 0x12, 0xff, 0x101]) {
      await expect(contract.costOf(addressOfPrecompile(number), "0x")).to.be.revertedWithCustomError(
        contract,
        "NotAPrecompile",
      );
    }
  });

  it("7,500,000 gas of one are run within 7,700,000", async () => {
    const input = concatBytes([word(7_500_000).subarray(28), new Uint8Array(209)]);
    const { isSuccess, output, gasUsed } = await contract.run(addressOfPrecompile(0x09), input, CALL_GAS);
    expect(isSuccess).to.equal(true);
    expect(output).to.equal(bytesToHex(compute(0x09, input)));
    expect(Number(gasUsed)).to.be.lessThan(7_700_000);
    expect(hexToBytes(output).length).to.equal(64);
  });

  it("the verifier is not deployed where P256VERIFY is missing, which its runs could not tell from an invalid signature", async () => {
    const { ethers } = await network.create({ override: { hardfork: "prague" } });
    const verifier = await ethers.getContractFactory("PrecompileVerifier");
    await expect(verifier.deploy({ gasLimit: 10_000_000n })).to.be.revertedWithCustomError(
      verifier,
      "MissingPrecompile",
    );
  });
});
