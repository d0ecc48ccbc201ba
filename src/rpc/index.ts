export { createForwardingPool, type ForwardingPoolOptions } from "./forwarding-pool.ts";
export { createRpcServer } from "./server.ts";
export { DEFAULT_RPC_LIMITS } from "./types.ts";
export type { ClaimRecord, ClaimsView, RpcLimits, RpcServer, RpcServerOptions } from "./types.ts";
