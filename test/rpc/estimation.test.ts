import { createTxFromRLP } from "@ethereumjs/tx";
import { expect } from "chai";
import fc from "fast-check";
import { Wallet } from "ethers";
import { calldataTokens } from "../../src/ethereum/index.ts";
import { createOsakaCommon } from "../../src/reference/osaka-common.ts";
import { hexToBytes, toAddress } from "../../src/primitives/index.ts";
import { dataGas, minimumBaseFee } from "../../src/rollup/index.ts";
import { nextEnvironment } from "../../src/rpc/chain-view.ts";
import { ask, CHAIN_ID, context, ETHER, GWEI, privateKey, result, startNode } from "./node-fixture.ts";
import type { TestNode } from "./node-fixture.ts";

describe("eth_estimateGas", function () {
  this.timeout(60_000);
  let node: TestNode;
  const wallet = new Wallet(privateKey("alice"));
  const from = toAddress(wallet.address);

  before(async () => {
    node = await startNode({ sequencing: false });
    const messages = [context(0, { baseFee: 30n * GWEI, blobBaseFee: 3n * GWEI })];
    await node.receive(messages);
    await node.chain.exclusive((writer) =>
      writer.execute({ timestamp: node.chain.latest().header.timestamp + 1, messages, transactions: [] }),
    );
  });
  after(() => node.close());

  it("covers whatever a wallet then signs: any nonce, value, fees and type, also when the data price rises by half", async () => {
    const { dataPrice } = await nextEnvironment(node.chain, node.chain.latest().header);
    expect(dataPrice > 0n).to.equal(true);
    const raised = (dataPrice * 3n) / 2n;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          data: fc.uint8Array({ maxLength: 200 }),
          value: fc.bigInt(0n, 999n * ETHER),
          nonce: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
          maxFeePerGas: fc.bigInt(1n, 2n ** 48n - 1n),
          type: fc.constantFrom(0, 1, 2),
        }),
        async ({ data, value, nonce, maxFeePerGas, type }) => {
          const to = `0x${"99".repeat(20)}`;
          const hex = `0x${Buffer.from(data).toString("hex")}`;
          // Estimated with another value than is signed, as wallets do that empty an account.
          const gasLimit = BigInt(await result<string>(node, "eth_estimateGas", { from, to, data: hex }));
          const fees = type === 2 ? { maxFeePerGas, maxPriorityFeePerGas: maxFeePerGas } : { gasPrice: maxFeePerGas };
          const raw = hexToBytes(
            await wallet.signTransaction({ to, data: hex, value, nonce, gasLimit, type, chainId: CHAIN_ID, ...fees }),
          );
          const execution = createTxFromRLP(raw, { common: createOsakaCommon(CHAIN_ID) }).getMinimumGasLimit();
          for (const price of [dataPrice, raised]) {
            expect(gasLimit >= execution + dataGas(calldataTokens(raw), price, minimumBaseFee(price))).to.equal(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is at most 64 gas a token above what execution needs", async () => {
    const gas = BigInt(await result<string>(node, "eth_estimateGas", { from, to: `0x${"99".repeat(20)}` }));
    // A transfer's largest raw form is some 160 bytes.
    expect(gas - 21_000n <= 64n * 4n * 160n).to.equal(true);
  });

  it("says that a sender cannot pay, and how much it has", async () => {
    const poor = `0x${"ee".repeat(20)}`;
    expect((await ask(node, "eth_estimateGas", { from: poor, to: from, value: "0x1" })).error?.message).to.match(
      /^insufficient funds for gas \* price \+ value: address 0xe+ have 0 want 1$/,
    );
    expect(
      (await ask(node, "eth_estimateGas", { from: poor, to: from, gasPrice: "0xffffffffff" })).error?.message,
    ).to.equal("gas required exceeds allowance (0)");
    expect((await ask(node, "eth_estimateGas", { from, to: from, gas: "0x5300" })).error?.message).to.equal(
      "gas required exceeds allowance (21248)",
    );
  });
});
