import { z } from "zod";
import { rejected } from "../../protocol/errors.ts";
import { defineDevnetMethod } from "./devnet-method.ts";

const NOT_DERIVABLE =
  "every node derives L2 from what is on L1, where nothing can say this; a change that only this node knows would part it from all others";
const BY_RULE = "the chain's rules decide it (docs/specification.md §4), and every node checks them";

/** Helper methods that cannot mean anything on a rollup, with the reason that callers are given. */
const REFUSED: Readonly<Record<string, string>> = {
  hardhat_setCode: NOT_DERIVABLE,
  anvil_setCode: NOT_DERIVABLE,
  hardhat_setStorageAt: NOT_DERIVABLE,
  anvil_setStorageAt: NOT_DERIVABLE,
  hardhat_setNonce: NOT_DERIVABLE,
  anvil_setNonce: NOT_DERIVABLE,
  evm_setAccountNonce: NOT_DERIVABLE,
  anvil_setChainId:
    "the chain id is in the genesis block and in the Inbox; choose it at the start (onestep devnet --l2-chain-id)",
  hardhat_setCoinbase: BY_RULE,
  anvil_setCoinbase: BY_RULE,
  hardhat_setPrevRandao: BY_RULE,
  hardhat_setNextBlockBaseFeePerGas: BY_RULE,
  anvil_setNextBlockBaseFeePerGas: BY_RULE,
  hardhat_setMinGasPrice: BY_RULE,
  anvil_setMinGasPrice: BY_RULE,
  evm_setBlockGasLimit: BY_RULE,
  anvil_setBlockGasLimit: BY_RULE,
  hardhat_dropTransaction:
    "the pool has acknowledged it and keeps what it has acknowledged; replace it by one with the same nonce",
  anvil_dropTransaction:
    "the pool has acknowledged it and keeps what it has acknowledged; replace it by one with the same nonce",
  anvil_loadState:
    "L1 and all of its followers would have to become another chain; start a devnet with it (onestep devnet --restore <file>)",
  hardhat_loadState:
    "L1 and all of its followers would have to become another chain; start a devnet with it (onestep devnet --restore <file>)",
  anvil_setRpcUrl: "what a devnet's L1 forks is chosen when it starts (onestep devnet --fork)",
};

export const refusedMethods = Object.entries(REFUSED).flatMap(([name, reason]) => {
  const parameters = Array.from({ length: 4 }, () => z.unknown());
  return defineDevnetMethod([name], parameters, () => {
    throw rejected(`${name} is not possible on a rollup: ${reason}`);
  });
});
