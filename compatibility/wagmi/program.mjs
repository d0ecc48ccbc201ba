// What a wagmi dapp does below its React hooks: reads in one multicall, simulates, writes, waits, watches.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  createConfig,
  deployContract,
  estimateFeesPerGas,
  getBlock,
  getContractEvents,
  readContracts,
  sendTransaction,
  simulateContract,
  verifyMessage,
  waitForTransactionReceipt,
  watchBlockNumber,
  watchContractEvent,
  writeContract,
} from "@wagmi/core";
import { createWalletClient, defineChain, http, webSocket } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

const { L2_RPC_URL, L2_WEBSOCKET_URL, L2_CHAIN_ID, PRIVATE_KEY, COUNTER } = process.env;
const { abi, bytecode } = JSON.parse(readFileSync(COUNTER, "utf8"));
const done = (what) => console.log(what);

const account = privateKeyToAccount(PRIVATE_KEY);
const chain = defineChain({
  id: Number(L2_CHAIN_ID),
  name: "Onestep",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [L2_RPC_URL], webSocket: [L2_WEBSOCKET_URL] } },
  contracts: { multicall3: { address: "0xcA11bde05977b3631167028862bE2a173976CA11" } },
});
const config = createConfig({ chains: [chain], transports: { [chain.id]: http() }, pollingInterval: 200 });
const listening = createConfig({ chains: [chain], transports: { [chain.id]: webSocket() } });

const { contractAddress: address } = await waitForTransactionReceipt(config, {
  hash: await deployContract(config, { account, abi, bytecode, args: [1n] }),
});
done("deploys a contract");

const heard = new Promise((resolve) =>
  watchContractEvent(listening, { address, abi, eventName: "NumberSet", onLogs: resolve }),
);
const polled = new Promise((resolve) =>
  watchContractEvent(config, { address, abi, eventName: "NumberSet", onLogs: resolve }),
);
const head = new Promise((resolve) => watchBlockNumber(listening, { onBlockNumber: resolve }));
// A watcher by polling sees what comes after its first look.
await new Promise((resolve) => setTimeout(resolve, 1_000));
const { request } = await simulateContract(config, {
  account,
  address,
  abi,
  functionName: "setNumber",
  args: [7n],
  value: 5n,
});
const receipt = await waitForTransactionReceipt(config, { hash: await writeContract(config, request) });
assert.equal(receipt.status, "success");
for (const logs of [await heard, await polled]) assert.equal(logs[0].args.number, 7n);
assert.ok((await head) > 0n);
done("simulates, writes, and hears the event by WebSocket and by polling");

const call = { address, abi, functionName: "number" };
const both = await readContracts(config, { contracts: [call, { ...call, functionName: "refuse" }] });
assert.deepEqual([both[0].result, both[1].status], [7n, "failure"]);
const [event] = await getContractEvents(config, { address, abi, eventName: "NumberSet", fromBlock: 0n });
assert.equal(event.transactionHash, receipt.transactionHash);
done("reads by one multicall, finds events");

await assert.rejects(
  simulateContract(config, { account, address, abi, functionName: "setNumber", args: [1001n] }),
  (error) => error.message.includes("TooLarge(uint256 number, uint256 largest)"),
);
done("decodes custom errors");

const stranger = privateKeyToAccount(generatePrivateKey());
const fees = await estimateFeesPerGas(config);
const hash = await sendTransaction(config, { account, to: stranger.address, value: 10n ** 15n, gas: 21_000n, ...fees });
assert.equal((await waitForTransactionReceipt(config, { hash, confirmations: 1 })).status, "success");
assert.ok((await getBlock(config, { blockTag: "finalized" })).number >= 0n);
done("sends at estimated fees, reads the finalized block");

const message = "hello";
const signature = await stranger.signMessage({ message });
assert.ok(await verifyMessage(config, { address: stranger.address, message, signature }));
assert.ok(!(await verifyMessage(config, { address, message, signature })));
done("verifies signatures of accounts and contracts");

// A smart account by EIP-7702: the stranger's account runs the counter's code.
const wallet = createWalletClient({ account: stranger, chain, transport: http() });
const authorization = await wallet.signAuthorization({ contractAddress: address, executor: "self" });
const delegated = await wallet.writeContract({
  address: stranger.address,
  abi,
  functionName: "setNumber",
  args: [9n],
  authorizationList: [authorization],
});
assert.equal(
  (await waitForTransactionReceipt(config, { hash: delegated })).logs[0].address,
  stranger.address.toLowerCase(),
);
done("gives an account code by EIP-7702");
process.exit();
