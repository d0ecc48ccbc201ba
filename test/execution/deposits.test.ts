import { expect } from "chai";
import { hexToBytes } from "../../src/primitives/index.ts";
import { aliasAddress } from "../../src/rollup/index.ts";
import type { Receipt } from "../../src/rollup/index.ts";
import { ETHER, PROGRAMS, account, createTestChain, hash, wallet } from "./harness.ts";
import type { TestChain, TestChainOptions } from "./harness.ts";

const sender = wallet(0).address;
const refundTo = account(50);
const CONTRACT = account(60);
const BASE_FEE = 10_000_000n;
const TRANSFER_COST = 21_000n * BASE_FEE;

async function run(fields: Parameters<TestChain["deposit"]>[0], options: TestChainOptions = {}) {
  const chain = await createTestChain(options);
  const message = chain.deposit(fields);
  let receipt: Receipt | undefined;
  const block = await chain.block(async (execution) => {
    receipt = await execution.executeMessage(message);
  });
  return { chain, block, message, receipt: receipt as Receipt };
}

describe("a deposit", () => {
  it("without gas only mints to its sender, with status 1 and no gas", async () => {
    const { chain, receipt } = await run({ mint: ETHER });
    expect(await chain.balance(sender)).to.equal(ETHER);
    expect(await chain.nonce(sender)).to.equal(0n);
    expect([receipt.status, receipt.gasUsed]).to.eql([1, 0n]);
  });

  it("without gas moves the whole mint to refundTo if that is another account", async () => {
    const { chain } = await run({ mint: ETHER, refundTo });
    expect(await chain.balance(refundTo)).to.equal(ETHER);
    expect(await chain.engine.getAccount(chain.latest().header.stateRoot, sender)).to.equal(undefined);
  });

  it("of nothing leaves no account behind", async () => {
    const { chain, receipt } = await run({ mint: 0n });
    expect(await chain.engine.getAccount(chain.latest().header.stateRoot, sender)).to.equal(undefined);
    expect(receipt.status).to.equal(1);
  });

  it("runs a call that its sender pays for at the base fee, bumping the nonce", async () => {
    const to = account(1);
    const { chain, receipt } = await run({ mint: ETHER, to, value: 3n, gasLimit: 30_000n });
    expect(await chain.balance(to)).to.equal(3n);
    expect(await chain.balance(sender)).to.equal(ETHER - 3n - TRANSFER_COST);
    expect(await chain.nonce(sender)).to.equal(1n);
    expect([receipt.status, receipt.gasUsed, receipt.effectiveGasPrice, receipt.dataGas]).to.eql([
      1,
      21_000n,
      BASE_FEE,
      0n,
    ]);
  });

  it("sends what is left of the mint after the call to refundTo, and leaves the sender what he had", async () => {
    const { chain } = await run(
      { mint: ETHER, to: account(1), value: 3n, gasLimit: 30_000n, refundTo },
      { balances: { [sender]: 7n } },
    );
    expect(await chain.balance(sender)).to.equal(7n);
    expect(await chain.balance(refundTo)).to.equal(ETHER - 3n - TRANSFER_COST);
  });

  it("takes what the mint does not cover from the sender's balance, and then refunds nothing", async () => {
    const { chain } = await run(
      { mint: 5n, to: account(1), value: 9n, gasLimit: 30_000n, refundTo },
      { balances: { [sender]: ETHER } },
    );
    expect(await chain.balance(sender)).to.equal(ETHER + 5n - 9n - TRANSFER_COST);
    expect(await chain.balance(refundTo)).to.equal(0n);
  });

  it("refunds at most the mint, even if the call made its sender richer", async () => {
    // Sends its whole balance to its caller.
    const generous = "0x600060006000600047335af100";
    const mint = 2n * TRANSFER_COST;
    const { chain, receipt } = await run(
      { mint, to: CONTRACT, gasLimit: 100_000n, refundTo },
      { code: { [CONTRACT]: generous }, balances: { [CONTRACT]: ETHER, [sender]: ETHER } },
    );
    expect(await chain.balance(refundTo)).to.equal(mint);
    expect(await chain.balance(sender)).to.equal(2n * ETHER - receipt.gasUsed * BASE_FEE);
  });

  it("that reverts leaves the mint, less the gas, to refundTo, with status 0", async () => {
    const { chain, receipt } = await run(
      { mint: ETHER, to: CONTRACT, value: 3n, gasLimit: 100_000n, refundTo },
      { code: { [CONTRACT]: PROGRAMS.storeAndRevert } },
    );
    expect(receipt.status).to.equal(0);
    expect(await chain.balance(CONTRACT)).to.equal(0n);
    expect(await chain.slot(CONTRACT, 5n)).to.equal(0n);
    expect(await chain.balance(refundTo)).to.equal(ETHER - receipt.gasUsed * BASE_FEE);
    expect(await chain.nonce(sender)).to.equal(1n);
  });

  it("that halts uses all its gas", async () => {
    const { receipt } = await run(
      { mint: ETHER, to: CONTRACT, gasLimit: 100_000n },
      { code: { [CONTRACT]: PROGRAMS.invalid } },
    );
    expect([receipt.status, receipt.gasUsed]).to.eql([0, 100_000n]);
  });

  for (const [why, fields] of [
    ["cannot pay for its gas", { mint: TRANSFER_COST - 1n, to: account(1), gasLimit: 21_000n }],
    ["cannot pay for its value", { mint: TRANSFER_COST, to: account(1), value: 1n, gasLimit: 21_000n }],
    ["has a value near 2^128", { mint: ETHER, to: account(1), value: 2n ** 128n - 1n, gasLimit: 21_000n }],
    ["has less gas than a transaction takes", { mint: ETHER, to: account(1), gasLimit: 20_999n }],
    [
      "has less gas than its calldata's floor",
      { mint: ETHER, to: account(1), gasLimit: 22_000n, data: new Uint8Array(101) },
    ],
  ] as const) {
    it(`that ${why} is not run: the mint goes to refundTo, with status 0 and no gas`, async () => {
      const { chain, receipt } = await run({ ...fields, refundTo });
      expect([receipt.status, receipt.gasUsed, receipt.logs.length]).to.eql([0, 0n, 0]);
      expect(await chain.balance(refundTo)).to.equal(fields.mint);
      expect(await chain.balance(sender)).to.equal(0n);
      expect(await chain.nonce(sender)).to.equal(0n);
    });
  }

  it("from an account with code is not run (EIP-3607)", async () => {
    const { chain, receipt } = await run(
      { mint: ETHER, to: account(1), gasLimit: 21_000n },
      { code: { [sender]: "0x00" } },
    );
    expect(receipt.status).to.equal(0);
    expect(await chain.balance(sender)).to.equal(ETHER);
    expect(await chain.nonce(sender)).to.equal(1n);
  });

  it("from an account that delegates its code runs (EIP-7702)", async () => {
    const { receipt } = await run(
      { mint: ETHER, to: account(1), gasLimit: 21_000n },
      { code: { [sender]: `0xef0100${"11".repeat(20)}` } },
    );
    expect(receipt.status).to.equal(1);
  });

  it("shows its aliased sender to contracts as CALLER and ORIGIN, and the base fee as GASPRICE", async () => {
    const aliased = aliasAddress(account(9));
    const { chain } = await run(
      { sender: aliased, mint: ETHER, to: CONTRACT, value: 4n, gasLimit: 200_000n },
      { code: { [CONTRACT]: PROGRAMS.remember } },
    );
    expect(await chain.slot(CONTRACT, 0n)).to.equal(BigInt(aliased));
    expect(await chain.slot(CONTRACT, 1n)).to.equal(BigInt(aliased));
    expect(await chain.slot(CONTRACT, 2n)).to.equal(4n);
    expect(await chain.slot(CONTRACT, 3n)).to.equal(BASE_FEE);
  });

  it("carries its data to the contract and its logs into the block", async () => {
    const data = hexToBytes("0xc0ffee");
    const { receipt, block } = await run(
      { mint: ETHER, to: CONTRACT, gasLimit: 100_000n, data },
      { code: { [CONTRACT]: PROGRAMS.log } },
    );
    expect(receipt.logs.map((log) => ({ ...log, data: Uint8Array.from(log.data) }))).to.eql([
      { address: CONTRACT, topics: [hash(BigInt(sender))], data },
    ]);
    expect(BigInt(block.header.logsBloom) > 0n).to.equal(true);
  });

  it("has its message hash as transaction hash, and its nonce in the block", async () => {
    const { block, message, receipt } = await run({ mint: ETHER, to: account(1), gasLimit: 21_000n });
    expect(receipt.transactionHash).to.equal(message.hash);
    expect(block.transactions).to.eql([{ kind: "deposit", hash: message.hash, message, nonce: 0n }]);
    expect(block.header.transactionsRoot).to.equal(message.hash);
    expect([block.firstMessage, block.nextMessage]).to.eql([0, 1]);
  });

  it("pays for its gas once: the FeeVault gains exactly what the sender lost", async () => {
    const { chain } = await run({ mint: ETHER, to: account(1), gasLimit: 50_000n });
    const vault = "0x4f6e650000000000000000000000000000000003";
    expect(await chain.balance(vault)).to.equal(TRANSFER_COST);
    expect(await chain.balance(sender)).to.equal(ETHER - TRANSFER_COST);
  });
});

