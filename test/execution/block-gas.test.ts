import { expect } from "chai";
import fc from "fast-check";
import { executeBlock } from "../../src/execution/index.ts";
import {
  BLOCK_CHARGE,
  GAS_CAPACITY,
  availableGas,
  decodeHeader,
  encodeHeader,
  listingCharge,
  nextGasLimit,
  paysForBlock,
} from "../../src/rollup/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { CHAIN_ID, ETHER, PROGRAMS, account, createTestChain, sign, signRaw, wallet } from "./harness.ts";
import type { TestChain } from "./harness.ts";

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
  /** A transaction that uses all of its gas. */
  const burn = (gasLimit = BURN) => sign(wallet(0), { to: BURNER, nonce: nonce++, gasLimit });
  return { ...chain, burn };
}

/** Adds blocks of the second before until the bucket holds just `level`. */
async function drainTo(chain: Awaited<ReturnType<typeof chainWithBurner>>, level: bigint): Promise<Block> {
  for (;;) {
    const { gasLevel } = chain.latest().header;
    const excess = gasLevel - BLOCK_CHARGE - level;
    if (excess === 0n) return chain.block(undefined, 0);
    const half = excess / 2n;
    const gas = excess <= BURN ? excess : half < BURN ? half : BURN;
    const next = await chain.block(async (execution) => void (await execution.executeTransaction(chain.burn(gas))), 0);
    if (next.header.gasLevel === level) return next;
  }
}

