export { createForwardingPool, type ForwardingPoolOptions } from "./forwarding-pool.ts";
export { createRpcServer } from "./server.ts";
export { DEFAULT_RPC_LIMITS } from "./limits.ts";
export type { RpcLimits } from "./limits.ts";
export type { RpcServer, RpcServerOptions } from "./types.ts";
export type { DevnetControl, L1Message, MiningMode } from "./devnet-control.ts";
export { RPC_ERROR, RpcError, rejected } from "./protocol/errors.ts";
