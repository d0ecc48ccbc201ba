// A dapp on web3.js 4: deploys, sends, listens, reads every block with its transactions, deposits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Web3 } from "web3";

const { L1_RPC_URL, L2_RPC_URL, L2_WEBSOCKET_URL, PRIVATE_KEY, INBOX, COUNTER } = process.env;
const { abi, bytecode } = JSON.parse(readFileSync(COUNTER, "utf8"));
const done = (what) => console.log(what);

const web3 = new Web3(L2_RPC_URL);
const { address: from } = web3.eth.accounts.wallet.add(PRIVATE_KEY).get(0);

const counter = await new web3.eth.Contract(abi).deploy({ data: bytecode, arguments: [1] }).send({ from });
assert.equal(await counter.methods.number().call(), 1n);
done("deploys a contract");

const socket = new Web3(L2_WEBSOCKET_URL);
const logs = await socket.eth.subscribe("logs", { address: counter.options.address });
const heard = new Promise((resolve) => logs.on("data", resolve));
const heads = await socket.eth.subscribe("newHeads");
const head = new Promise((resolve) => heads.on("data", resolve));
const receipt = await counter.methods.setNumber(7).send({ from, value: 5 });
assert.equal(receipt.events.NumberSet.returnValues.number, 7n);
assert.equal((await heard).transactionHash, receipt.transactionHash);
assert.ok((await head).number > 0n);
socket.currentProvider.disconnect();
done("sends a transaction and hears its event and a block by WebSocket");

assert.equal((await counter.getPastEvents("NumberSet", { fromBlock: 0, filter: { by: from } })).length, 1);
done("finds events");

await assert.rejects(counter.methods.setNumber(1001).call(), ({ cause }) => {
  assert.equal(cause.errorName, "TooLarge");
  assert.equal(cause.errorArgs.number, 1001n);
  return true;
});
await assert.rejects(counter.methods.refuse().estimateGas({ from }), (error) =>
  JSON.stringify(error, Object.getOwnPropertyNames(error)).includes("never"),
);
done("decodes custom errors and reasons");

const gas = { gas: 21_000, gasPrice: await web3.eth.getGasPrice() };
assert.equal((await web3.eth.sendTransaction({ from, to: from, value: 1, ...gas })).status, 1n);
done("sends a legacy transaction with a gas limit of 21,000");

const l1 = new Web3(L1_RPC_URL);
l1.eth.accounts.wallet.add(PRIVATE_KEY);
const depositEther = {
  type: "function",
  name: "depositEther",
  inputs: [{ type: "address", name: "to" }],
  outputs: [],
  stateMutability: "payable",
};
const target = web3.eth.accounts.create().address;
await new l1.eth.Contract([depositEther], INBOX).methods.depositEther(target).send({ from, value: 5n * 10n ** 17n });
while ((await web3.eth.getBalance(target)) === 0n) await pause(200);
done("deposits");

const latest = await web3.eth.getBlockNumber();
const types = new Set();
for (let number = 0n; number <= latest; number++) {
  for (const { hash, type } of (await web3.eth.getBlock(number, true)).transactions ?? []) {
    types.add(Number(type));
    assert.equal((await web3.eth.getTransactionReceipt(hash)).transactionHash, hash);
    assert.equal((await web3.eth.getTransaction(hash)).hash, hash);
  }
}
assert.ok(types.has(0x7e) && types.has(0) && types.has(2), `types ${[...types].join()}`);
done("reads every block, deposits too");
process.exit();
