import type { Account, PublicClient, Transport, WalletClient } from "viem";

/** What deploys contracts on L1, and reads them. */
export interface Deployer {
  readonly client: PublicClient;
  readonly wallet: WalletClient<Transport, undefined, Account>;
}