describe("the gas bucket", () => {
  it("is full at genesis, pays for each block and what is in it, and stands in the header", async () => {
    const { block, burn, latest } = await chainWithBurner();
    expect(latest().header.gasLevel).to.equal(GAS_CAPACITY);
    for (let count = 1n; count <= 3n; count++) {
      const { header } = await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
      expect(header.gasUsed).to.equal(BURN);
      expect(header.gasLimit).to.equal(GAS_CAPACITY - (count - 1n) * BURN - count * BLOCK_CHARGE);
      expect(header.gasLevel).to.equal(header.gasLimit - BURN);
      expect(decodeHeader(encodeHeader(header))).to.eql(header);
    }
  });

  it("fills with the seconds since the parent, up to the capacity", async () => {
    const { block, burn, open } = await chainWithBurner();
    const { header } = await block(async (execution) => void (await execution.executeTransaction(burn())), 0);
    const limitAfter = async (seconds: number) => (await open(seconds)).environment.gasLimit + BLOCK_CHARGE;
    expect(await limitAfter(0)).to.equal(header.gasLevel);
    expect(await limitAfter(1)).to.equal(header.gasLevel + SPEED);
    expect(await limitAfter(3)).to.equal(header.gasLevel + 3n * SPEED);
    expect(await limitAfter(4)).to.equal(GAS_CAPACITY);
    expect(await limitAfter(1_000_000_000)).to.equal(GAS_CAPACITY);
  });

  it("has a transaction skipped that asks for more than is left, and taken when time has passed", async () => {
    const chain = await chainWithBurner();
    await drainTo(chain, 12_000_000n);
    const transaction = chain.burn();
    const tooEarly = await (await chain.open(0)).executeTransaction(transaction);
    expect(tooEarly).to.eql({
      kind: "skipped",
      reason: { kind: "block-gas-exceeded", gasLimit: BURN, available: 12_000_000n - BLOCK_CHARGE },
    });
    const later = await (await chain.open(1)).executeTransaction(transaction);
    expect(later.kind).to.equal("included");
  });

  it("takes nothing for deposits, which L1 meters: a header's limit is then the gas used, where that is more", async () => {
    const chain = await chainWithBurner();
    const { gasLevel } = (await drainTo(chain, 70_000n)).header;
    const message = chain.deposit({ sender: wallet(1).address, to: BURNER, mint: ETHER, gasLimit: BURN });
    const { header, receipts } = await chain.block(
      async (execution) => void (await execution.executeMessage(message)),
      0,
    );
    expect(receipts.map(({ gasUsed }) => gasUsed)).to.eql([BURN]);
    expect([header.gasLimit, header.gasUsed]).to.eql([BURN, BURN]);
    expect(header.gasLevel).to.equal(gasLevel - BLOCK_CHARGE);
    expect((await chain.open(0)).environment.gasLimit).to.equal(0n);
  });

  it("pays for each listed transaction, and ends the block at the first it cannot pay for", async () => {
    const chain = await chainWithBurner();
    const parent = await drainTo(chain, 200_000n);
    const [early, spent] = [signRaw(wallet(0), { nonce: 999n }), new Uint8Array(65)];
    const long = new Uint8Array(2_000);
    const execute = (transactions: readonly Uint8Array[]) =>
      executeBlock(chain.engine, parent, { timestamp: parent.header.timestamp, messages: [], transactions }, CHAIN_ID);
    // 150,000 gas: 32,000 for each of four long ones leave 22,000, which four short ones of 5,000 each use up.
    const all = [long, long, long, long, spent, early, spent, spent];
    const paid = await execute(all);
    expect(paid.isCut).to.equal(false);
    expect(paid.block.header.gasLevel).to.equal(2_000n);
    const cut = await execute([...all, spent]);
    expect(cut.isCut).to.equal(true);
    expect(cut.block).to.eql(paid.block);
  });

  it("takes of an included transaction what it uses, or its listing charge where that is more", async () => {
    const chain = await createTestChain({ balances: { [wallet(0).address]: ETHER } });
    const zeros = sign(wallet(0), { to: account(1), data: new Uint8Array(100_000), gasLimit: 2_000_000n });
    const { header } = await chain.block(async (execution) => void (await execution.executeTransaction(zeros)), 0);
    expect(header.gasUsed).to.equal(21_000n + 10n * 100_000n);
    expect(header.gasLimit - header.gasLevel).to.equal(listingCharge(zeros.raw.length));
    expect(listingCharge(zeros.raw.length)).to.equal(16n * BigInt(zeros.raw.length));
  });

  it("bounds the gas of any blocks by the capacity at once and the speed over time", () => {
    const steps = fc.array(fc.record({ seconds: fc.integer({ min: 0, max: 5 }), used: fc.bigInt(0n, 100n) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (blocks) => {
        const [gasCapacity, gasPerSecond] = [1_000_000n, 30_000n];
        let parent = { gasLevel: gasCapacity, gasCapacity, gasPerSecond, timestamp: 0 };
        let total = 0n;
        for (const { seconds, used } of blocks) {
          const timestamp = parent.timestamp + seconds;
          if (!paysForBlock(parent, timestamp)) continue;
          const gasLimit = nextGasLimit(parent, timestamp);
          expect(gasLimit).to.equal(availableGas(parent, timestamp) - BLOCK_CHARGE);
          const taken = (gasLimit * used) / 100n;
          parent = { ...parent, gasLevel: gasLimit - taken, timestamp };
          total += taken + BLOCK_CHARGE;
        }
        expect(total <= gasCapacity + gasPerSecond * BigInt(parent.timestamp)).to.equal(true);
      }),
    );
  });
});

describe("deposits and the base fee", () => {
  it("a deposit pays the floor whatever the base fee, so nobody is priced out of it", async () => {
    const chain: TestChain = await createTestChain({
      gasPerSecond: SPEED,
      balances: { [wallet(0).address]: 100_000n * ETHER },
      code: { [BURNER]: PROGRAMS.invalid },
    });
    let nonce = 0n;
    // Full blocks of three seconds for ten minutes: the base fee is some hundred times its floor.
    for (let count = 0; count < 200; count++) {
      await chain.block(
        async (execution) =>
          void (await execution.executeTransaction(
            sign(wallet(0), { to: BURNER, nonce: nonce++, gasLimit: 14_900_000n, maxFeePerGas: 10n ** 14n }),
          )),
        3,
      );
    }
    const { baseFeePerGas } = chain.latest().header;
    expect(baseFeePerGas > 200n * 10_000_000n).to.equal(true);
    const gas = 100_000n;
    const message = chain.deposit({
      sender: wallet(1).address,
      to: account(5),
      mint: gas * 10_000_000n,
      gasLimit: gas,
    });
    const vault = await chain.balance(chain.latest().header.coinbase);
    const { receipts, header } = await chain.block(
      async (execution) => void (await execution.executeMessage(message)),
      1,
    );
    expect(header.baseFeePerGas > 190n * 10_000_000n).to.equal(true);
    expect(receipts.map(({ status, effectiveGasPrice }) => [status, effectiveGasPrice])).to.eql([[1, 10_000_000n]]);
    expect((await chain.balance(header.coinbase)) - vault).to.equal(receipts[0]!.gasUsed * 10_000_000n);
  });
});
