import { expect } from "chai";
import fc from "fast-check";
import { BLOCK_GAS_LIMIT, decodeHeader, encodeHeader, nextGasLimit } from "../../src/rollup/index.ts";
import { ETHER, PROGRAMS, account, createTestChain, sign, wallet } from "./harness.ts";

const SPEED = 5_000_000n;
const BURNER = account(77);
const BURN = 16_000_000n;

async function chainWithBurner() {
  const chain = await createTestChain({
    gasPerSecond: SPEED,
    balances: { [wallet(0).address]: 100n * ETHER },
    code: { [BURNER]: PROGRAMS.invalid },
  });
  let nonce = 0n;
  /** A transaction that uses all of its 16,000,000 gas. */
  const burn = () => sign(wallet(0), { to: BURNER, nonce: nonce++, gasLimit: BURN });
  return { ...chain, burn };
}

describe("the gas limit of a block", () => {
  it("is what the parent left, so that blocks of one second share it", async () => {
    const { block, burn } = await chainWithBurner();
    const limits: bigint[] = [];
    for (let count = 0; count < 3; count++) {
      const { header } = await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
      expect(header.gasUsed).to.equal(BURN);
      limits.push(header.gasLimit);
    }
    expect(limits).to.eql([BLOCK_GAS_LIMIT, BLOCK_GAS_LIMIT - BURN, BLOCK_GAS_LIMIT - 2n * BURN]);
  });

  it("grows with the seconds since the parent, up to the capacity", async () => {
    const { block, burn, open } = await chainWithBurner();
    await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
    expect((await open(0)).environment.gasLimit).to.equal(BLOCK_GAS_LIMIT - BURN);
    expect((await open(1)).environment.gasLimit).to.equal(BLOCK_GAS_LIMIT - BURN + SPEED);
    expect((await open(3)).environment.gasLimit).to.equal(BLOCK_GAS_LIMIT - BURN + 3n * SPEED);
    expect((await open(4)).environment.gasLimit).to.equal(BLOCK_GAS_LIMIT);
    expect((await open(1_000_000_000)).environment.gasLimit).to.equal(BLOCK_GAS_LIMIT);
  });

  it("skips a transaction that what is left does not hold, and takes it when time has passed", async () => {
    const { block, burn, open } = await chainWithBurner();
    for (let count = 0; count < 3; count++) {
      await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
    }
    const transaction = burn();
    const tooEarly = await (await open(0)).executeTransaction(transaction);
    expect(tooEarly).to.eql({
      kind: "skipped",
      reason: { kind: "block-gas-exceeded", gasLimit: BURN, available: BLOCK_GAS_LIMIT - 3n * BURN },
    });
    const later = await (await open(1)).executeTransaction(transaction);
    expect(later.kind).to.equal("included");
  });

  it("does not hold up deposits: a header's limit is then the gas used, and nothing is left for the next block", async () => {
    const { block, deposit, latest, open, burn } = await chainWithBurner();
    for (let count = 0; count < 3; count++) {
      await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
    }
    const message = deposit({ sender: wallet(1).address, to: BURNER, mint: ETHER, gasLimit: BURN });
    const { header, receipts } = await block(async (execution) => void (await execution.executeMessage(message)), 0);
    expect(receipts.map(({ gasUsed }) => gasUsed)).to.eql([BURN]);
    expect([header.gasLimit, header.gasUsed]).to.eql([BURN, BURN]);
    expect((await open(0)).environment.gasLimit).to.equal(0n);
    expect(decodeHeader(encodeHeader(latest().header))).to.eql(header);
  });

  it("bounds the gas of any blocks by the capacity at once and the speed over time", () => {
    const steps = fc.array(fc.record({ seconds: fc.integer({ min: 0, max: 5 }), used: fc.bigInt(0n, 100n) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (blocks) => {
        let parent = { gasLimit: 1000n, gasUsed: 0n, gasCapacity: 1000n, gasPerSecond: 30n, timestamp: 0 };
        let total = 0n;
        for (const { seconds, used } of blocks) {
          const timestamp = parent.timestamp + seconds;
          const gasLimit = nextGasLimit(parent, timestamp);
          const gasUsed = (gasLimit * used) / 100n;
          parent = { ...parent, gasLimit, gasUsed, timestamp };
          total += gasUsed;
          expect(gasLimit >= 0n && gasLimit <= 1000n).to.equal(true);
        }
        expect(total <= 1000n + 30n * BigInt(parent.timestamp)).to.equal(true);
      }),
    );
  });
});
