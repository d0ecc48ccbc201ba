import type { DisputesView } from "../challenger/index.ts";
import type { ClaimsView } from "../claims/index.ts";
import type { Chain, SyncStatus, TransactionPool } from "../node/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { AllowedOrigins } from "./cors.ts";
import type { DevnetControl } from "./devnet-control.ts";
import type { RpcLimits } from "./limits.ts";
import type { ReaderSettings } from "./readers/reader-protocol.ts";

export interface RpcServerOptions {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly syncStatus: () => SyncStatus;
  /** What keeps parts of the process from being ready, in words; for `/ready`. */
  readonly problems?: () => readonly string[];
  /** The database of the chain, and what executes calls on it. */
  readonly readers: Omit<ReaderSettings, "config">;
  /** Told when the two engines of a shadowing node disagree in a call. */
  readonly onDifference?: (error: Error) => void;
  /** Without it the methods that need L1 claims answer that they are not available. */
  readonly claims?: ClaimsView;
  /** Without it `rollup_disputes` and `rollup_disputedStep` answer that they are not available. */
  readonly disputes?: DisputesView | undefined;
  /** Without it the helper methods of development nodes (`evm_*`, `hardhat_*`, `anvil_*`) are refused with the reason. */
  readonly devnet?: DevnetControl | undefined;
  /** Keeps the index of L2→L1 messages between runs; without it the index is rebuilt from the chain at first use. */
  readonly records?: RecordStore;
  /** Address to listen on; "127.0.0.1" by default. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Origins browsers may call from; "*" (default) for any, empty for none. */
  readonly cors?: AllowedOrigins;
  readonly limits?: Partial<RpcLimits>;
  /** Smallest tip `eth_maxPriorityFeePerGas` suggests, in wei per gas; 1,000,000 by default. */
  readonly minimumPriorityFee?: bigint;
  /** Answer of `web3_clientVersion`. */
  readonly clientVersion?: string;
}

export interface RpcServer {
  /** Starts listening, and gives the bound address. Rejects if the port is taken. */
  start(): Promise<{
    readonly host: string;
    readonly port: number;
    readonly url: string;
    readonly webSocketUrl: string;
  }>;
  /** Starts a thread that executes, which takes a while, before the first call asks for one. */
  prepare(): void;
  /** Stops listening, ends all connections and subscriptions. Safe to call twice. */
  stop(): Promise<void>;
}
