import { expect } from "chai";
import { RLP } from "@ethereumjs/rlp";
import secp256k1 from "secp256k1";
import { decodeTransaction, intrinsicGas, recoverAuthority } from "../../src/ethereum/index.ts";
import type { SignedTransaction, SkipReason } from "../../src/ethereum/index.ts";
import { executeBlock } from "../../src/execution/index.ts";
import { bytesToHex, hexToBytes, keccak256Bytes, concatBytes } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { BLOCK_CHARGE, FEE_VAULT_ADDRESS, MINIMUM_BASE_FEE, dataGas } from "../../src/rollup/index.ts";
import { CHAIN_ID, ETHER, GWEI, PROGRAMS, account, createTestChain, sign, signRaw, wallet } from "./harness.ts";
import type { TestChain, TestChainOptions, Wallet } from "./harness.ts";

const alice = wallet(1);
const bob = wallet(2);
const CONTRACT = account(60);

/** A chain on which calldata tokens have a price: 8 gwei a token, base fee 0.125 gwei, so 64 gas a token. */
async function chainWithDataPrice(options: TestChainOptions = {}): Promise<TestChain> {
  const chain = await createTestChain({ balances: { [alice.address]: ETHER }, ...options });
  await chain.block(async (execution) => {
    await execution.executeMessage(chain.context({ number: 1, baseFee: 10n ** 12n, blobBaseFee: 31n * GWEI }));
  });
  return chain;
}

const richAlice = (options: TestChainOptions = {}) =>
  createTestChain({ balances: { [alice.address]: ETHER }, ...options });

describe("data gas", () => {
  it("is added to the gas a transaction uses and paid at the effective price", async () => {
    const chain = await chainWithDataPrice();
    const transaction = sign(alice, { to: account(1), value: 5n, maxPriorityFeePerGas: 3n });
    const before = await chain.balance(FEE_VAULT_ADDRESS);
    const receipt = await chain.include(transaction);
    const { dataPrice, baseFeePerGas } = { dataPrice: 8n * GWEI, baseFeePerGas: chain.latest().header.baseFeePerGas };
    expect(receipt.dataGas).to.equal(dataGas(transaction.tokens, dataPrice, baseFeePerGas));
    expect(receipt.dataGas > 0n).to.equal(true);
    expect(receipt.gasUsed).to.equal(21_000n + receipt.dataGas);
    expect(receipt.effectiveGasPrice).to.equal(baseFeePerGas + 3n);
    expect(await chain.balance(alice.address)).to.equal(ETHER - 5n - receipt.gasUsed * receipt.effectiveGasPrice);
    expect((await chain.balance(FEE_VAULT_ADDRESS)) - before).to.equal(receipt.gasUsed * receipt.effectiveGasPrice);
    expect(chain.latest().header.gasUsed).to.equal(receipt.gasUsed);
  });

  it("leaves exactly nothing after sending a whole balance less gas limit × price, when the limit is what is used", async () => {
    const chain = await chainWithDataPrice();
    const price = (await chain.open()).environment.baseFeePerGas;
    // The length of the signed bytes depends on the fields themselves: settle it by repeating.
    let gasLimit = 21_000n;
    for (let attempt = 0; attempt < 20; attempt++) {
      const transaction = sign(alice, {
        to: bob.address,
        value: ETHER - gasLimit * price,
        gasLimit,
        maxFeePerGas: price,
      });
      const used = 21_000n + dataGas(transaction.tokens, 8n * GWEI, price);
      if (used === gasLimit) {
        await chain.include(transaction);
        expect(await chain.balance(alice.address)).to.equal(0n);
        expect(await chain.balance(bob.address)).to.equal(ETHER - gasLimit * price);
        return;
      }
      gasLimit = used;
    }
    expect.fail("the gas limit did not settle");
  });

  it("is out of the reach of the EVM: a transaction has gasLimit − dataGas to run on", async () => {
    // Stores GAS in slot 0.
    const chain = await chainWithDataPrice({ code: { [CONTRACT]: "0x5a60005500" } });
    const receipt = await chain.include(sign(alice, { to: CONTRACT, gasLimit: 150_000n }));
    expect(await chain.slot(CONTRACT, 0n)).to.equal(150_000n - receipt.dataGas - 21_000n - 2n);
  });

  it("is charged in full beside a halt, a refund and the calldata floor", async () => {
    const chain = await chainWithDataPrice({ code: { [CONTRACT]: PROGRAMS.invalid } });
    const halted = await chain.include(sign(alice, { to: CONTRACT, gasLimit: 90_000n }));
    expect([halted.status, halted.gasUsed]).to.eql([0, 90_000n]);
    const data = new Uint8Array(200).fill(1);
    const floored = await chain.include(sign(alice, { nonce: 1n, to: account(1), data, gasLimit: 300_000n }));
    const { floor } = intrinsicGas({
      isCreation: false,
      data,
      accessListAddresses: 0,
      accessListSlots: 0,
      authorizations: 0,
    });
    expect(floored.gasUsed).to.equal(floor + floored.dataGas);
  });

  it("makes a transaction invalid whose limit does not cover it beside the intrinsic gas", async () => {
    const chain = await chainWithDataPrice();
    const execution = await chain.open();
    const transaction = sign(alice, { to: account(1), gasLimit: 21_000n });
    const required =
      21_000n + dataGas(transaction.tokens, execution.environment.dataPrice, execution.environment.baseFeePerGas);
    expect(await execution.executeTransaction(transaction)).to.eql({
      kind: "skipped",
      reason: { kind: "gas-below-intrinsic", gasLimit: 21_000n, required },
    });
  });

  it("is 0 while no context has been read", async () => {
    const chain = await richAlice();
    expect((await chain.include(sign(alice, { to: account(1) }))).dataGas).to.equal(0n);
  });
});

