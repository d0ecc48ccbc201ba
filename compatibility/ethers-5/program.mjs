// A dapp on ethers 5: deploys, sends, listens, reads every block with its transactions, deposits.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { ethers } from "ethers";

const { L1_RPC_URL, L2_RPC_URL, L2_WEBSOCKET_URL, PRIVATE_KEY, INBOX, COUNTER } = process.env;
const { abi, bytecode } = JSON.parse(readFileSync(COUNTER, "utf8"));
const done = (what) => console.log(what);

const provider = new ethers.providers.JsonRpcProvider(L2_RPC_URL);
provider.pollingInterval = 200;
const wallet = new ethers.Wallet(PRIVATE_KEY, provider);

const counter = await new ethers.ContractFactory(abi, bytecode, wallet).deploy(1);
await counter.deployTransaction.wait();
assert.equal((await counter.number()).toNumber(), 1);
done("deploys a contract");

const socket = new ethers.providers.WebSocketProvider(L2_WEBSOCKET_URL);
const listening = counter.connect(socket);
const heard = new Promise((resolve) => listening.on("NumberSet", (by, number) => resolve([by, number.toNumber()])));
const head = new Promise((resolve) => socket.once("block", resolve));
await socket.ready;
await socket.getBlockNumber();
const receipt = await (await counter.setNumber(7, { value: 5 })).wait();
assert.equal(receipt.events[0].args.number.toNumber(), 7);
assert.deepEqual(await heard, [wallet.address, 7]);
assert.ok((await head) > 0);
await socket.destroy();
done("sends a transaction and hears its event and its block by WebSocket");

const events = await counter.queryFilter(counter.filters.NumberSet(wallet.address), 0, "latest");
assert.equal(events.length, 1);
done("finds events");

await assert.rejects(counter.callStatic.setNumber(1001), (error) => {
  assert.equal(error.errorName, "TooLarge");
  assert.equal(error.errorArgs.number.toNumber(), 1001);
  return true;
});
await assert.rejects(counter.estimateGas.refuse(), /never/);
const failed = await counter.setNumber(1001, { gasLimit: 100_000 });
await assert.rejects(failed.wait(), (error) => error.code === "CALL_EXCEPTION" && error.receipt.status === 0);
done("decodes custom errors and reasons, and sees a transaction fail");

const legacy = await wallet.sendTransaction({
  to: wallet.address,
  value: 1,
  type: 0,
  gasPrice: await provider.getGasPrice(),
  gasLimit: 21_000,
});
assert.equal((await legacy.wait()).status, 1);
done("sends a legacy transaction with a gas limit of 21,000");

const l1 = new ethers.Wallet(PRIVATE_KEY, new ethers.providers.JsonRpcProvider(L1_RPC_URL));
const inbox = new ethers.Contract(INBOX, ["function depositEther(address to) payable"], l1);
const target = ethers.Wallet.createRandom().address;
await (await inbox.depositEther(target, { value: ethers.utils.parseEther("0.5") })).wait();
while ((await provider.getBalance(target)).isZero()) await once(provider, "block");
done("deposits");

const latest = await provider.getBlockNumber();
const types = new Set();
for (let number = 0; number <= latest; number++) {
  for (const { hash, type, nonce } of (await provider.getBlockWithTransactions(number)).transactions) {
    types.add(type);
    assert.ok(nonce < 2 ** 31);
    assert.equal((await provider.getTransactionReceipt(hash)).transactionHash, hash);
    assert.equal((await provider.getTransaction(hash)).hash, hash);
  }
}
assert.ok(types.has(0x7e) && types.has(0) && types.has(2), `types ${[...types].join()}`);
done("reads every block, deposits too");
process.exit();
