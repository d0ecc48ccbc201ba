// Safe's protocol kit: deploys Safe's contracts as its authors do, a Safe of two owners, and runs a transaction of both.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import Safe from "@safe-global/protocol-kit";
import { createPublicClient, createWalletClient, defineChain, http, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

const { L2_RPC_URL, L2_CHAIN_ID, PRIVATE_KEY } = process.env;
const require = createRequire(import.meta.url);
const done = (what) => console.log(what);

const account = privateKeyToAccount(PRIVATE_KEY);
const chain = defineChain({
  id: Number(L2_CHAIN_ID),
  name: "Onestep",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [L2_RPC_URL] } },
});
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 200 });
const wallet = createWalletClient({ account, chain, transport: http() });

async function deploy(path) {
  const { abi, bytecode } = require(`@safe-global/safe-contracts/build/artifacts/contracts/${path}.json`);
  const hash = await wallet.deployContract({ abi, bytecode });
  return (await reader.waitForTransactionReceipt({ hash })).contractAddress;
}
const contractNetworks = {
  [L2_CHAIN_ID]: {
    safeSingletonAddress: await deploy("SafeL2.sol/SafeL2"),
    safeProxyFactoryAddress: await deploy("proxies/SafeProxyFactory.sol/SafeProxyFactory"),
    multiSendAddress: await deploy("libraries/MultiSend.sol/MultiSend"),
    multiSendCallOnlyAddress: await deploy("libraries/MultiSendCallOnly.sol/MultiSendCallOnly"),
    fallbackHandlerAddress: await deploy("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler"),
    signMessageLibAddress: await deploy("libraries/SignMessageLib.sol/SignMessageLib"),
    createCallAddress: await deploy("libraries/CreateCall.sol/CreateCall"),
    simulateTxAccessorAddress: await deploy("accessors/SimulateTxAccessor.sol/SimulateTxAccessor"),
  },
};
done("deploys the contracts of Safe 1.4.1");

const second = generatePrivateKey();
const owners = [account.address, privateKeyToAccount(second).address];
const of = (signer, safe) => Safe.init({ provider: L2_RPC_URL, signer, contractNetworks, ...safe });
const predicted = await of(PRIVATE_KEY, {
  predictedSafe: {
    safeAccountConfig: { owners, threshold: 2 },
    safeDeploymentConfig: { saltNonce: String(Date.now()) },
  },
});
const safeAddress = await predicted.getAddress();
const creation = await predicted.createSafeDeploymentTransaction();
await reader.waitForTransactionReceipt({
  hash: await wallet.sendTransaction({ to: creation.to, data: creation.data, value: BigInt(creation.value) }),
});
const safe = await of(PRIVATE_KEY, { safeAddress });
assert.deepEqual([await safe.getOwners(), await safe.getThreshold()], [owners, 2]);
done("creates a Safe of two owners at the predicted address");

const value = parseEther("0.3");
await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to: safeAddress, value }) });
const target = privateKeyToAccount(generatePrivateKey()).address;
const transactions = [1, 2].map(() => ({ to: target, value: String(value / 3n), data: "0x" }));
const proposed = await safe.createTransaction({ transactions });
const signed = await (await of(second, { safeAddress })).signTransaction(await safe.signTransaction(proposed));
const { hash } = await safe.executeTransaction(signed);
assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
assert.equal(await reader.getBalance({ address: target }), (value / 3n) * 2n);
done("runs a multi-send that both signed");