describe("fees", () => {
  it("give the tip to the coinbase within the transaction and the base fee at the end of the block", async () => {
    const chain = await richAlice();
    const sealed = await chain.block(async (execution) => {
      await execution.executeTransaction(sign(alice, { to: account(1), maxPriorityFeePerGas: 7n }));
      await execution.executeTransaction(sign(alice, { nonce: 1n, to: account(1) }));
    });
    expect(await chain.balance(FEE_VAULT_ADDRESS)).to.equal(
      21_000n * 7n + sealed.header.gasUsed * sealed.header.baseFeePerGas,
    );
  });

  it("cap the tip at what maxFeePerGas leaves above the base fee", async () => {
    const chain = await richAlice();
    const receipt = await chain.include(
      sign(alice, { to: account(1), maxFeePerGas: MINIMUM_BASE_FEE + 2n, maxPriorityFeePerGas: MINIMUM_BASE_FEE }),
    );
    expect(receipt.effectiveGasPrice).to.equal(MINIMUM_BASE_FEE + 2n);
  });

  it("take a legacy transaction's whole gas price", async () => {
    const chain = await richAlice();
    const receipt = await chain.include(sign(alice, { type: 0, to: account(1), gasPrice: GWEI }));
    expect(receipt.effectiveGasPrice).to.equal(GWEI);
    expect(await chain.balance(alice.address)).to.equal(ETHER - 21_000n * GWEI);
  });
});

