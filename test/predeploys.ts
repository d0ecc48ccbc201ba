import { l1BridgeAddresses } from "../src/deployment/index.ts";
import { ZERO_ADDRESS } from "../src/primitives/index.ts";
import type { PredeployCode } from "../src/rollup/index.ts";

/** What the predeploys of a test's genesis believe on L1, where it has no bridges. */
export const L1_BRIDGES = l1BridgeAddresses(ZERO_ADDRESS);

/** Predeploys whose code does nothing. */
export const IDLE_PREDEPLOYS: PredeployCode = {
  l1Context: "0x00",
  outbox: "0x00",
  feeVault: "0x00",
  messenger: "0x00",
  erc20Bridge: "0x00",
  erc721Bridge: "0x00",
  erc1155Bridge: "0x00",
  wrappedEther: "0x00",
};
