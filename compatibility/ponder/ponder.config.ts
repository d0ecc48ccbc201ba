import { readFileSync } from "node:fs";
import { createConfig } from "ponder";

const { L2_RPC_URL, L2_CHAIN_ID, COUNTER, DEPLOYED_COUNTER, DEPOSITOR } = process.env;
const { abi } = JSON.parse(readFileSync(COUNTER!, "utf8"));

export default createConfig({
  ordering: "multichain",
  chains: { onestep: { id: Number(L2_CHAIN_ID), rpc: L2_RPC_URL!, pollingInterval: 200 } },
  contracts: {
    Counter: {
      chain: "onestep",
      abi,
      address: DEPLOYED_COUNTER as `0x${string}`,
      startBlock: 0,
      includeCallTraces: true,
      includeTransactionReceipts: true,
    },
  },
  accounts: { Depositor: { chain: "onestep", address: DEPOSITOR as `0x${string}`, startBlock: 0 } },
  blocks: { Every: { chain: "onestep", startBlock: 0, interval: 1 } },
});
