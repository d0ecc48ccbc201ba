import { defineChain } from "viem";
import type { Chain } from "viem";
import { OUTBOX_ADDRESS } from "./abi.ts";
import type { Rollup } from "./rollup.ts";

/** The viem definition of a rollup's L2. `rpcUrl` is where it is reached. */
export function onestepChain(
  { l1ChainId, l2ChainId }: Pick<Rollup, "l1ChainId" | "l2ChainId">,
  { rpcUrl, webSocketUrl, name = "Onestep" }: { rpcUrl: string; webSocketUrl?: string; name?: string },
): Chain {
  return defineChain({
    id: l2ChainId,
    name,
    sourceId: l1ChainId,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: {
      default: { http: [rpcUrl], ...(webSocketUrl === undefined ? {} : { webSocket: [webSocketUrl] }) },
    },
    contracts: { outbox: { address: OUTBOX_ADDRESS } },
  });
}
