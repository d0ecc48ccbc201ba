import type { Address, Hash } from "../primitives/index.ts";
import { L2_BRIDGES } from "./predeploys.ts";
import type { Genesis } from "./rollup-config.ts";

export type BridgeKey = keyof typeof L2_BRIDGES;

/** Addresses of the messenger and the token bridges on L1. */
export type L1Bridges = Readonly<Record<BridgeKey, Address>>;

/** Slot of each of `L2_BRIDGES` in which it has its counterpart's address. */
export const L1_COUNTERPART_SLOT: Hash = `0x${"00".repeat(32)}`;

/**
 * The contracts on L1 that the predeploys of a genesis believe. The genesis, and with it the hash of it on L1, commits to them. Throws
 * an Error that names a predeploy that knows none.
 */
export function l1BridgesOf({ alloc }: Pick<Genesis, "alloc">): L1Bridges {
  const counterpart = (predeploy: Address): Address => {
    const word = alloc[predeploy]?.storage?.[L1_COUNTERPART_SLOT];
    if (word === undefined)
      throw new Error(`expected the predeploy ${predeploy} of the genesis to know its counterpart on L1`);
    return `0x${word.slice(26)}`;
  };
  return {
    messenger: counterpart(L2_BRIDGES.messenger),
    erc20Bridge: counterpart(L2_BRIDGES.erc20Bridge),
    erc721Bridge: counterpart(L2_BRIDGES.erc721Bridge),
    erc1155Bridge: counterpart(L2_BRIDGES.erc1155Bridge),
  };
}