describe("a transaction is skipped", () => {
  const cases: readonly (readonly [
    why: string,
    kind: SkipReason["kind"],
    fields: Parameters<typeof sign>[1],
    from?: Wallet,
  ])[] = [
    ["its nonce is used", "nonce-too-low", { nonce: 0n }],
    ["its nonce leaves a gap", "nonce-too-high", { nonce: 2n }],
    ["its sender cannot pay for gas and value", "insufficient-funds", { nonce: 1n, value: ETHER }],
    ["its sender could not pay the highest fee it allows", "insufficient-funds", { nonce: 1n, maxFeePerGas: ETHER }],
    ["its sender does not exist", "insufficient-funds", { nonce: 0n }, bob],
    ["it pays less than the base fee", "fee-below-base-fee", { nonce: 1n, maxFeePerGas: MINIMUM_BASE_FEE - 1n }],
    ["it pays nothing at all", "fee-below-base-fee", { nonce: 1n, maxFeePerGas: 0n }],
    ["it is a legacy one that pays nothing at all", "fee-below-base-fee", { nonce: 1n, type: 0, gasPrice: 0n }],
    ["it has an access list and pays nothing at all", "fee-below-base-fee", { nonce: 1n, type: 1, gasPrice: 0n }],
    ["it pays nothing and its sender has nothing", "fee-below-base-fee", { maxFeePerGas: 0n }, bob],
    ["its gas limit is below the intrinsic gas", "gas-below-intrinsic", { nonce: 1n, gasLimit: 20_999n }],
    [
      "its gas limit is below the calldata floor",
      "gas-below-intrinsic",
      { nonce: 1n, gasLimit: 24_999n, data: new Uint8Array(100).fill(1) },
    ],
  ];
  for (const [why, kind, fields, from] of cases) {
    it(`if ${why}, and leaves no trace: the block is the same as without it`, async () => {
      const chain = await richAlice();
      await chain.include(sign(alice, { to: account(1) }));
      const withIt = await chain.open();
      const outcome = await withIt.executeTransaction(sign(from ?? alice, { to: account(2), ...fields }));
      expect(outcome.kind === "skipped" ? outcome.reason.kind : outcome.kind).to.equal(kind);
      const without = await chain.open();
      expect(await withIt.seal()).to.eql(await without.seal());
    });
  }

  it("if the block has not enough gas left for its limit, and one that fits still goes in", async () => {
    const chain = await richAlice({
      balances: { [alice.address]: 100n * ETHER },
      code: { [CONTRACT]: PROGRAMS.invalid },
    });
    await chain.block(async (execution) => {
      const limit = 16_777_216n;
      for (const nonce of [0n, 1n, 2n]) {
        expect(
          (await execution.executeTransaction(sign(alice, { nonce, to: CONTRACT, gasLimit: limit }))).kind,
        ).to.equal("included");
      }
      const available = 60_000_000n - BLOCK_CHARGE - 3n * limit;
      expect(
        await execution.executeTransaction(sign(alice, { nonce: 3n, to: CONTRACT, gasLimit: available + 1n })),
      ).to.eql({
        kind: "skipped",
        reason: { kind: "block-gas-exceeded", gasLimit: available + 1n, available },
      });
      expect(
        (await execution.executeTransaction(sign(alice, { nonce: 3n, to: CONTRACT, gasLimit: available }))).kind,
      ).to.equal("included");
      expect([execution.gasUsed, execution.gasLeft]).to.eql([60_000_000n - BLOCK_CHARGE, 0n]);
    });
  });

  it("if its sender has code that is no delegation", async () => {
    const chain = await richAlice({ code: { [alice.address]: "0x00" } });
    const outcome = await (await chain.open()).executeTransaction(sign(alice, { nonce: 1n, to: account(1) }));
    expect(outcome).to.eql({ kind: "skipped", reason: { kind: "sender-has-code", sender: alice.address } });
  });

  it("when a block is executed from raw bytes, garbage included, and takes its charge out of the bucket", async () => {
    const chain = await richAlice();
    const good = signRaw(alice, { to: account(1) });
    const garbage = [
      new Uint8Array(),
      Uint8Array.of(3),
      Uint8Array.of(0xc0),
      new Uint8Array(131_073),
      good.subarray(1),
      signRaw(bob, { to: account(1) }),
    ];
    const input = { timestamp: chain.latest().header.timestamp, messages: [] };
    const execute = (transactions: readonly Uint8Array[], recovered: readonly SignedTransaction[] = []) =>
      executeBlock(chain.engine, chain.latest(), { ...input, transactions, recovered }, CHAIN_ID);
    const listed = [...garbage, good, good, ...garbage];
    const { block: withGarbage, isCut } = await execute(listed);
    const { block: alone } = await execute([good]);
    expect(isCut).to.equal(false);
    expect(await execute([good], [decodeTransaction(good, CHAIN_ID)])).to.eql({ block: alone, isCut: false });
    expect(alone.transactions.length).to.equal(1);
    expect(withGarbage.transactions).to.eql(alone.transactions);
    const charges = [...garbage, good, ...garbage].map((raw) => BigInt(Math.max(5_000, 16 * raw.length)));
    expect(withGarbage.header).to.eql({
      ...alone.header,
      gasLevel: alone.header.gasLevel - charges.reduce((sum, charge) => sum + charge),
    });
  });
});