describe("a context message", () => {
  it("writes its five values into L1Context, without a transaction or receipt", async () => {
    const chain = await createTestChain();
    const block = await chain.block(async (execution) => {
      const message = chain.context({
        number: 11,
        timestamp: 12,
        baseFee: 13n,
        blobBaseFee: 14n,
        parentHash: hash(15),
      });
      expect(await execution.executeMessage(message)).to.equal(undefined);
    });
    expect([block.transactions.length, block.receipts.length, block.nextMessage]).to.eql([0, 0, 1]);
    const context = "0x4f6e650000000000000000000000000000000001";
    for (const slot of [0n, 1n, 2n, 3n, 4n]) expect(await chain.slot(context, slot)).to.equal(11n + slot);
  });

  it("sets the data price, base fee floor and PREVRANDAO from the next block on", async () => {
    const chain = await createTestChain();
    const first = await chain.open();
    await first.executeMessage(
      chain.context({ number: 1, baseFee: 10n ** 12n, blobBaseFee: 31n * 10n ** 9n, parentHash: hash(77) }),
    );
    expect([first.environment.dataPrice, first.environment.prevRandao]).to.eql([0n, hash(0)]);
    const sealed = await first.seal();
    const next = await chain.engine.openBlock(sealed, { timestamp: sealed.header.timestamp });
    expect(next.environment.dataPrice).to.equal(8n * 10n ** 9n);
    expect(next.environment.baseFeePerGas).to.equal(125_000_000n);
    expect(next.environment.prevRandao).to.equal(hash(77));
  });
});

describe("messages", () => {
  it("are refused out of order", async () => {
    const chain = await createTestChain();
    const execution = await chain.open();
    const error = await execution.executeMessage(chain.deposit({ index: 1 })).catch((reason: Error) => reason);
    expect((error as Error).message).to.equal("expected message 0, got 1");
  });
});
