import { formatQuantity } from "../../format/scalars.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

/** What tools ask a development node about itself; those that are named so have the fields of Hardhat's and anvil's answers. */
export const informationMethods = [
  ...defineDevnetMethod(["devnet_info"], [], (_, devnet) => devnet.info()),
  ...defineDevnetMethod(["hardhat_metadata", "anvil_metadata"], [], (_, devnet, { chain, clientVersion }) => {
    const { header, hash } = chain.latest();
    return {
      clientVersion,
      chainId: chain.config.genesis.chainId,
      // Another one after each start, as indexers that cache by it expect.
      instanceId: devnet.instanceId(),
      latestBlockNumber: header.number,
      latestBlockHash: hash,
    };
  }),
  ...defineDevnetMethod(["anvil_nodeInfo"], [], (_, devnet, { chain, minimumPriorityFee }) => {
    const { header, hash } = chain.latest();
    return {
      currentBlockNumber: formatQuantity(header.number),
      currentBlockTimestamp: header.timestamp,
      currentBlockHash: hash,
      hardFork: "osaka",
      transactionOrder: "fees",
      environment: {
        baseFee: formatQuantity(header.baseFeePerGas),
        chainId: chain.config.genesis.chainId,
        gasLimit: formatQuantity(header.gasCapacity),
        gasPrice: formatQuantity(header.baseFeePerGas + minimumPriorityFee),
      },
      forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
      miningMode: devnet.miningMode().kind,
    };
  }),
];
