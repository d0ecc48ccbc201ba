import { configVariable } from "hardhat/config";
import type { HttpNetworkUserConfig } from "hardhat/types/config";

/** Of the accounts that a devnet gives ETH on both layers. Everybody knows their keys. */
const DEVNET_MNEMONIC = "test test test test test test test test test test test junk";
const DEVNET_ACCOUNTS = 10;

export interface OnestepNetworkOptions {
  /** JSON-RPC of a node of the rollup; default: the devnet's. */
  readonly url?: string;
  /** JSON-RPC of its L1; default: the devnet's. */
  readonly l1Url?: string;
  /** Checked against the endpoints, if given. */
  readonly chainId?: number;
  readonly l1ChainId?: number;
  /**
   * Accounts on both layers. Default: the devnet's ten where both endpoints are on this machine, otherwise the configuration variable
   * ONESTEP_PRIVATE_KEY.
   */
  readonly accounts?: HttpNetworkUserConfig["accounts"];
}

/** The networks of a rollup for `networks` of a Hardhat configuration: `onestep` is L2, `onestepL1` its L1. */
export function onestepNetworks(options: OnestepNetworkOptions = {}): {
  readonly onestep: HttpNetworkUserConfig;
  readonly onestepL1: HttpNetworkUserConfig;
} {
  const { url = "http://127.0.0.1:9545", l1Url = "http://127.0.0.1:8545", chainId, l1ChainId } = options;
  const isLocal = [url, l1Url].every((each) => /^(localhost|127\.|\[::1\])/.test(new URL(each).hostname));
  const accounts =
    options.accounts ??
    (isLocal ? { mnemonic: DEVNET_MNEMONIC, count: DEVNET_ACCOUNTS } : [configVariable("ONESTEP_PRIVATE_KEY")]);
  return {
    onestep: { type: "http", chainType: "generic", url, accounts, ...(chainId === undefined ? {} : { chainId }) },
    onestepL1: {
      type: "http",
      chainType: "l1",
      url: l1Url,
      accounts,
      ...(l1ChainId === undefined ? {} : { chainId: l1ChainId }),
    },
  };
}

/**
 * For `ignition` of a Hardhat configuration. An idle L2 makes no blocks, so more confirmations than the transaction's own block, of which
 * Ignition waits for five, would not come; nor do they mean more here, where batches on L1 decide.
 */
export const onestepIgnition = { requiredConfirmations: 1 } as const;
