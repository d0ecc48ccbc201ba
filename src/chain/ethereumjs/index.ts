export { createEthereumjsEngine } from "./engine.ts";
export type { EthereumjsEngineOptions } from "./engine.ts";