describe("the rules of Ethereum hold:", () => {
  it("COINBASE is warm (EIP-3651), other accounts are not", async () => {
    // GAS, BALANCE(COINBASE), GAS, SUB → slot 0; the same for an account nobody named → slot 1.
    const measure = (push: string): Hex => `0x5a${push}31505a900360005500`;
    const cold = account(61);
    const chain = await richAlice({ code: { [CONTRACT]: measure("41"), [cold]: measure(`73${"99".repeat(20)}`) } });
    await chain.include(sign(alice, { to: CONTRACT }));
    await chain.include(sign(alice, { nonce: 1n, to: cold }));
    // COINBASE 2 or PUSH20 3, the access, POP 2, GAS 2.
    expect(await chain.slot(CONTRACT, 0n)).to.equal(2n + 100n + 2n + 2n);
    expect(await chain.slot(cold, 0n)).to.equal(3n + 2_600n + 2n + 2n);
  });

  it("an authorization outlives the revert of its transaction, and bumps the authority's nonce (EIP-7702)", async () => {
    const chain = await richAlice({ code: { [CONTRACT]: PROGRAMS.revert } });
    const receipt = await chain.include(
      sign(alice, { type: 4, to: CONTRACT, authorizationList: [authorize(bob, account(7), 0n)] }),
    );
    expect(receipt.status).to.equal(0);
    const root = chain.latest().header.stateRoot;
    expect(bytesToHex(await chain.engine.getCode(root, bob.address))).to.equal(`0xef0100${account(7).slice(2)}`);
    expect(await chain.nonce(bob.address)).to.equal(1n);
  });

  it("a failed creation is a receipt of status 0 and leaves no contract", async () => {
    const chain = await richAlice();
    const receipt = await chain.include(sign(alice, { data: "0xfe" }));
    expect(receipt.status).to.equal(0);
    expect(await chain.engine.getAccount(chain.latest().header.stateRoot, receipt.contractAddress as Address)).to.equal(
      undefined,
    );
    expect(await chain.nonce(alice.address)).to.equal(1n);
  });

  it("a creation stores code under the address that the receipt names", async () => {
    const chain = await richAlice();
    // Returns one zero byte as code.
    const receipt = await chain.include(sign(alice, { data: "0x60016000f3" }));
    expect(
      await chain.engine.getCode(chain.latest().header.stateRoot, receipt.contractAddress as Address),
    ).to.have.length(1);
  });

  it("SELFDESTRUCT of an old contract moves its ETH and leaves the contract (EIP-6780)", async () => {
    const chain = await richAlice({
      code: { [CONTRACT]: PROGRAMS.selfDestruct },
      balances: { [alice.address]: ETHER, [CONTRACT]: 9n },
    });
    await chain.include(sign(alice, { to: CONTRACT, data: `0x${bob.address.slice(2).padStart(64, "0")}` }));
    expect(await chain.balance(bob.address)).to.equal(9n);
    expect((await chain.engine.getCode(chain.latest().header.stateRoot, CONTRACT)).length).to.be.greaterThan(0);
  });

  it("touching an account with no value does not create it (EIP-161)", async () => {
    const chain = await richAlice();
    await chain.include(sign(alice, { to: account(5), value: 0n }));
    expect(await chain.engine.getAccount(chain.latest().header.stateRoot, account(5))).to.equal(undefined);
  });

  it("BLOCKHASH gives the last 256 blocks, and 0 for the block itself and older ones", async () => {
    const chain = await richAlice({ code: { [CONTRACT]: PROGRAMS.blockHash } });
    const hashes = [chain.latest().hash];
    for (let number = 1; number <= 260; number++) hashes.push((await chain.block()).hash);
    let nonce = 0n;
    const blockHashOf = async (number: number): Promise<bigint> => {
      await chain.include(
        sign(alice, { nonce: nonce++, to: CONTRACT, data: `0x${number.toString(16).padStart(64, "0")}` }),
      );
      hashes.push(chain.latest().hash);
      return chain.slot(CONTRACT, 0n);
    };
    const next = () => chain.latest().header.number + 1;
    expect(await blockHashOf(next() - 1)).to.equal(BigInt(hashes[next() - 2] as string));
    for (const back of [1, 2, 255, 256]) {
      const number = next() - back;
      expect(await blockHashOf(number), `${back} back`).to.equal(BigInt(hashes[number] as string));
    }
    expect(await blockHashOf(next() - 257)).to.equal(0n);
    expect(await blockHashOf(next())).to.equal(0n);
  });
});

/** An EIP-7702 authorization for any chain. */
function authorize(authority: Wallet, address: Address, nonce: bigint) {
  const nonceBytes = nonce === 0n ? new Uint8Array() : Uint8Array.of(Number(nonce));
  const message = keccak256Bytes(
    concatBytes([Uint8Array.of(5), RLP.encode([new Uint8Array(), hexToBytes(address), nonceBytes])]),
  );
  const { signature, recid } = secp256k1.ecdsaSign(message, authority.privateKey);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((bytes) => BigInt(bytesToHex(bytes))) as [
    bigint,
    bigint,
  ];
  expect(recoverAuthority({ chainId: 0n, address, nonce, yParity: recid, r, s })).to.equal(authority.address);
  const hex = (value: bigint): Hex => `0x${value.toString(16)}`;
  return { chainId: hex(0n), address, nonce: hex(nonce), yParity: hex(BigInt(recid)), r: hex(r), s: hex(s) };
}
