export { createEthereumjsEngine, createEthereumjsExecutor } from "./engine.ts";
